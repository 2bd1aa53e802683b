/** Whether there is one to run. */
export function poolerInstalled(): boolean;
/** A PgBouncer in transaction mode, with two sessions for all. */
export class PgBouncer {
  static create(database: string): Promise<PgBouncer>;
  readonly url: string;
  dispose(): Promise<void>;
}
