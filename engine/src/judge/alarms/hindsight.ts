// Asks the rules of alarms again, of rows that were judged before.

import type { Hindsight, KeptRow, PipelineSchema, Rehearsed, Usual, Verdict } from '../../api/index.js';
import { closeEpisode, continues, type EpisodeState, extend, linger } from '../episodes.js';
import { oftenOnce } from '../explain.js';
import { initialUsual, learnUsual } from '../usual.js';
import type { AlarmSettings } from './alarms.js';
import { LARGEST_SHARE, type Pace, pass, rowsPerDay, shareOf } from './pace.js';

/** What rows are a day where no budget says how long a pause is, ms. */
const BAND = 120_000;

/** The rules of a pipeline, to be asked again. */
export function hindsightOf(alarms: AlarmSettings, { models, row, alarms: told }: PipelineSchema): Hindsight {
  const { rule } = alarms;
  const bandMs = 'perDay' in rule ? rule.bandMs : BAND;
  const measured = models.filter(({ decides }) => !decides).map(({ name }) => name);
  const deciding = models.filter(({ decides }) => decides).map(({ name }) => name);
  const scored = ({ models: said }: KeptRow) => measured.some((name) => !Number.isNaN(said[name]?.score ?? Number.NaN));
  const rateOf = (rows: Iterable<KeptRow>): Pace => {
    const pace = newPace();
    for (const one of rows) if (scored(one)) pass(pace, one.time, bandMs);
    return pace;
  };

  function byBudget(rows: Iterable<KeptRow>, perDay: number): Rehearsed[] {
    if (!('perDay' in rule)) return [];
    const pace = newPace();
    const episodes = new Episodes(alarms);
    let whole: boolean | undefined;
    for (const one of rows) {
      if (scored(one)) pass(pace, one.time, bandMs);
      // What began before the first row that is kept is known by the share that the engine allowed.
      if (scored(one)) whole ??= !one.calibrated;
      const allowed = 10 ** -one.threshold;
      const known = whole !== true && allowed > 0 && allowed < LARGEST_SHARE * (1 - 1e-9);
      // Before shares are known a budget of all counts as if one key had it.
      const share = shareOf(known ? perDay : perDay * (rule.part ?? 1), known ? rule.perDay / allowed : rowsPerDay(pace));
      const decided = isDecided(one, deciding);
      const odd = (one.calibrated && one.pValue < share) || decided;
      episodes.add(one, odd, decided || (one.calibrated && one.pValue < share * rule.release), -Math.log10(share));
    }
    return episodes.end();
  }

  function byShare(rows: Iterable<KeptRow>, perDay: number): Rehearsed[] {
    const all = [...rows];
    const share = shareOf(perDay, rowsPerDay(rateOf(all)));
    const episodes = new Episodes(alarms);
    for (const one of all) {
      const said = measured.map((name) => one.models[name]?.pValue ?? Number.NaN).filter((p) => !Number.isNaN(p));
      const beyond = said.filter((p) => p < share).length;
      const odd = (alarms.combine === 'all' ? beyond > 0 && beyond === said.length : beyond > 0) || isDecided(one, deciding);
      episodes.add(one, odd, odd, one.threshold);
    }
    return episodes.end();
  }

  return {
    episodes: 'perDay' in rule ? byBudget : byShare,
    joined(rows) {
      const episodes = new Episodes(alarms);
      for (const one of rows) episodes.add(one, one.odd, one.odd, 0);
      return episodes.end();
    },
    yaml(perDay, rows) {
      const of = told.of === 'pipeline' ? ', of: pipeline' : '';
      if ('perDay' in rule) return `alarms: { perDay: ${round(perDay)}${of} }`;
      return `alarms: { contamination: ${round(shareOf(perDay, rowsPerDay(rateOf(rows))))} }`;
    },
    now(rows) {
      if ('perDay' in rule) return rule.perDay;
      return 'contamination' in rule ? rule.contamination * rowsPerDay(rateOf(rows)) : Number.NaN;
    },
    usual: () => usualOf(row.columns.length),
    often(pValue, rows) {
      const pace = rateOf(rows);
      // What a budget has seen is more than the rows at hand: what it asks for at least, and what has not faded at most.
      const spanMs = 'perDay' in rule ? Math.min(Math.max(pace.spanMs, rule.atLeastMs), rule.halfLifeMs / Math.LN2) : pace.spanMs;
      const often = oftenOnce(pValue, rowsPerDay(pace), spanMs).replace(/^expected /, '');
      // A share of the rows that a model was trained on: of what is odder than all of them no more can be said.
      return 'perDay' in rule ? often : often.replace(/^about once/, 'at most once');
    },
  };
}

const newPace = (): Pace => ({ rows: 0, spanMs: 0, time: Number.NEGATIVE_INFINITY });
const round = (value: number): number => Number(value.toPrecision(3));

/** Whether a row is anomalous whatever is allowed: a rule or a person said so, or nothing was heard. */
function isDecided(
  { models, anomalous, calibrated, score, threshold, pValue, taught }: KeptRow,
  deciding: readonly string[],
): boolean {
  if (taught?.label === 'anomaly' || (anomalous && !calibrated)) return true;
  if (deciding.some((name) => (models[name]?.score ?? 0) > 0)) return true;
  return anomalous && Number.isNaN(pValue) && score > threshold;
}

/** Joins anomalous rows of one key as the engine does. */
class Episodes {
  private readonly alarms: AlarmSettings;
  private readonly made: Rehearsed[] = [];
  private open: EpisodeState = null;

  constructor(alarms: AlarmSettings) {
    this.alarms = alarms;
  }

  add({ time, score }: { readonly time: number; readonly score: number }, odd: boolean, lingering: boolean, threshold: number) {
    if (this.open !== null && !continues(this.open, time, this.alarms.cooldownMs)) this.close();
    if (odd) this.open = extend(this.open, bare(time, score, threshold), {}, this.alarms, () => {});
    else if (lingering && this.open !== null) this.open = linger(this.open, time);
  }

  end(): Rehearsed[] {
    this.close();
    return this.made;
  }

  private close(): void {
    if (this.open === null) return;
    closeEpisode(this.open, ({ start, end, peak, rows }) => this.made.push({ start, end, peak, rows }));
    this.open = null;
  }
}

/** As much of a verdict as an episode is made of. */
function bare(time: number, score: number, threshold: number): Verdict {
  const nothing = { id: '', pipeline: '', key: '', kind: '', n: 0, values: {}, models: {}, leading: '' };
  return { ...nothing, time, score, threshold, pValue: Number.NaN, calibrated: true, anomalous: true, raised: false };
}

function usualOf(columns: number): Usual {
  const state = initialUsual(columns);
  const { mean, distance, count } = state;
  return {
    learn: (values) => learnUsual(state, values),
    away: (column, value) => {
      const from = value - mean[column]!;
      // A column that never moved is nothing to measure by.
      return count[column]! > 0 && distance[column]! > 0 ? from / distance[column]! : from === 0 ? 0 : Number.NaN;
    },
    mean,
    distance,
  };
}
