/** One Kafka broker for tests and benches; see kafka.mjs. */
export class KafkaBroker {
  static create(options?: {
    heap?: string;
    running?: boolean;
    roles?: readonly ('broker' | 'controller')[];
    id?: number;
    controller?: number;
    copies?: number;
  }): Promise<KafkaBroker>;
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly pid: number | undefined;
  log: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  dispose(): Promise<void>;
}
