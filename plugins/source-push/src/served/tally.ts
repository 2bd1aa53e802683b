// Counts what became of what was pushed, and says it where nothing of a push is a column.

import type { Counter, SourceHost } from '@quantstream/engine';
import type { ColumnPlan } from '@quantstream/engine/metrics';
import type { Samples } from '../wire/intake.js';
import type { Format, Taken } from './formats.js';

/** That nothing of a push is a column is said once in so long, ms. */
const SAY = 60_000;
const NAMES_SAID = 5;

export class Tally {
  private readonly host: SourceHost;
  private readonly wanted: readonly string[];
  private readonly samples: Counter;
  private saidAt = Number.NEGATIVE_INFINITY;

  constructor(host: SourceHost, columns: readonly ColumnPlan[]) {
    this.host = host;
    this.wanted = [...new Set(columns.map(({ metric }) => metric))].slice(0, NAMES_SAID);
    const [name, help] = ['pushed_samples_total', 'Samples that were pushed, by format and what became of them'];
    this.samples = host.metrics.counter(name, help, ['format', 'fate']);
  }

  /** Counts a body. @returns how many of its samples were refused, and what was not taken, in a sentence */
  count(format: Format, found: Samples<unknown>, taken: number, repeated: number): Pick<Taken, 'refused' | 'foreign'> {
    const { host } = this;
    let refused = 0;
    for (const [reason, { count, detail }] of found.refused) {
      refused += count;
      host.drop(reason, detail, count);
    }
    if (found.histograms > 0) host.drop('histogram', 'native histograms are not taken', found.histograms);
    for (const [fate, count] of Object.entries({ taken, repeated, refused, unnamed: found.unnamed }))
      if (count > 0) this.samples.add(count, { format, fate });
    if (found.unnamed === 0) return { refused, foreign: undefined };
    const came = `${[...found.names].slice(0, NAMES_SAID).join(', ')} came, and the columns are of ${this.wanted.join(', ')}`;
    if (taken + repeated + refused > 0) return { refused, foreign: `some of it is no column: ${came}` };
    this.wonder(`nothing of a push is a column: ${came}`, [...found.names]);
    return { refused, foreign: `nothing of it is a column: ${came}` };
  }

  private wonder(said: string, metrics: readonly string[]): void {
    const { host } = this;
    const now = host.clock.now();
    if (now - this.saidAt <= SAY) return;
    this.saidAt = now;
    host.log.warn({ metrics }, `push: ${said}`);
  }
}
