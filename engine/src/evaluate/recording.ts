// What a pipeline said of a recording, kept for figures: a series per key, episodes, and what people decided.

import type { Episode, Sink, SinkBatch, Topic, Verdict } from '../api/index.js';
import { Numbers } from '../charts/numbers.js';
import { PlainZ } from './baselines.js';
import type { RaisedEpisode } from './configured.js';
import type { ToldTopic } from './metrics/told.js';
import type { Heard } from './proposals/heard.js';
import type { Seen } from './seen.js';
import type { Series } from './series.js';

/** How much each column explains of an anomaly, over its models: each by its own share, weighted by its surprise. */
function namedBy({ models }: Verdict): Record<string, number> {
  const named: Record<string, number> = {};
  for (const { contributions, pValue } of Object.values(models)) {
    if (!contributions) continue;
    const values = Object.entries(contributions);
    // Of some models a lower score is odder.
    const sign = values.reduce((sum, [, value]) => sum + value, 0) < 0 ? -1 : 1;
    const sum = values.reduce((total, [, value]) => total + Math.max(0, sign * value), 0);
    const weight = Number.isNaN(pValue) ? 1 : -Math.log(pValue);
    for (const [name, value] of values) if (sign * value > 0) named[name] = (named[name] ?? 0) + ((sign * value) / sum) * weight;
  }
  return named;
}

/** The same rows by the places that they have in order of time. */
function moved<T>(byRow: ReadonlyMap<number, T>, order: Uint32Array): Map<number, T> {
  const places = new Map<number, T>();
  order.forEach((row, place) => {
    const value = byRow.get(row);
    if (value !== undefined) places.set(place, value);
  });
  return places;
}

/** What a pipeline said of one key, and what the plainest detector would have said of the same rows. */
export interface RecordedSeries extends Series {
  readonly alarms: Uint8Array;
  /** The score that would have been an anomaly, row by row. */
  readonly thresholds: Float64Array;
  readonly plain: Float64Array;
}

/** What people said of one episode, and how many rows that decided about. */
export interface TaughtRows {
  readonly episode: string;
  readonly key: string;
  readonly label: 'normal' | 'anomaly';
  /** Rows that it made ordinary, or anomalous. */
  readonly rows: number;
  /** Event times of the first and the last of them. */
  readonly from: number;
  readonly to: number;
  /** Rows up to when it was said that it would have made so, had it been known from the start; absent where nobody asked. */
  readonly past?: number;
}

/** What leads where nothing was heard. */
const SILENCE = 'silence';

class Track {
  readonly times = new Numbers();
  readonly scores = new Numbers();
  readonly thresholds = new Numbers();
  readonly plain = new Numbers();
  readonly alarms = new Numbers();
  readonly still = new Numbers();
  readonly named = new Map<number, Record<string, number>>();
  silent = false;
  readonly z: PlainZ;
  sorted = true;

  constructor(columns: readonly string[]) {
    this.z = new PlainZ(columns);
  }
}

/** Takes the place of every sink and keeps what figures need: some 40 bytes a row. What columns were is kept for pictures alone. */
export class Recording implements Sink {
  private readonly tracks = new Map<string, Track>();
  private readonly found = new Map<string, Episode>();
  private readonly told: ToldTopic[] = [];
  private readonly columns: readonly string[];
  /** Why rows were not judged, and how many. */
  readonly unjudged = new Map<string, number>();

  private readonly lessons = new Map<string, TaughtRows>();
  private readonly deciding: readonly string[];
  /** What columns were, where somebody wants to see it. */
  readonly seen: Seen | undefined;
  /** What models said, where something is to be proposed of it. */
  readonly heard: Heard | undefined;
  private readonly until: ReadonlyMap<string, number> | undefined;

  /**
   * @param columns what the plainest detector looks at
   * @param deciding models that decide by themselves, by name: where they have spoken a row is judged, whatever else is not calibrated yet
   * @param seen keeps what columns were
   * @param heard keeps what models said
   * @param until by episode that somebody spoke of, the event time up to which it counts what that decided
   */
  constructor(
    columns: readonly string[],
    deciding: readonly string[] = [],
    { seen, heard, until }: { readonly seen?: Seen; readonly heard?: Heard; readonly until?: ReadonlyMap<string, number> } = {},
  ) {
    this.columns = columns;
    this.deciding = deciding;
    this.seen = seen;
    this.heard = heard;
    this.until = until;
  }

