import { lowerBound, upperBound } from '../../charts/numbers.js';
import type { Label } from '../series.js';
import type { Field } from './field.js';

/** The three profiles of the Numenta Anomaly Benchmark: 0 is as good as silence, 100 perfect. */
export interface NabScore {
  readonly standard: number;
  readonly lowFalsePositives: number;
  readonly lowFalseNegatives: number;
  /** Windows that count: those behind the probation. */
  readonly windows: number;
}

const PROFILES = {
  standard: { falsePositive: 0.11, falseNegative: 1 },
  lowFalsePositives: { falsePositive: 0.22, falseNegative: 1 },
  lowFalseNegatives: { falsePositive: 0.11, falseNegative: 2 },
} as const;

/** The share of the rows of a key that a detector may learn on, and the most rows that this can be. */
const PROBATION = 0.15;
const MOST_PROBATION = 750;

/** What an alarm is worth by its place: −1 at the left edge of a window, 0 at its right edge, above 0 behind it. */
const worth = (place: number) => (place >= 3 ? -1 : 2 / (1 + Math.exp(5 * place)) - 1);
const FIRST_WORTH = worth(-1);

/** By row: the window that it is in, 1-based; 0 outside; −1 on probation; and what an alarm there is worth. */
interface Worths {
  readonly windowOf: Int32Array;
  readonly worths: Float64Array;
  readonly windows: number;
}

function worthsOf({ keys, offsets, times }: Field, labels: readonly Label[]): Worths {
  const windowOf = new Int32Array(times.length);
  const worths = new Float64Array(times.length).fill(-1);
  const counted = new Set<number>();
  let number = 0;
  keys.forEach((key, k) => {
    const [begin, end] = [offsets[k]!, offsets[k + 1]!];
    const windows = merged(labels.filter((label) => label.key === key))
      .map(({ from, to }) => ({ first: lowerBound(times, from, begin, end), end: upperBound(times, to, begin, end) }))
      .filter((window) => window.end > window.first);
    windows.forEach((window, w) => {
      number++;
      const width = window.end - window.first;
      for (let i = window.first; i < window.end; i++) {
        windowOf[i] = number;
        worths[i] = worth(-(window.end - i) / width) / FIRST_WORTH;
      }
      const last = window.end - 1;
      const next = windows[w + 1]?.first ?? end;
      for (let i = window.end; i < next; i++) worths[i] = worth((i - last) / (width - 1));
    });
    const probation = Math.min(Math.floor(PROBATION * (end - begin)), MOST_PROBATION);
    windowOf.fill(-1, begin, begin + probation);
    for (let i = begin + probation; i < end; i++) if (windowOf[i]! > 0) counted.add(windowOf[i]!);
  });
  return { windowOf, worths, windows: counted.size };
}

function merged(labels: readonly Label[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of [...labels].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}

/**
 * The score of the Numenta Anomaly Benchmark (Lavin & Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", ICMLA 2015, as version
 * 1.1 of its scorer has it): labels are windows, without grace; of each window the earliest alarm counts; alarms outside cost the more the
 * further they are behind a window. The threshold is the one that is best for all keys together, a profile at a time.
 * @returns NaN where no window counts
 */
export function nabScore(field: Field, labels: readonly Label[], scores: Float64Array, order: Uint32Array): NabScore {
  const { windowOf, worths, windows } = worthsOf(field, labels);
  const names = Object.keys(PROFILES) as (keyof typeof PROFILES)[];
  const best = names.map((name) => -PROFILES[name].falseNegative * windows);
  const gained = new Map<number, number>();
  let gains = 0;
  let losses = 0;
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]!];
    for (; i < order.length && scores[order[i]!] === score; i++) {
      const row = order[i]!;
      const window = windowOf[row]!;
      if (window === 0) losses += worths[row]!;
      if (window <= 0) continue;
      const before = gained.get(window);
      if (before === undefined || worths[row]! > before) {
        gained.set(window, worths[row]!);
        gains += worths[row]! - (before ?? 0);
      }
    }
    let hopeless = true;
    names.forEach((name, p) => {
      const { falsePositive, falseNegative } = PROFILES[name];
      best[p] = Math.max(best[p]!, gains + falsePositive * losses - falseNegative * (windows - gained.size));
      // Even if every window were found at once, what was lost already could not be made up for.
      if (windows + falsePositive * losses > best[p]!) hopeless = false;
    });
    if (hopeless) break;
  }
  const scaled = names.map((name, p) => {
    const nothing = -PROFILES[name].falseNegative * windows;
    return windows === 0 ? Number.NaN : (100 * (best[p]! - nothing)) / (windows - nothing);
  });
  return { standard: scaled[0]!, lowFalsePositives: scaled[1]!, lowFalseNegatives: scaled[2]!, windows };
}
