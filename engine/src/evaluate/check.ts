import type { Column, Episode, Missing, Severity } from '../api/index.js';
import { namedParts } from './check-parts.js';
import type { CheckRecording, CheckTrack } from './check-recording.js';
import { lowerBound } from './series.js';

/** A model as a check needs to know it. */
export interface CheckedModel {
  readonly name: string;
  readonly columns: readonly string[];
  /** Whether its scores are decisions: rules are. */
  readonly decides: boolean;
  readonly config: unknown;
}

/** What a check knows of the run beside its rows. */
export interface CheckRun {
  /** As the user named it. */
  readonly file: string;
  readonly pipeline: string;
  readonly columns: readonly Column[];
  readonly models: readonly CheckedModel[];
  readonly observations: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly late: number;
  readonly ahead: number;
  readonly repeated: number;
  /** Observations known to be lost. */
  readonly missing: number;
  readonly seconds: number;
}

/** One thing that is wrong in an episode. Times in ms since the epoch; `since` in ms since the recording began. */
export interface Finding {
  /** A topic (a rule, say), or the learned model that spoke. */
  readonly name: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly time: number;
  readonly since: number;
  /** As that of the episode, when it was first found. */
  readonly clock: number | null;
  /** The columns that its part of the configuration names, and the texts that name them. */
  readonly columns: readonly string[];
  readonly conditions: Readonly<Record<string, string>>;
}

export interface CheckedEpisode
  extends Pick<Episode, 'id' | 'start' | 'end' | 'peak' | 'rows' | 'severity' | 'model' | 'reason'> {
  /** From 1, in order of time within the key. */
  readonly number: number;
  /** ms since the recording began. */
  readonly since: number;
  /** `boot_time` at its start, s; null where there is none. */
  readonly clock: number | null;
  /** The phase at its start, in the words of the column's description. */
  readonly phase: string | null;
  readonly columns: readonly string[];
  /** In order of time: every topic, and what a learned model said at the peak where it spoke for the episode. */
  readonly findings: readonly Finding[];
  /** Columns of role `context` at its start, where they have a value. */
  readonly context: Readonly<Record<string, number>>;
}

/** A column that models look at and that had too few values to be judged by. */
export interface BlindColumn {
  readonly name: string;
  readonly unit: string;
  /** Share of the judged rows that have a value, 0 … 1. */
  readonly share: number;
  /** Optional inputs that it needs, and whether they came. */
  readonly needs: readonly { readonly input: string; readonly came: boolean }[];
  readonly formula: string;
  readonly models: readonly string[];
  /** What of the models' configuration names it: rules, say. */
  readonly parts: readonly string[];
}

export interface CheckedKey {
  readonly key: string;
  readonly rows: number;
  /** Event times of its first and its last row. */
  readonly from: number;
  readonly to: number;
  /** ms between the two without long gaps. */
  readonly covered: number;
  readonly judgedRows: number;
  /** Rows by the reason that they were not judged for. */
  readonly unjudged: Readonly<Record<string, number>>;
  readonly episodes: readonly CheckedEpisode[];
  /** By column: least and most while judged, and the share of judged rows with a value. */
  readonly columns: Readonly<Record<string, { readonly min: number; readonly max: number; readonly share: number }>>;
  readonly blind: readonly BlindColumn[];
}

/** What was found in one recording: an element of the JSON of `engine check`. What is not a number is null. */
export interface CheckReport extends Omit<CheckRun, 'columns' | 'models' | 'missing'> {
  readonly from: number;
  readonly to: number;
  readonly missing: {
    readonly observations: number;
    /** Lost stretches, by the reason given. */
    readonly reasons: Readonly<Record<string, { readonly stretches: number; readonly ms: number }>>;
  };
  readonly keys: readonly CheckedKey[];
}

/** Below this share of the judged rows a column could not be judged by. */
const ENOUGH = 0.5;
/** Why a row with a score is not judged. */
export const TOO_FEW = 'fewer than half of the columns that ever have a value';
const CLOCK = 'boot_time';
const PHASE = 'phase';
const POSITION = ['latitude', 'longitude'];

