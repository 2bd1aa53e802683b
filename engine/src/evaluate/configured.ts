import { lowerBound, upperBound } from '../charts/numbers.js';
import { type Blame, blameOf } from './metrics/blame.js';
import { byKind, delays, type KindRecall } from './metrics/events.js';
import { EVENT, type Field, NEITHER } from './metrics/field.js';
import { type Told, type ToldTopic, toldOf } from './metrics/told.js';
import { median, type Series } from './series.js';

/** An episode as a pipeline raised it. Times in ms since the epoch. */
export interface RaisedEpisode {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly peakScore: number;
  readonly model: string;
  readonly columns: readonly string[];
  readonly reason: string;
  readonly severity?: string;
  /** The incident that it is part of. */
  readonly incident?: string;
}

/** `neither`: in the tail of an event, or where nothing is to be judged. */
export type Standing = 'true' | 'false' | 'neither';

/** What a pipeline's own alarms gave. */
export interface Configured {
  readonly episodes: number;
  readonly trueEpisodes: number;
  readonly falseEpisodes: number;
  readonly falsePerDay: number;
  /** Incidents: true where one of their episodes is, false where none is and one is false. */
  readonly incidents: { readonly count: number; readonly true: number; readonly false: number };
  /** How often people would have been called: once for an incident, and for each other episode. */
  readonly calls: number;
  readonly falseCalls: number;
  readonly found: number;
  readonly recall: number;
  /** True / (true + false episodes). */
  readonly precision: number;
  /** s. */
  readonly medianDelay: number;
  readonly kinds: readonly KindRecall[];
  /** Whether the right columns are named, where labels say which are at fault. */
  readonly blame?: Blame;
  /** Whether what is said is what labels ask for, where they do. */
  readonly told?: Told;
  /** By event, in the order of the evaluation's `outcomes`. */
  readonly foundEvents: readonly boolean[];
  readonly list: readonly (RaisedEpisode & { readonly standing: Standing; readonly kind?: string })[];
}

/** How many incidents there are among episodes, and what they are worth. */
function incidentsAmong(list: readonly { readonly incident?: string; readonly standing: Standing }[]): Configured['incidents'] {
  const standings = new Map<string, Set<Standing>>();
  for (const { incident, standing } of list)
    if (incident !== undefined) standings.set(incident, (standings.get(incident) ?? new Set()).add(standing));
  const all = [...standings.values()];
  const found = all.filter((one) => one.has('true'));
  return { count: all.length, true: found.length, false: all.filter((one) => !one.has('true') && one.has('false')).length };
}

/** Judges the episodes that were raised, and the events by the rows that were called anomalies. @param days judged, without labels @param topics what people were told of */
export function whatWasRaised(
  field: Field,
  series: readonly Series[],
  scores: Float64Array,
  episodes: readonly RaisedEpisode[],
  days: number,
  topics: readonly ToldTopic[] = [],
): Configured {
  const alarms = new Uint8Array(field.times.length);
  for (const { key, alarms: own } of series) if (own) alarms.set(own, field.offsets[field.keys.indexOf(key)]!);
  const found = field.events.map(({ first, end }) => alarms.subarray(first, end).includes(1));
  const list = episodes.map((episode) => ({ ...episode, ...standingOf(field, episode) }));
  const count = (wanted: Standing) => list.filter(({ standing }) => standing === wanted).length;
  const [trueEpisodes, falseEpisodes] = [count('true'), count('false')];
  const hits = found.filter(Boolean).length;
  const incidents = incidentsAmong(list);
  const blame = blameOf(field, series);
  const told = toldOf(field, scores, topics);
  const joined = list.filter(({ incident }) => incident !== undefined);
  const falseJoined = joined.filter(({ standing }) => standing === 'false').length;
  return {
    episodes: list.length,
    trueEpisodes,
    falseEpisodes,
    falsePerDay: falseEpisodes / days,
    incidents,
    calls: list.length - joined.length + incidents.count,
    falseCalls: falseEpisodes - falseJoined + incidents.false,
    found: hits,
    recall: hits / field.events.length,
    precision: trueEpisodes / (trueEpisodes + falseEpisodes),
    medianDelay: median(delays(field, scores, (row) => alarms[row] === 1)),
    kinds: byKind(
      field.events.map(({ label: { kind } }, i) => ({ kind, found: [found[i]!] })),
      1,
    ),
    ...(blame ? { blame } : {}),
    ...(told ? { told } : {}),
    foundEvents: found,
    list,
  };
}

function standingOf({ keys, offsets, times, marks, events }: Field, episode: RaisedEpisode) {
  const k = keys.indexOf(episode.key);
  if (k < 0) return { standing: 'neither' as const };
  const first = lowerBound(times, episode.start, offsets[k]!, offsets[k + 1]!);
  const end = upperBound(times, episode.end, first, offsets[k + 1]!);
  const event = events.find((one) => one.label.key === episode.key && one.end > one.first && one.first < end && first < one.end);
  const row = marks.subarray(first, end);
  if (event && row.includes(EVENT)) return { standing: 'true' as const, kind: event.label.kind };
  return { standing: row[0] === NEITHER ? ('neither' as const) : ('false' as const) };
}

/** The episodes of one list that overlap with none of the other, a cool-down apart counting as one. */
export function onlyIn<T extends Pick<RaisedEpisode, 'key' | 'start' | 'end'>>(
  own: readonly T[],
  others: readonly Pick<RaisedEpisode, 'key' | 'start' | 'end'>[],
  cooldownMs: number,
): T[] {
  const byKey = new Map<string, { start: number; end: number }[]>();
  for (const { key, start, end } of others) byKey.set(key, [...(byKey.get(key) ?? []), { start, end }]);
  return own.filter(
    ({ key, start, end }) => !byKey.get(key)?.some((other) => other.start <= end + cooldownMs && other.end >= start - cooldownMs),
  );
}
