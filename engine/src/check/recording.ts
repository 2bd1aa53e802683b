import type { Episode, Missing, Observation, Settings, Sink, SinkBatch, Verdict } from '../api/index.js';
import { Numbers } from '../charts/numbers.js';
import { type KeptSettings, SettingsKeeper } from './settings.js';

/** What a pipeline made of one key: every column of every row. */
export interface CheckTrack {
  readonly key: string;
  /** Event times of the rows, ms since the epoch, never falling. */
  readonly times: Float64Array;
  /** By column, in declared order; `NaN` where missing. */
  readonly values: readonly Float64Array[];
  /** By model, in declared order: 1 where it scored the row. */
  readonly scored: readonly Uint8Array[];
  /** Why rows were not scored, and how many. */
  readonly unscored: ReadonlyMap<string, number>;
}

class Track {
  readonly times = new Numbers();
  readonly values: Numbers[];
  readonly scored: Numbers[];
  readonly unscored = new Map<string, number>();
  sorted = true;

  constructor(columns: number, models: number) {
    this.values = Array.from({ length: columns }, () => new Numbers());
    this.scored = Array.from({ length: models }, () => new Numbers());
  }
}

/** Takes the place of every sink and keeps whole rows, for a recording that is looked at closely: 8 bytes a column and row. */
export class CheckRecording implements Sink {
  private readonly tracks = new Map<string, Track>();
  private readonly found = new Map<string, Episode>();
  private readonly columns: readonly string[];
  private readonly models: readonly string[];
  /** Fields that came at least once, by key and type. */
  private readonly inputs = new Map<string, Map<string, Set<string>>>();
  /** What was told of lost stretches. */
  readonly missing: Missing[] = [];
  /** Event times of the first and the last observation, ms since the epoch. */
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;

  private readonly keeper: SettingsKeeper;

  /**
   * @param columns of the row, @param models of the pipeline: their names, in declared order
   * @param settings which observations say how something was set
   */
  constructor(columns: readonly string[], models: readonly string[], settings?: Settings) {
    this.columns = columns;
    this.models = models;
    this.keeper = new SettingsKeeper(settings);
  }

  /** How what was recorded was set, by key. */
  get settings(): KeptSettings {
    return this.keeper.all();
  }

  async write({ observations, verdicts, episodes, missing }: SinkBatch): Promise<void> {
    for (const observation of observations) this.hear(observation);
    for (const verdict of verdicts) this.take(verdict);
    for (const episode of episodes) this.found.set(episode.id, episode);
    this.missing.push(...missing);
  }

  private hear(observation: Observation): void {
    const { key, type, time, values } = observation;
    this.keeper.hear(observation);
    if (time < this.from) this.from = time;
    if (time > this.to) this.to = time;
    let types = this.inputs.get(key);
    if (!types) {
      types = new Map();
      this.inputs.set(key, types);
    }
    let fields = types.get(type);
    if (!fields) {
      fields = new Set();
      types.set(type, fields);
    }
    for (const field in values) if (!fields.has(field)) fields.add(field);
  }

  private take({ key, time, values, models, score, reason }: Verdict): void {
    let track = this.tracks.get(key);
    if (!track) {
      track = new Track(this.columns.length, this.models.length);
      this.tracks.set(key, track);
    }
    if (time < track.times.last()) track.sorted = false;
    track.times.push(time);
    this.columns.forEach((name, i) => {
      track.values[i]!.push(values[name] ?? Number.NaN);
    });
    this.models.forEach((name, i) => {
      track.scored[i]!.push(Number.isNaN(models[name]?.score ?? Number.NaN) ? 0 : 1);
    });
    if (!Number.isNaN(score)) return;
    const why = (reason ?? 'not scored').replace(/ \(.*$/, '');
    track.unscored.set(why, (track.unscored.get(why) ?? 0) + 1);
  }

  async close(): Promise<void> {}

  /** Whether an input came for a key, or for any key of the group that has this name. */
  heard(key: string, input: string): boolean {
    const dot = input.indexOf('.');
    const came = (types: ReadonlyMap<string, ReadonlySet<string>>) => types.get(input.slice(0, dot))?.has(input.slice(dot + 1));
    const own = this.inputs.get(key);
    return own ? (came(own) ?? false) : [...this.inputs.values()].some(came);
  }

  /** One for each key, in order of their names; rows in order of time. */
  series(): CheckTrack[] {
    return [...this.tracks.keys()].sort().map((key) => {
      const { times: unordered, values, scored, unscored, sorted } = this.tracks.get(key)!;
      const times = unordered.values();
      const order = sorted ? undefined : Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
      const inOrder = (numbers: Float64Array) => (order ? Float64Array.from(order, (i) => numbers[i]!) : numbers);
      return {
        key,
        times: inOrder(times),
        values: values.map((column) => inOrder(column.values())),
        scored: scored.map((flags) => Uint8Array.from(inOrder(flags.values()))),
        unscored,
      };
    });
  }

  /** In their last state, in order of time. */
  episodes(): Episode[] {
    return [...this.found.values()].sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1));
  }
}
