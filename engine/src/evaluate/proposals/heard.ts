// What a backtest remembers of rows beside their scores, so that it can propose something: how columns move, and what each model said.

import type { Verdict } from '../../api/index.js';
import { Numbers } from '../../charts/numbers.js';

/** What was heard of one key, row by row. */
export interface HeardKey {
  /** Columns that have had one value so far, with it; `NaN`: none yet. */
  readonly still: Map<string, number>;
  /** How often every column rose and fell, which counters do otherwise than levels. */
  readonly moves: Map<string, Moves>;
  /** By model in order: what a row says against being ordinary, −log p; `NaN`: nothing, or not calibrated yet. */
  readonly surprise: readonly Numbers[];
  /** By row, a bit for each model that has a score, and for each whose score is above its threshold. */
  readonly scored: Numbers;
  readonly beyond: Numbers;
  /** By row, whether it was odd by what models say: 1 or 0. */
  readonly odd: Numbers;
}

export interface Moves {
  last: number;
  rose: number;
  fell: number;
  /** Of those falls the ones to what a counter begins with. */
  beganAnew: number;
}

/** A counter that begins anew has less than this part of what it had. */
const ANEW = 0.1;
/** What leads where nothing was heard. */
const SILENCE = 'silence';

/** Rows as they are judged, key by key: some 50 bytes of each. */
export class Heard {
  readonly models: readonly string[];
  readonly keys = new Map<string, HeardKey>();
  private readonly deciding: ReadonlySet<string>;

  /** @param models that are measured, in order; at most 30 @param deciding those that decide by themselves */
  constructor(models: readonly string[], deciding: readonly string[]) {
    this.models = models;
    this.deciding = new Set(deciding);
  }

  take({ key, values, models, leading, anomalous, calibrated, taught }: Verdict): void {
    if (leading === SILENCE) return;
    const heard = this.keys.get(key) ?? this.begin(key, values);
    for (const [column, value] of heard.still) {
      const now = values[column]!;
      if (Number.isNaN(value)) heard.still.set(column, now);
      else if (!Number.isNaN(now) && now !== value) heard.still.delete(column);
    }
    for (const [column, moves] of heard.moves) move(moves, values[column]!);
    let [scored, beyond] = [0, 0];
    this.models.forEach((name, i) => {
      const { score, threshold, pValue } = models[name] ?? { score: Number.NaN, threshold: Number.NaN, pValue: Number.NaN };
      heard.surprise[i]!.push(calibrated ? -Math.log(pValue) : Number.NaN);
      if (!Number.isNaN(score)) scored |= 1 << i;
      if (score > threshold) beyond |= 1 << i;
    });
    heard.scored.push(scored);
    heard.beyond.push(beyond);
    heard.odd.push(anomalous && !taught && !this.deciding.has(leading) ? 1 : 0);
  }

  private begin(key: string, values: Verdict['values']): HeardKey {
    const still = new Map(Object.keys(values).map((column) => [column, Number.NaN] as const));
    const moves = new Map(
      Object.keys(values).map((column) => [column, { last: Number.NaN, rose: 0, fell: 0, beganAnew: 0 }] as const),
    );
    const surprise = this.models.map(() => new Numbers());
    const heard = { still, moves, surprise, scored: new Numbers(), beyond: new Numbers(), odd: new Numbers() };
    this.keys.set(key, heard);
    return heard;
  }
}

function move(moves: Moves, now: number): void {
  if (Number.isNaN(now)) return;
  const { last } = moves;
  moves.last = now;
  if (now > last) moves.rose++;
  else if (now < last) {
    moves.fell++;
    if (now >= 0 && now < ANEW * last) moves.beganAnew++;
  }
}