/** What is to be told of a recording that has gone through its pipeline. */
export function checkReport(
  run: CheckRun,
  recording: CheckRecording,
  tracks: readonly CheckTrack[] = recording.series(),
): CheckReport {
  const { columns, models, missing: lost, ...rest } = run;
  const from = Math.min(recording.from, ...tracks.map(({ times }) => times[0]!));
  const to = Math.max(recording.to, ...tracks.map(({ times }) => times.at(-1)!));
  const episodes = recording.episodes();
  return {
    ...rest,
    from,
    to,
    missing: { observations: lost, reasons: lostStretches(recording.missing) },
    keys: tracks.map((track) => {
      const judged = judgedRows(track, run);
      const count = judged.reduce((sum, flag) => sum + flag, 0);
      const few = track.times.length - count - [...track.unscored.values()].reduce((sum, rows) => sum + rows, 0);
      const ranges = rangesOf(track, columns, judged, count);
      return {
        key: track.key,
        rows: track.times.length,
        from: track.times[0]!,
        to: track.times.at(-1)!,
        covered: coveredOf(track.times),
        judgedRows: count,
        unjudged: { ...Object.fromEntries(track.unscored), ...(few > 0 ? { [TOO_FEW]: few } : {}) },
        episodes: episodes
          .filter(({ key }) => key === track.key)
          .map((episode, i) => described(episode, i + 1, track, run, from)),
        columns: ranges,
        blind: count === 0 ? [] : blindOf(track.key, run, ranges, recording),
      };
    }),
  };
}

/**
 * Rows that a model could judge: it scored them, and they have at least half of those of its columns that ever have a value. (A model
 * that accepts missing values scores a row of nothing as well.)
 */
function judgedRows({ times, values, scored }: CheckTrack, { columns, models }: CheckRun): Uint8Array {
  const judged = new Uint8Array(times.length);
  models.forEach((model, m) => {
    const own = model.columns
      .map((name) => values[columns.findIndex((column) => column.name === name)]!)
      .filter((column) => column.some((value) => !Number.isNaN(value)));
    for (let i = 0; i < times.length; i++) {
      if (scored[m]![i] === 0 || judged[i] === 1) continue;
      let there = 0;
      for (const column of own) if (!Number.isNaN(column[i]!)) there++;
      if (there > 0 && 2 * there >= own.length) judged[i] = 1;
    }
  });
  return judged;
}

function rangesOf({ values }: CheckTrack, columns: readonly Column[], judged: Uint8Array, rows: number): CheckedKey['columns'] {
  const ranges = columns.map(({ name }, c) => {
    let [min, max, there] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    values[c]!.forEach((value, i) => {
      if (judged[i] === 0 || Number.isNaN(value)) return;
      min = Math.min(min, value);
      max = Math.max(max, value);
      there++;
    });
    const none = there === 0;
    return [name, { min: none ? Number.NaN : min, max: none ? Number.NaN : max, share: rows === 0 ? 0 : there / rows }] as const;
  });
  return Object.fromEntries(ranges);
}

function blindOf(
  key: string,
  { columns, models }: CheckRun,
  ranges: CheckedKey['columns'],
  recording: CheckRecording,
): BlindColumn[] {
  const parts = models.flatMap((model) => (model.decides ? namedParts(model.config, model.columns) : []));
  return columns.flatMap(({ name, unit, needs = [], formula }) => {
    const own = models.filter((model) => model.columns.includes(name));
    const { share } = ranges[name]!;
    if (own.length === 0 || share >= ENOUGH) return [];
    return [
      {
        name,
        unit,
        share,
        needs: needs.map((input) => ({ input, came: recording.heard(key, input) })),
        formula,
        models: own.map((model) => model.name),
        parts: parts.filter((part) => part.columns.includes(name)).map((part) => part.name),
      },
    ];
  });
}

