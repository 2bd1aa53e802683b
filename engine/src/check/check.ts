import { type Episode, type Limit, type Missing, type Remark, SAID } from '../api/index.js';
import { coveredOf } from '../charts/axis.js';
import { lowerBound } from '../charts/numbers.js';
import { wordOf } from '../charts/views/states.js';
import { isFinding } from '../judge/said/words.js';
import { rootsOf } from './causes.js';
import { CLOCK, PHASE } from './columns.js';
import { blindOf, judgedRows, rangesOf, TOO_FEW } from './judged.js';
import { namedParts } from './parts.js';
import { wearOf } from './past/wear.js';
import type { CheckRecording, CheckTrack } from './recording.js';
import type { CheckedEpisode, CheckedKey, CheckedWords, CheckReport, CheckRun, Finding } from './report.js';

/** What is to be told of a recording that has gone through its pipeline. */
export function checkReport(
  run: CheckRun,
  recording: CheckRecording,
  tracks: readonly CheckTrack[] = recording.series(),
  remarks: ReadonlyMap<string, readonly Remark[]> = new Map(),
  identities: ReadonlyMap<string, string> = new Map(),
): CheckReport {
  const {
    columns,
    models,
    missing: lost,
    views: _views,
    limits: _limits,
    operating: _operating,
    wear: _wear,
    disturbs: _disturbs,
    ...rest
  } = run;
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
        identity: identities.get(track.key) ?? '',
        rows: track.times.length,
        from: track.times[0]!,
        to: track.times.at(-1)!,
        covered: coveredOf(track.times),
        judgedRows: count,
        ...operatingOf(track, judged, run),
        lookedAt: new Set(models.flatMap((model) => model.columns)).size,
        unjudged: { ...Object.fromEntries(track.unscored), ...(few > 0 ? { [TOO_FEW]: few } : {}) },
        remarks: remarks.get(track.key) ?? [],
        episodes: describedAll(
          episodes.filter(({ key }) => key === track.key),
          track,
          run,
          from,
        ),
        columns: ranges,
        blind: count === 0 ? [] : blindOf(track.key, run, ranges, recording),
        wear: wearOf(track, judged, run),
      };
    }),
  };
}

/** How long a key did what it is there for, and how much of that was judged. */
function operatingOf(track: CheckTrack, judged: Uint8Array, { columns, operating }: CheckRun): Pick<CheckedKey, 'operating'> {
  if (!operating) return {};
  const { column, values, called } = operating;
  const states = track.values[columns.findIndex(({ name }) => name === column)]!;
  const counts = (row: number) => values.includes(states[row]!);
  const ms = coveredOf(track.times, counts);
  let [rows, judgedRows] = [0, 0];
  for (let i = 0; i < states.length; i++) {
    if (!counts(i)) continue;
    rows++;
    judgedRows += judged[i]!;
  }
  return { operating: { called, ms, rows, judgedRows } };
}

/** The episodes of one key, each finding with what explains it. */
function describedAll(episodes: readonly Episode[], track: CheckTrack, run: CheckRun, from: number): CheckedEpisode[] {
  const all = episodes.flatMap((one, episode) => findingsOf(one, run.models).map((found) => ({ ...found, episode })));
  const firstOf = (episode: number) => all.find((one) => one.episode === episode);
  const roots = rootsOf(all, run.disturbs ?? [], (i, j) => {
    const [first, other] = [all[i]!, all[j]!];
    return first === firstOf(first.episode) && oneCause(first, other, episodes[first.episode]!, run);
  });
  const told = all.map((found, i) => ({ found, root: all[roots[i]!] }));
  return episodes.map((episode, nth) => {
    const own = told.filter(({ found }) => found.episode === nth);
    // What explains another stands before it.
    const since = ({ found, root }: Told) => (root?.episode === nth ? Math.max(found.time, root.time) : found.time);
    own.sort((a, b) => since(a) - since(b) || Number(a.root !== undefined) - Number(b.root !== undefined));
    return described(episode, nth + 1, own, track, run, from);
  });
}

/** A finding, and the one that explains it. */
interface Told {
  readonly found: Found & { readonly episode: number };
  readonly root: (Found & { readonly episode: number }) | undefined;
}

