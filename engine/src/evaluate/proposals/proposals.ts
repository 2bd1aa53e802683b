// What a backtest proposes: what of a pipeline costs and adds nothing, and a calibration that is too short.

import type { Series } from '../series.js';
import type { Heard, HeardKey } from './heard.js';

const DAY = 86_400_000;

/** Something to change, with what to write. */
export interface Proposal {
  readonly what: 'columns' | 'model' | 'calibration';
  /** A sentence that says why. */
  readonly why: string;
  readonly yaml: string;
  /** Whether it is worked out from what this run said, and not by running what it proposes. */
  readonly estimate: boolean;
}

export interface ProposedModel {
  readonly name: string;
  readonly use: string;
  readonly columns: readonly string[];
  readonly rhythm?: string | undefined;
  readonly with?: unknown;
}

/** What is proposed of. */
export interface Proposed {
  /** Models that are measured, in the order in which they are heard. */
  readonly models: readonly ProposedModel[];
  /** Whether the file names its models. */
  readonly named: boolean;
  /** The columns that the features are asked for by name, where they are. */
  readonly asked?: readonly string[] | undefined;
  /** How models are combined, and the budget where there is one. */
  readonly combine: 'any' | 'all' | 'sum' | 'max';
  readonly perDay?: number | undefined;
  /** Whether all keys share the budget. */
  readonly shared: boolean;
  readonly atLeastMs?: number | undefined;
}

/** Odd rows that have to be there before something is said of who found them. */
const ENOUGH = 10;
/** Rises of a column before it is called a counter, and how many of its moves may be falls, each to where a counter begins. */
const RISES = 200;
const FALLS = 0.02;
/** So much of them may be lost where it can only be estimated. */
const LOST = 0.05;
/** Raised beyond so many times the budget, something is wrong with the calibration. */
const FACTOR = 2;
/** The longest calibration that is proposed, in times of the present one. */
const LONGEST = 8;

export function proposalsOf(
  heard: Heard,
  series: readonly (Series & { readonly alarms: Uint8Array })[],
  about: Proposed,
): Proposal[] {
  return [...columns(heard, about), ...counters(heard, about), ...model(heard, about), ...calibration(series, about)];
}

/** Columns that have one value, or none, for each key. */
function columns({ keys }: Heard, about: Proposed): Proposal[] {
  const { models } = about;
  const all = [...keys.values()];
  const still = [...(all[0]?.still.keys() ?? [])].filter((name) => all.every((key) => key.still.has(name)));
  const touched = models.filter((one) => one.columns.some((name) => still.includes(name)));
  const left = touched.filter((one) => one.columns.some((name) => !still.includes(name)));
  if (left.length === 0) return [];
  const names = still.filter((name) => touched.some((one) => one.columns.includes(name)));
  const varying = (one: ProposedModel) => one.columns.filter((column) => !still.includes(column));
  const yaml = about.named
    ? ['models:', ...left.map((one) => `  ${one.name}: { columns: [${varying(one).join(', ')}] }`)].join('\n')
    : allNamed(
        models.map((one) => ({ ...one, columns: varying(one) })),
        about,
      );
  const why = `${names.join(', ')} never ${names.length === 1 ? 'varies' : 'vary'}`;
  return [{ what: 'columns', why, yaml, estimate: false }];
}

/** Columns that only grow, or begin anew: whatever they have reached has never been there. */
function counters({ keys }: Heard, { models, asked }: Proposed): Proposal[] {
  const all = [...keys.values()];
  const isCounter = (name: string) => {
    const moves = all.map((key) => key.moves.get(name)!);
    const [rose, fell] = [moves.reduce((sum, one) => sum + one.rose, 0), moves.reduce((sum, one) => sum + one.fell, 0)];
    return rose >= RISES && fell <= FALLS * rose && moves.every((one) => one.fell === one.beganAnew);
  };
  const names = [...(all[0]?.moves.keys() ?? [])].filter(
    (name) => models.some((one) => one.columns.includes(name)) && isCounter(name),
  );
  if (names.length === 0) return [];
  const why =
    names.length === 1
      ? `${names[0]} only grows, or begins anew at 0: what it has reached was never there before; judge how fast it grows`
      : `${names.join(', ')} only grow, or begin anew at 0: what they have reached was never there before; judge how fast they grow`;
  const rates = asked?.map((name) => (names.includes(name) ? `${name}_rate` : name));
  return [{ what: 'columns', why, yaml: rates ? `features: { with: { columns: [${rates.join(', ')}] } }` : '', estimate: false }];
}

