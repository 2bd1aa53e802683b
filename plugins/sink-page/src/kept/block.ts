// Some hundred rows of one key, number beside number.

import type { KeptRow, KeptScore, Verdict } from '@quantstream/engine';

/** What is kept of every row of a pipeline: its columns, and its models by name. */
export interface Shape {
  readonly columns: readonly string[];
  readonly models: readonly string[];
}

/** What is kept of an anomalous row beside its numbers. */
export interface Detail {
  readonly reason: string;
  readonly severity: Verdict['severity'];
  readonly episode: string | undefined;
  /** What people said that made it one. */
  readonly taught?: KeptRow['taught'];
  /** By model and column. */
  readonly contributions: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Rows of a block at most, and at first. */
export const MOST = 512;
const FIRST = 16;
/** Of each row beside columns and models: time, score, threshold, p-value. */
const OWN = 4;
const PER_MODEL = 3;
const ANOMALOUS = 1;
const CALIBRATED = 2;

const widthOf = ({ columns, models }: Shape): number => OWN + columns.length + PER_MODEL * models.length;

/** What a row takes, bytes: its numbers, its flags and its reason. */
export const bytesOf = (shape: Shape): number => widthOf(shape) * Float64Array.BYTES_PER_ELEMENT + 3;

/** Rows in order of time. */
export class Block {
  count = 0;
  /** The highest score beside its threshold, and how many rows could be ruled on. */
  odd = Number.NaN;
  judged = 0;
  /** Rows that were beyond the budget, of those that it could rule on, and how many it allows. */
  raised = 0;
  allowed = 0;
  /** By number of the row, of anomalous ones. */
  readonly details = new Map<number, Detail>();
  private readonly shape: Shape;
  private readonly width: number;
  private numbers: Float64Array;
  private flags: Uint8Array;
  /** Why rows were not judged, by the number of the reason; 0: they were. */
  private reasons: Uint16Array;

  /** @param room rows that it has room for at once */
  constructor(shape: Shape, room = FIRST) {
    this.shape = shape;
    this.width = widthOf(shape);
    this.numbers = new Float64Array(room * this.width);
    this.flags = new Uint8Array(room);
    this.reasons = new Uint16Array(room);
  }

  get full(): boolean {
    return this.count === MOST;
  }

  get bytes(): number {
    return this.numbers.byteLength + this.flags.byteLength + this.reasons.byteLength + 400 * this.details.size;
  }

  add(verdict: Verdict, reason: number): void {
    const at = this.grow(
      verdict.time,
      verdict.score,
      verdict.threshold,
      verdict.pValue,
      verdict.anomalous,
      verdict.calibrated,
      reason,
    );
    const { numbers, shape } = this;
    const { values, models } = verdict;
    let i = at + OWN;
    for (const name of shape.columns) numbers[i++] = values[name]!;
    for (const name of shape.models) {
      const said = models[name];
      numbers[i++] = said?.score ?? Number.NaN;
      numbers[i++] = said?.threshold ?? Number.NaN;
      numbers[i++] = said?.pValue ?? Number.NaN;
    }
    if (!verdict.anomalous) return;
    const contributions: Record<string, Readonly<Record<string, number>>> = {};
    for (const name of shape.models) if (models[name]?.contributions) contributions[name] = { ...models[name].contributions };
    const { severity, episode, taught } = verdict;
    const detail = { reason: verdict.reason ?? '', severity, episode, contributions };
    this.details.set(this.count - 1, taught ? { ...detail, taught: { ...taught } } : detail);
  }

  /** Takes in a row that was kept elsewhere. */
  take(row: KeptRow, reason: number): void {
    const at = this.grow(row.time, row.score, row.threshold, row.pValue, row.anomalous, row.calibrated, reason);
    let i = at + OWN;
    for (let c = 0; c < this.shape.columns.length; c++) this.numbers[i++] = row.values[c] ?? Number.NaN;
    for (const name of this.shape.models) {
      const said = row.models[name];
      this.numbers[i++] = said?.score ?? Number.NaN;
      this.numbers[i++] = said?.threshold ?? Number.NaN;
      this.numbers[i++] = said?.pValue ?? Number.NaN;
    }
    if (!row.anomalous) return;
    const detail = { reason: row.reason ?? '', severity: undefined, episode: undefined, contributions: {} };
    this.details.set(this.count - 1, row.taught ? { ...detail, taught: row.taught } : detail);
  }