function described(
  episode: Episode,
  number: number,
  told: readonly Told[],
  track: CheckTrack,
  run: CheckRun,
  from: number,
): CheckedEpisode {
  const { columns } = run;
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
    words: wordsOf(episode).map((words) => ({
      ...words,
      since: words.time - from,
      clock: numberOrNull(at(CLOCK, lowerBound(track.times, words.time))),
    })),
    findings: told.map(({ found: { episode: _, ...finding }, root }) => ({
      ...finding,
      since: finding.time - from,
      clock: numberOrNull(at(CLOCK, lowerBound(track.times, finding.time))),
      afterOurs: finding.said
        ? afterOurs(
            finding,
            told.map((one) => one.found),
          )
        : null,
      column: leadOf(finding, episode, track, run),
      follows: root?.name ?? null,
      explained: root !== undefined && root === told[0]!.found,
    })),
    context: Object.fromEntries(context),
  };
}

const numberOrNull = (value: number) => (Number.isNaN(value) ? null : value);

type Found = Omit<Finding, 'since' | 'clock' | 'column' | 'follows' | 'explained' | 'afterOurs'>;

/** What the entity says that is only worth knowing. */
const wordsOf = ({ topics }: Episode): Omit<CheckedWords, 'since' | 'clock'>[] =>
  topics.filter((topic) => !isFinding(topic)).map(({ name, reason, time }) => ({ name: ownName(name), reason, time }));

/** What an entity says is named after that, as what models find is after the model. */
const ownName = (name: string): string => (name.startsWith(`${SAID}/`) ? name.slice(SAID.length + 1) : name);

/** How long after the first thing that models found in the episode the entity said so itself, ms; before it below 0. */
function afterOurs(said: Found, all: readonly Found[]): number | null {
  const ours = all.find((one) => !one.said);
  return ours ? said.time - ours.time : null;
}

function findingsOf({ topics, model, severity, reason, peak }: Episode, models: CheckRun['models']): Found[] {
  const findings = topics.filter(isFinding).map((topic): Found => {
    // The engine puts the model's name before what the model calls it.
    const own = topic.said ? undefined : models.find((one) => topic.name.startsWith(`${one.name}/`));
    const name = own ? topic.name.slice(own.name.length + 1) : ownName(topic.name);
    const part = own && namedParts(own.config, own.columns).find((one) => one.name === name);
    const { columns = [], conditions = {} } = part ?? {};
    return {
      name,
      severity: topic.severity,
      reason: topic.reason,
      time: topic.time,
      said: topic.said ?? false,
      ...(topic.subsystem === undefined ? {} : { subsystem: topic.subsystem }),
      columns,
      conditions,
    };
  });
  const decided = model === SAID || models.find(({ name }) => name === model)?.decides;
  if (findings.length === 0 || !decided) {
    const how = findings.length === 0 ? severity : 'warning';
    findings.push({ name: model, severity: how, reason, time: peak, said: false, columns: [], conditions: {} });
  }
  return findings.sort((a, b) => a.time - b.time);
}

/** Rows before a finding in which its column may have been within its limit still. */
const BEFORE = 300;

/** The column that made a finding. */
function leadOf(
  { name, columns: named, time, said }: Found,
  episode: Episode,
  { times, values }: CheckTrack,
  run: CheckRun,
): string | null {
  if (said) return null;
  if (named.length === 0) return episode.columns[0] ?? null;
  const row = lowerBound(times, time);
  const odd = (column: string) => {
    const own = values[run.columns.findIndex((one) => one.name === column)]!;
    const limits = run.limits.filter((one) => one.column === column && one.text.startsWith(`${name}:`));
    const beyond = (i: number) => limits.some((limit) => isBeyond(limit, own[i]!));
    if (!beyond(row)) return 0;
    for (let i = row - 1; i >= Math.max(0, row - BEFORE); i--) if (!Number.isNaN(own[i]!) && !beyond(i)) return 2;
    return 1;
  };
  // One that has crossed its limit before one that lies beyond it all the time; then the one that is named first.
  return [...named].sort((a, b) => odd(b) - odd(a))[0]!;
}

const isBeyond = ({ is, value }: Limit, found: number) => (is === 'above' ? found >= value : found <= value);

/** Whether two findings of an episode speak of one column, or of columns that people look at together. */
function oneCause(first: Found, other: Found, episode: Episode, { views }: CheckRun): boolean {
  // What the entity says of itself is of no column: whether it is about the same, nobody knows.
  const columnsOf = ({ columns, said }: Found) => (columns.length > 0 || said ? columns : episode.columns);
  const together = (a: string, b: string) =>
    a === b || views.some(({ kind, columns }) => kind !== 'map' && columns.includes(a) && columns.includes(b));
  return columnsOf(first).some((a) => columnsOf(other).some((b) => together(a, b)));
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
