/** Something that a person asks a pipeline to do with its models, from outside of its process. */
export interface ModelRequest {
  readonly action: 'promote' | 'rollback';
  readonly model: string;
  /** One key; absent: all of them. */
  readonly key?: string | undefined;
}

/** Where requests wait until the pipeline looks. */
export interface Requests {
  /** Those that wait, the oldest first. */
  pending(): readonly { readonly id: string; readonly request: ModelRequest }[];
  /** A request was carried out, and a checkpoint holds what came of it. */
  done(id: string): void;
}

/** Nobody asks for anything. */
export const noRequests: Requests = { pending: () => [], done: () => {} };
