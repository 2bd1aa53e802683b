import type { FeatureExtractor, Observation, Rows } from '@quantstream/engine';
import { type Choice, choicesOf, type Settings } from './config.js';
import { initialPast, Past, type PastState } from './statistics.js';

/** What is kept of a pair: plain data. */
export interface State {
  /** The last price of each leg and its event time; NaN before the first. */
  prices: [number, number];
  times: [number, number];
  /** Start of the bar that is open; NaN while none is. */
  open: number;
  past: PastState;
}

export const initialState = (settings: Settings): State => ({
  prices: [Number.NaN, Number.NaN],
  times: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  open: Number.NaN,
  past: initialPast(2 + Math.max(2, ...choicesOf(settings).map(({ window }) => window))),
});

/** Trades of two keys become one row a bar, once both prices are known. */
export class PairExtractor implements FeatureExtractor {
  private readonly settings: Settings;
  private readonly choices: readonly Choice[];
  private readonly state: State;
  private readonly past: Past;

  constructor(settings: Settings, state: State) {
    this.settings = settings;
    this.choices = choicesOf(settings);
    this.state = state;
    this.past = new Past(state.past);
  }

  update({ key, time, values }: Observation): void {
    const leg = this.settings.legs.indexOf(key);
    if (leg < 0) return;
    const { state, settings } = this;
    // A straggler is no news.
    if (time < state.times[leg]!) return;
    state.prices[leg] = values.price!;
    state.times[leg] = time;
    if (Number.isNaN(state.open)) state.open = Math.floor(time / settings.bar) * settings.bar;
  }

  advance(watermark: number, rows: Rows): number {
    const { state, settings } = this;
    const ending = watermark === Number.POSITIVE_INFINITY;
    while (!Number.isNaN(state.open) && (ending || watermark >= state.open + settings.bar)) {
      const end = state.open + settings.bar;
      // The end of a recording closes the bar that is open, if something happened in it.
      if (ending && Math.max(...state.times) < state.open) break;
      this.close(rows, state.open, end);
      state.open = end - Math.max(...state.times) < settings.staleAfter && !ending ? end : Number.NaN;
    }
    return Number.isNaN(state.open) ? Number.POSITIVE_INFINITY : state.open + settings.bar;
  }

  private close(rows: Rows, start: number, end: number): void {
    const { state, settings, past } = this;
    const [first, second] = state.prices;
    if (Number.isNaN(first) || Number.isNaN(second)) return;
    const fresh = state.times.every((time) => end - time <= settings.staleAfter);
    if (fresh) past.put(first, second);
    const row = rows.next(start);
    row[0] = first;
    row[1] = second;
    for (let i = 0; i < this.choices.length; i++) {
      const { family, window } = this.choices[i]!;
      const value = fresh ? family.of(past, window) : Number.NaN;
      row[i + 2] = Number.isFinite(value) ? value : Number.NaN;
    }
  }
}