  async write({ verdicts, episodes }: SinkBatch): Promise<void> {
    for (const verdict of verdicts) {
      this.take(verdict);
      this.hear(verdict, episodes);
    }
    for (const episode of episodes) {
      const incident = episode.incident ?? this.found.get(episode.id)?.incident;
      this.found.set(episode.id, incident === undefined ? episode : { ...episode, incident });
    }
  }

  /** What people are told by a row: what is new in its episode, and of one that is announced only now what it began with as well. */
  private hear({ key, time, news = [], raised, episode: id }: Verdict, episodes: readonly Episode[]): void {
    const tell = ({ name, reason, subsystem, said }: Topic) =>
      this.told.push({ key, time, name, reason, ...(subsystem === undefined ? {} : { subsystem }), ...(said && { said }) });
    const began = raised ? episodes.find((episode) => episode.id === id) : undefined;
    for (const topic of began?.topics ?? []) if (topic.time < time && !(topic.said && topic.severity === 'info')) tell(topic);
    for (const topic of news) tell(topic);
  }

  private take(verdict: Verdict): void {
    let track = this.tracks.get(verdict.key);
    if (!track) {
      track = new Track(this.columns);
      this.tracks.set(verdict.key, track);
    }
    if (verdict.time < track.times.last()) track.sorted = false;
    // A score that is not calibrated yet cannot be compared; a rule that decides by itself can.
    const comparable = (verdict.calibrated || verdict.anomalous) && !Number.isNaN(verdict.score);
    const decided = !comparable && this.deciding.some((name) => !Number.isNaN(verdict.models[name]?.score ?? Number.NaN));
    const judged = comparable || decided;
    if (!judged) {
      const reason = (verdict.reason ?? 'not scored').replace(/ \(.*$/, '');
      this.unjudged.set(reason, (this.unjudged.get(reason) ?? 0) + 1);
    }
    if (verdict.taught) this.teach(verdict.key, verdict.time, verdict.taught);
    this.seen?.take(verdict.key, verdict.time, verdict.values);
    this.heard?.take(verdict);
    track.times.push(verdict.time);
    // What only rules have seen, and found in order, is the least odd of all.
    track.scores.push(comparable ? verdict.score : decided ? 0 : Number.NaN);
    track.thresholds.push(verdict.threshold);
    track.plain.push(track.z.judge(verdict.values));
    track.alarms.push(verdict.episode === undefined ? 0 : 1);
    if (verdict.anomalous) track.named.set(track.times.length - 1, namedBy(verdict));
    const silent = verdict.leading === SILENCE;
    track.still.push(silent && track.silent ? 1 : 0);
    track.silent = silent;
  }

  private teach(key: string, time: number, { episode, label }: NonNullable<Verdict['taught']>): void {
    if (this.until && !(time <= (this.until.get(episode) ?? Number.NaN))) return;
    const name = `${label} ${episode}`;
    const { rows, from, to } = this.lessons.get(name) ?? { rows: 0, from: time, to: time };
    const next = { episode, key, label, rows: rows + 1, from: Math.min(from, time), to: Math.max(to, time) };
    this.lessons.set(name, next);
  }

  /** What people said, as far as it decided about rows, in order of the first of them. */
  taught(): TaughtRows[] {
    return [...this.lessons.values()].sort((a, b) => a.from - b.from || (a.episode < b.episode ? -1 : 1));
  }

  async close(): Promise<void> {}

  /** A series per key, in order of the keys' names; rows in order of time. */
  series(): RecordedSeries[] {
    const keys = [...this.tracks.keys()].sort();
    return keys.map((key) => {
      const track = this.tracks.get(key)!;
      const times = track.times.values();
      const order = track.sorted ? undefined : Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
      const inOrder = (values: Float64Array) => (order ? Float64Array.from(order, (i) => values[i]!) : values);
      return {
        key,
        times: inOrder(times),
        scores: inOrder(track.scores.values()),
        thresholds: inOrder(track.thresholds.values()),
        plain: inOrder(track.plain.values()),
        alarms: Uint8Array.from(inOrder(track.alarms.values())),
        still: Uint8Array.from(inOrder(track.still.values())),
        named: order ? moved(track.named, order) : track.named,
      };
    });
  }

  /** What people were told of, each topic at the moment when it was news. */
  topicsTold(): readonly ToldTopic[] {
    return this.told;
  }

  /** In their last state, in order of time. */
  episodes(): RaisedEpisode[] {
    return [...this.found.values()]
      .map(({ key, start, end, peakScore, model, columns, reason, severity, incident }) => ({
        key,
        start,
        end,
        peakScore,
        model,
        columns,
        reason,
        severity,
        ...(incident === undefined ? {} : { incident }),
      }))
      .sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1));
  }
}