  /** Forgets rows from a number on. */
  cut(count: number): void {
    this.count = count;
    for (const i of this.details.keys()) if (i >= count) this.details.delete(i);
    [this.odd, this.judged, this.raised, this.allowed] = [Number.NaN, 0, 0, 0];
    for (let i = 0; i < count; i++) this.sum(i);
  }

  time(i: number): number {
    return this.numbers[i * this.width]!;
  }

  score(i: number): number {
    return this.numbers[i * this.width + 1]!;
  }

  threshold(i: number): number {
    return this.numbers[i * this.width + 2]!;
  }

  pValue(i: number): number {
    return this.numbers[i * this.width + 3]!;
  }

  /** The share of rows that a budget allowed to be anomalous when it ruled on this one; 0 where it did not. */
  allows(i: number): number {
    const threshold = this.threshold(i);
    return this.calibrated(i) && threshold > 0 && !Number.isNaN(this.pValue(i)) ? 10 ** -threshold : 0;
  }

  anomalous(i: number): boolean {
    return (this.flags[i]! & ANOMALOUS) !== 0;
  }

  calibrated(i: number): boolean {
    return (this.flags[i]! & CALIBRATED) !== 0;
  }

  reason(i: number): number {
    return this.reasons[i]!;
  }

  /** The values of a row in the order of the columns; borrowed. */
  values(i: number): Float64Array {
    const from = i * this.width + OWN;
    return this.numbers.subarray(from, from + this.shape.columns.length);
  }

  /** A row as those who ask get it. @param reason why it was not judged */
  row(i: number, reason: string | undefined): KeptRow {
    const { numbers, shape } = this;
    const at = i * this.width;
    const models: Record<string, KeptScore> = {};
    let m = at + OWN + shape.columns.length;
    for (const name of shape.models) {
      models[name] = { score: numbers[m]!, threshold: numbers[m + 1]!, pValue: numbers[m + 2]! };
      m += PER_MODEL;
    }
    const detail = this.details.get(i);
    const said = detail?.reason ?? reason;
    return {
      time: numbers[at]!,
      values: this.values(i),
      score: numbers[at + 1]!,
      threshold: numbers[at + 2]!,
      pValue: numbers[at + 3]!,
      anomalous: this.anomalous(i),
      calibrated: this.calibrated(i),
      ...(said === undefined ? {} : { reason: said }),
      ...(detail?.taught && { taught: detail.taught }),
      models,
    };
  }

  private grow(
    time: number,
    score: number,
    threshold: number,
    pValue: number,
    anomalous: boolean,
    calibrated: boolean,
    reason: number,
  ): number {
    const { count, width } = this;
    if (count === this.flags.length) {
      const room = Math.min(MOST, 2 * count);
      const [numbers, flags, reasons] = [new Float64Array(room * width), new Uint8Array(room), new Uint16Array(room)];
      numbers.set(this.numbers);
      flags.set(this.flags);
      reasons.set(this.reasons);
      [this.numbers, this.flags, this.reasons] = [numbers, flags, reasons];
    }
    const at = count * width;
    this.numbers[at] = time;
    this.numbers[at + 1] = score;
    this.numbers[at + 2] = threshold;
    this.numbers[at + 3] = pValue;
    this.flags[count] = (anomalous ? ANOMALOUS : 0) | (calibrated ? CALIBRATED : 0);
    this.reasons[count] = reason;
    this.count++;
    this.sum(count);
    return at;
  }

  /** Takes a row into what is said of the block as a whole. */
  private sum(i: number): void {
    const ratio = oddOf(this.score(i), this.threshold(i));
    if (!(ratio <= this.odd) && !Number.isNaN(ratio)) this.odd = ratio;
    if (this.reasons[i] === 0) this.judged++;
    const allowed = this.allows(i);
    this.allowed += allowed;
    if (this.pValue(i) < allowed) this.raised++;
  }
}

/** How odd a score is beside its threshold: 1 is an alarm; NaN where there is none. */
export function oddOf(score: number, threshold: number): number {
  if (Number.isNaN(score) || Number.isNaN(threshold)) return Number.NaN;
  if (threshold > 0) return Math.max(0, score / threshold);
  return score > threshold ? 2 : 0;
}
