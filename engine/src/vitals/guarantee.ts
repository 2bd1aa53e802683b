/** What a sink can count on when the engine is killed at any moment and started again. */
export type Guarantee = 'effectively-once' | 'at-least-once' | 'at-most-once';

export interface GuaranteeParts {
  /** The source can go on from a cursor. */
  readonly resumable: boolean;
  readonly delivery: 'idempotent' | 'at-least-once';
}

/**
 * The guarantee of a sink, as weak as the weakest part: what a source cannot repeat is lost with the process; what is
 * repeated is written again, which only an idempotent sink makes invisible. A store of checkpoints that ends with the process
 * weakens nothing: then everything is repeated, from the beginning and with the same ids.
 */
export function guaranteeOf({ resumable, delivery }: GuaranteeParts): Guarantee {
  if (!resumable) return 'at-most-once';
  return delivery === 'idempotent' ? 'effectively-once' : 'at-least-once';
}

/** What is promised of calls where several processes may judge the keys of a pipeline: each knows its own keys alone. */
export const CALLS_APART = 'incidents are found within this process: each detector of the group calls once by itself';