function described(
  episode: Episode,
  number: number,
  track: CheckTrack,
  { columns, models }: CheckRun,
  from: number,
): CheckedEpisode {
  const row = lowerBound(track.times, episode.start);
  const at = (name: string, i = row) => track.values[columns.findIndex((column) => column.name === name)]?.[i] ?? Number.NaN;
  const context = columns.flatMap(({ name, role }) => (role === 'context' && !Number.isNaN(at(name)) ? [[name, at(name)]] : []));
  const { id, start, end, peak, rows, severity, model, reason } = episode;
  return {
    number,
    id,
    start,
    end,
    peak,
    rows,
    since: start - from,
    severity,
    model,
    reason,
    clock: numberOrNull(at(CLOCK)),
    phase: wordOf(
      columns.find(({ name }) => name === PHASE),
      at(PHASE),
    ),
    columns: episode.columns,
    findings: findingsOf(episode, models).map((finding) => ({
      ...finding,
      since: finding.time - from,
      clock: numberOrNull(at(CLOCK, lowerBound(track.times, finding.time))),
    })),
    context: Object.fromEntries(context),
  };
}

const numberOrNull = (value: number) => (Number.isNaN(value) ? null : value);

type Found = Omit<Finding, 'since' | 'clock'>;

function findingsOf({ topics, model, severity, reason, peak }: Episode, models: CheckRun['models']): Found[] {
  const findings = topics.map((topic): Found => {
    // The engine puts the model's name before what the model calls it.
    const own = models.find((one) => topic.name.startsWith(`${one.name}/`));
    const name = own ? topic.name.slice(own.name.length + 1) : topic.name;
    const part = own && namedParts(own.config, own.columns).find((one) => one.name === name);
    const { columns = [], conditions = {} } = part ?? {};
    return { name, severity: topic.severity, reason: topic.reason, time: topic.time, columns, conditions };
  });
  if (findings.length === 0 || !models.find(({ name }) => name === model)?.decides) {
    const how = findings.length === 0 ? severity : 'warning';
    findings.push({ name: model, severity: how, reason, time: peak, columns: [], conditions: {} });
  }
  return findings.sort((a, b) => a.time - b.time);
}

/** A list of values at the beginning of a description: `0 not known, 1 at rest, 2 turning.` */
const VALUES = /^\d+ [^,.]+(?:, \d+ [^,.]+)+/;

/** What a value of a column is called, where its description begins with a list of values. */
export function wordOf(column: Column | undefined, value: number): string | null {
  const list = column && VALUES.exec(column.about);
  if (!list) return null;
  for (const one of list[0].split(', ')) {
    const space = one.indexOf(' ');
    if (Number(one.slice(0, space)) === value) return one.slice(space + 1);
  }
  return null;
}

/** Whether the description of a column begins with a list of its values. */
export const listed = ({ about }: Column): boolean => VALUES.test(about);

/** Columns whose values are drawn as a line beside episodes: not a position, a clock or a list of values. */
export const drawable = (column: Column): boolean =>
  column.role === 'context' && ![...POSITION, CLOCK].includes(column.name) && !listed(column);

/** A longer time between two rows is a gap, ms. */
export const LONG_GAP = 60_000;

function coveredOf(times: Float64Array): number {
  let covered = 0;
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step <= LONG_GAP) covered += step;
  }
  return covered;
}

function lostStretches(missing: readonly Missing[]): CheckReport['missing']['reasons'] {
  const reasons: Record<string, { stretches: number; ms: number }> = {};
  for (const { reason, from, to } of missing) {
    reasons[reason] ??= { stretches: 0, ms: 0 };
    reasons[reason].stretches++;
    reasons[reason].ms += Math.max(0, to - from);
  }
  return reasons;
}

/** How many episodes there are in a recording. */
export const episodesIn = ({ keys }: CheckReport): number => keys.reduce((sum, { episodes }) => sum + episodes.length, 0);