/** Whoever names one model names all of them, and what a file without models has besides. */
function allNamed(models: readonly ProposedModel[], { combine, perDay }: Proposed): string {
  const lines = models.map(({ name, use, columns: own, rhythm, with: config }) => {
    const parts = [
      `use: ${use}`,
      `columns: [${own.join(', ')}]`,
      ...(rhythm ? [`transform: { rhythm: ${rhythm} }`] : []),
      ...(config === undefined ? [] : [`with: ${JSON.stringify(config)}`]),
    ];
    return `  ${name}: { ${parts.join(', ')} }`;
  });
  const alarms = perDay === undefined ? `combine: ${combine}` : `perDay: ${perDay}, combine: ${combine}`;
  return ['models:', ...lines, `alarms: { ${alarms} }`].join('\n');
}

/** One model without which nearly the same rows would have been odd. */
function model(heard: Heard, about: Proposed): Proposal[] {
  const { models, combine, perDay } = about;
  const keys = [...heard.keys.values()];
  const odd = keys.reduce((sum, key) => sum + count(key.odd.values()), 0);
  if (models.length < 2 || odd < ENOUGH) return [];
  const estimate = perDay !== undefined;
  const lost = (m: number) =>
    keys.reduce((sum, key) => sum + (estimate ? lostByBudget(key, m, combine) : changed(key, m, combine)), 0);
  const allowed = estimate ? LOST * odd : 0;
  const [least] = models.map(({ name }, m) => ({ name, lost: lost(m) })).sort((a, b) => a.lost - b.lost);
  if (least!.lost > allowed) return [];
  const others = models.length === 2 ? 'the other one' : 'the others';
  const rows = least!.lost === 0 ? 'the same rows' : `all but ${least!.lost} of ${odd} rows`;
  const why = `${least!.name} adds nothing: ${rows} are odd by ${others} alone`;
  const rest = models.filter(({ name }) => name !== least!.name);
  const yaml = about.named ? `models: { ${least!.name}: null }` : allNamed(rest, about);
  return [{ what: 'model', why, yaml, estimate }];
}

/** Rows that would be judged otherwise by thresholds without a model. */
function changed({ scored, beyond }: HeardKey, m: number, combine: Proposed['combine']): number {
  const isOdd = (said: number, over: number) => over !== 0 && (combine !== 'all' || over === said);
  const [all, over] = [scored.values(), beyond.values()];
  const without = ~(1 << m);
  return all.reduce((sum, said, i) => (isOdd(said, over[i]!) === isOdd(said & without, over[i]! & without) ? sum : sum + 1), 0);
}

/** Odd rows that would not be among as many of the oddest without a model. */
function lostByBudget({ surprise, odd }: HeardKey, m: number, combine: Proposed['combine']): number {
  const others = surprise.filter((_, i) => i !== m).map((one) => one.values());
  const were = odd.values();
  const together = were.map((_, i) => {
    let all = 0;
    for (const one of others) {
      const value = Number.isNaN(one[i]!) ? 0 : one[i]!;
      all = combine === 'sum' ? all + value : Math.max(all, value);
    }
    return all;
  });
  const n = count(were);
  if (n === 0) return 0;
  const least = together.toSorted()[together.length - n]!;
  return together.reduce((sum, one, i) => (were[i] === 1 && (one < least || one === 0) ? sum + 1 : sum), 0);
}

const count = (flags: Float64Array): number => flags.reduce((sum, flag) => sum + flag, 0);

/** A longer calibration behind which the budget would have been kept, where it was not. */
function calibration(series: readonly (Series & { readonly alarms: Uint8Array })[], about: Proposed): Proposal[] {
  const { perDay, atLeastMs, shared } = about;
  if (perDay === undefined || !atLeastMs) return [];
  /** Odd rows behind so many calibrations, and what the budget allows there. */
  const behind = (times: number) => {
    let [odd, days] = [0, 0];
    for (const { times: all, alarms } of series) {
      const from = all[0]! + times * atLeastMs;
      days += Math.max(0, all.at(-1)! - from) / DAY;
      alarms.forEach((alarm, i) => {
        if (all[i]! >= from) odd += alarm;
      });
    }
    return { odd, allowed: (perDay * days) / (shared ? Math.max(1, series.length) : 1) };
  };
  const now = behind(1);
  if (now.odd < ENOUGH || now.odd <= FACTOR * now.allowed) return [];
  for (let times = 2; times <= LONGEST; times++) {
    const then = behind(times);
    // Less than a day of all is no measure.
    if (then.allowed < perDay) return [];
    if (then.odd > FACTOR * then.allowed) continue;
    const long = say(times * atLeastMs);
    const why = `the calibration is too short: ${now.odd} odd rows behind ${say(atLeastMs)} where the budget allows ${round(now.allowed)}, behind ${long} ${then.odd} where it allows ${round(then.allowed)}`;
    return [{ what: 'calibration', why, yaml: `alarms: { calibration: { atLeast: ${long} } }`, estimate: true }];
  }
  return [];
}

const round = (value: number): number => Number(value.toPrecision(2));
const say = (ms: number): string =>
  ms % DAY === 0 ? `${ms / DAY}d` : ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${Math.round(ms / 60_000)}m`;
