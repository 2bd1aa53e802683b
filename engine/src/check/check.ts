import type { Episode, Missing, Remark } from '../api/index.js';
import { coveredOf } from '../charts/axis.js';
import { lowerBound } from '../charts/numbers.js';
import { CLOCK, PHASE, wordOf } from './columns.js';
import { blindOf, judgedRows, rangesOf, TOO_FEW } from './judged.js';
import { namedParts } from './parts.js';
import type { CheckRecording, CheckTrack } from './recording.js';
import type { CheckedEpisode, CheckReport, CheckRun, Finding } from './report.js';

/** What is to be told of a recording that has gone through its pipeline. */
export function checkReport(
  run: CheckRun,
  recording: CheckRecording,
  tracks: readonly CheckTrack[] = recording.series(),
  remarks: ReadonlyMap<string, readonly Remark[]> = new Map(),
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
        lookedAt: new Set(models.flatMap((model) => model.columns)).size,
        unjudged: { ...Object.fromEntries(track.unscored), ...(few > 0 ? { [TOO_FEW]: few } : {}) },
        remarks: remarks.get(track.key) ?? [],
        episodes: episodes
          .filter(({ key }) => key === track.key)
          .map((episode, i) => described(episode, i + 1, track, run, from)),
        columns: ranges,
        blind: count === 0 ? [] : blindOf(track.key, run, ranges, recording),
      };
    }),
  };
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

function lostStretches(missing: readonly Missing[]): CheckReport['missing']['reasons'] {
  const reasons: Record<string, { stretches: number; ms: number }> = {};
  for (const { reason, from, to } of missing) {
    reasons[reason] ??= { stretches: 0, ms: 0 };
    reasons[reason].stretches++;
    reasons[reason].ms += Math.max(0, to - from);
  }
  return reasons;
}
