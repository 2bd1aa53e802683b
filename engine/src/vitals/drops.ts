// Counts what is thrown away, and says so once in a while.

import { type Clock, type Log, printable } from '../api/index.js';

/** How often one reason is logged, ms. */
const LOG_EVERY = 10_000;

/** Counts what is thrown away or passed over, by reason, and logs a sample of it once in a while. */
export class Drops {
  readonly counts = new Map<string, number>();
  private readonly logged = new Map<string, { at: number; count: number }>();
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly verb: string;

  /** @param verb what happens to it, for the log */
  constructor(clock: Clock, log: Log, verb = 'dropped') {
    this.clock = clock;
    this.log = log;
    this.verb = verb;
  }

  /** @param detail where and what, made only where it is told */
  add(reason: string, detail: string | (() => string), count = 1): void {
    const total = (this.counts.get(reason) ?? 0) + count;
    this.counts.set(reason, total);
    const last = this.logged.get(reason);
    const now = this.clock.now();
    if (last && now - last.at < LOG_EVERY) return;
    this.logged.set(reason, { at: now, count: total });
    const more = total - (last?.count ?? 0);
    const latest = printable(typeof detail === 'string' ? detail : detail());
    this.log.warn({ reason, count: total }, `${this.verb} ${more} (${reason}), ${total} in all; the latest: ${latest}`);
  }
}
