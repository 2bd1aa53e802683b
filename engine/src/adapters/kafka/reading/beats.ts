// Stays a member of the group while a batch is worked on.

import type { EachBatchPayload } from 'kafkajs';

/** The library sends a heartbeat only once it is due. */
const LOOK_EVERY = 1_000;

/**
 * Sends heartbeats while a batch waits, however long that takes. When the group deals its partitions anew, or has given us up, `failed`
 * rejects: whoever waits stops waiting, so that the group does not wait for us.
 */
export class Beats {
  readonly failed: Promise<never>;
  private readonly timer: NodeJS.Timeout;

  constructor({ heartbeat, isRunning }: Pick<EachBatchPayload, 'heartbeat' | 'isRunning'>, every = LOOK_EVERY) {
    let fail: (error: unknown) => void;
    this.failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    this.failed.catch(() => {});
    this.timer = setInterval(() => {
      if (isRunning()) heartbeat().catch(fail);
      else fail(new Error('the consumer is being stopped'));
    }, every);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
