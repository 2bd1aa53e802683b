// One sink plugin under test, which the laws look at.

import {
  type Episode,
  type Observation,
  type PluginModule,
  pluginFrom,
  type Sink,
  type SinkBatch,
  type SinkPlugin,
  type Verdict,
} from '../../api/index.js';
import { TestHosts } from '../host.js';
import { random } from '../random.js';
import { testSchema } from './batch.js';

export interface SinkLaws {
  /** `with:` as a user writes it, for the n-th fresh place to write to. */
  config(n: number, hosts: TestHosts): unknown | Promise<unknown>;
  /** All that a reader of the n-th place sees, as records that can be compared, in any order. */
  read(n: number, hosts: TestHosts): Promise<readonly unknown[]>;
  /** True if what it was given is on its way, kept on disk, when `write` resolves, and there once it is closed. */
  readonly defers?: true;
  /**
   * Makes the n-th place fail as an outage would: from its `from`-th call on (1 is the next one), so many calls; 0 calls: it works again.
   * Left out, the laws of failures are skipped.
   */
  fail?(n: number, from: number, calls: number): void;
  /** Cleans up at the end. */
  close?(): Promise<void>;
}

/** What of the host a trial may see to. */
export interface HostOptions {
  /** The clock, ms since the epoch. */
  readonly now?: number;
  /** Pauses end at once, and are counted, or only when their signal aborts; by default they take as long as they say. */
  readonly pauses?: 'none' | 'endless';
  readonly signal?: AbortSignal;
}

/** A place that a sink was opened on. */
export interface Opened {
  readonly n: number;
  readonly sink: Sink;
  /** Dead letters that are under way, and those that have arrived. */
  readonly letters: { begun: number; done: number };
  /** How often it has paused. */
  readonly pauses: { count: number };
}

export const EMPTY: SinkBatch = { observations: [], verdicts: [], episodes: [], missing: [] };
/** A sink that pauses more often is given up. */
const MOST_PAUSES = 200;

/** One sink plugin under trial: opens it on fresh places and reads back. */
export class SinkTrial {
  readonly plugin: SinkPlugin;
  readonly laws: SinkLaws;
  readonly hosts = new TestHosts();
  private places = 0;
  private empty: Promise<string[]> | undefined;
  private readonly visible = new Map<string, Promise<boolean>>();

  constructor(module: PluginModule<SinkPlugin>, laws: SinkLaws) {
    this.plugin = pluginFrom(module);
    this.laws = laws;
  }

  /** Makes a sink for a place, a fresh one by default; not opened yet. */
  async make(n = this.places++, { now, pauses, signal }: HostOptions = {}): Promise<Opened> {
    const letters = { begun: 0, done: 0 };
    const paused = { count: 0 };
    const base = this.hosts.sink(testSchema);
    const giveUp = new AbortController();
    const all = AbortSignal.any([base.signal, giveUp.signal, ...(signal ? [signal] : [])]);
    const host = {
      ...base,
      signal: all,
      clock: {
        now: () => now ?? Date.now(),
        sleep: async (ms: number, given?: AbortSignal) => {
          if (pauses === undefined) return base.clock.sleep(ms, given);
          if (++paused.count > MOST_PAUSES) giveUp.abort(new Error('it pauses for ever'));
          given?.throwIfAborted();
          if (pauses === 'none') return base.clock.sleep(Math.min(ms, 1), given);
          await new Promise<void>((_, reject) => given?.addEventListener('abort', () => reject(given.reason as Error)));
        },
      },
      deadLetter: async () => {
        letters.begun++;
        await base.clock.sleep(5);
        letters.done++;
      },
    };
    const sink = await this.plugin.create(this.plugin.config.parse(await this.laws.config(n, this.hosts)), host);
    return { n, sink, letters, pauses: paused };
  }

  async open(n?: number, options?: HostOptions): Promise<Opened> {
    const opened = await this.make(n, options);
    await opened.sink.open?.();
    return opened;
  }

  /** What a reader of a place sees, in order of text. */
  async read(n: number): Promise<string[]> {
    return (await this.laws.read(n, this.hosts)).map((record) => JSON.stringify(record)).sort();
  }

  /** What a fresh place holds after some batches. */
  async written(...batches: readonly SinkBatch[]): Promise<string[]> {
    return (await this.kept({}, ...batches)).records;
  }

  async kept(options: HostOptions, ...batches: readonly SinkBatch[]) {
    const { n, sink, letters } = await this.open(undefined, options);
    for (const batch of batches) await sink.write(batch);
    await sink.close();
    await sink.close();
    return { records: await this.read(n), letters: letters.done };
  }

  /** Whether some records are seen at all by whoever reads the place. */
  async shows(batch: SinkBatch): Promise<boolean> {
    this.empty ??= this.written(EMPTY);
    return (await this.written(batch)).length > (await this.empty).length;
  }

  /** Whether records of a kind are. */
  showsKind(kind: keyof SinkBatch, batch: SinkBatch): Promise<boolean> {
    let visible = this.visible.get(kind);
    if (visible === undefined) {
      visible = this.shows(batch);
      this.visible.set(kind, visible);
    }
    return visible;
  }
}

/** The first record in which two places differ. */
export function difference(one: readonly string[], other: readonly string[]): string | undefined {
  const left = one.find((record, i) => record !== other[i] && !other.includes(record));
  if (left !== undefined) return `${left.slice(0, 200)} is not in the other`;
  const right = other.find((record) => !one.includes(record));
  if (right !== undefined) return `${right.slice(0, 200)} is in the other only`;
  return one.length === other.length ? undefined : `${one.length} records and then ${other.length}`;
}

const EPOCH = Date.UTC(2026, 0, 1);

export function observationOf(change: Partial<Observation> = {}): Observation {
  return { key: '1', type: 'reading', sequence: 11, time: EPOCH, received: EPOCH + 5, values: { level: 1, flow: 2 }, ...change };
}

export function verdictOf(change: Partial<Verdict> = {}): Verdict {
  const { key = 'tank', time = EPOCH, n = 0 } = change;
  return {
    id: `test/${key}/summary/${time}/${n}`,
    pipeline: 'test',
    key,
    kind: 'summary',
    time,
    n,
    values: { level_mean: 1, level_change: 2, flow_mean: 3 },
    models: { forest: { score: 0.4, threshold: 0.7, pValue: 0.4, version: 'v1', anomalous: false } },
    leading: 'forest',
    score: 0.4,
    threshold: 0.7,
    pValue: 0.4,
    calibrated: true,
    anomalous: false,
    raised: false,
    ...change,
  };
}

export function episodeOf(change: Partial<Episode> = {}): Episode {
  return {
    id: `test/tank/summary/${EPOCH}/0`,
    pipeline: 'test',
    key: 'tank',
    kind: 'summary',
    status: 'open',
    start: EPOCH,
    end: EPOCH,
    peak: EPOCH,
    peakScore: 0.9,
    threshold: 0.7,
    pValue: 0.001,
    model: 'forest',
    version: 'v1',
    severity: 'critical',
    rows: 1,
    columns: ['level_change'],
    reason: 'level_change is 9 m',
    topics: [],
    ...change,
  };
}

/** An order that depends on the seed alone. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const uniform = random(seed);
  return list
    .map((item) => [uniform(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}

/** The same, and nobody can change it. */
export function frozen<T>(part: T): T {
  if (typeof part === 'object' && part !== null) for (const value of Object.values(Object.freeze(part))) frozen(value);
  return part;
}
