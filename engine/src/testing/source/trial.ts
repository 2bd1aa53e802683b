// One source plugin under test, which the laws look at.

import {
  type Missing,
  type Observation,
  type PluginModule,
  pluginFrom,
  type Source,
  type SourceBatch,
  type SourcePlugin,
  sayAny,
} from '../../api/index.js';
import { TestHosts } from '../host.js';
import type { SourceLaws } from './given.js';

export interface Taken {
  /** As it was yielded, and what it held then. */
  readonly batch: SourceBatch;
  readonly count: number;
  readonly cursor: string | null;
  readonly watermark: number | undefined;
  readonly missing: readonly Missing[];
  /** How many observations came before it. */
  readonly before: number;
}

/** What a source did while it was read. */
export class Reading {
  readonly observations: Observation[] = [];
  /** What each observation was when it came, but for the moment of arrival. */
  readonly essences: string[] = [];
  readonly batches: Taken[] = [];
  readonly dropped = new Map<string, number>();
  readonly drops: string[] = [];
  readonly troubles: (string | undefined)[] = [];
  readonly began = Date.now();
  ended = Number.NaN;
  /** Batches that came after the stop. */
  afterStop = 0;

  get missing(): readonly Missing[] {
    return this.batches.flatMap(({ missing }) => missing);
  }

  get droppedCount(): number {
    return [...this.dropped.values()].reduce((a, b) => a + b, 0);
  }

  take(batch: SourceBatch): void {
    const { observations, cursor, watermark, missing = [] } = batch;
    this.batches.push({
      batch,
      count: observations.length,
      cursor,
      watermark,
      missing: [...missing],
      before: this.observations.length,
    });
    for (const o of observations) {
      this.observations.push(o);
      this.essences.push(essenceOf(o));
    }
  }
}

/** All of an observation but the moment of arrival. */
export function essenceOf({ key, type, sequence, time, values, text }: Observation): string {
  try {
    return JSON.stringify([key, type, sequence, time, values, text ?? {}]);
  } catch {
    // Too deep: some law will say so.
    return sayAny([key, type, sequence, time, values, text ?? {}]);
  }
}

export interface ReadOptions {
  readonly config?: unknown;
  readonly from?: string | null;
  readonly limit?: number;
  /** Stops after so many batches. */
  readonly stopAfter?: number;
  /** How far the clock is ahead, ms. */
  readonly ahead?: number;
  /** Given up after so long, ms. */
  readonly ms?: number;
}

/** Batches of a recording that may still come after a stop. */
export const MOST_AFTER_STOP = 3;
/** After so many a source is left that yields for ever. */
export const MOST_BATCHES = 50;

/** Nothing more comes after what was said was taken, once nothing has come for so long, ms: generous, as machines are busy. */
const SETTLED = 500;

/** One source plugin under trial. */
export class SourceTrial {
  readonly plugin: SourcePlugin;
  readonly laws: SourceLaws;
  readonly config: unknown;
  readonly hosts = new TestHosts();
  private prepared: Promise<void> | undefined;
  private first: Promise<Reading> | undefined;

  constructor(module: PluginModule<SourcePlugin>, laws: SourceLaws) {
    this.plugin = pluginFrom(module);
    this.laws = laws;
    this.config = this.plugin.config.parse(laws.config);
  }

  get wanted(): number {
    return this.laws.atLeast ?? 2_000;
  }

  /** Whether two readings give the same. */
  get recorded(): boolean {
    return this.laws.live === undefined && this.plugin.endless?.(this.config) === undefined && this.resumable;
  }

  get resumable(): boolean {
    return this.plugin.resumable?.(this.config, (path) => this.hosts.source().resolvePath(path)) ?? true;
  }

  /** The same in a folder of its own. */
  fresh(): SourceTrial {
    return new SourceTrial(this.plugin, this.laws);
  }

  /** Where its door is spoken to. */
  async address(): Promise<string> {
    return `${await this.hosts.listen()}/test`;
  }

  /** What it gives from the beginning. */
  whole(): Promise<Reading> {
    this.first ??= this.read();
    return this.first;
  }

  async open(raw: unknown, reading: Reading, ahead = 0): Promise<Source> {
    this.prepared ??= Promise.resolve(this.laws.prepare?.(this.hosts.directory));
    await this.prepared;
    const host = this.hosts.source();
    this.hosts.mounted.clear();
    return this.plugin.create(this.plugin.config.parse(raw), {
      ...host,
      clock: { ...host.clock, now: () => Date.now() + ahead },
      drop: (reason, detail, count = 1) => {
        reading.dropped.set(reason, (reading.dropped.get(reason) ?? 0) + count);
        reading.drops.push(`${reason}: ${detail}`);
      },
      trouble: (why) => void reading.troubles.push(why),
    });
  }

  /** Says at its door what it is to hear, and ends the reading when all that comes of it has come. */
  private async said(reading: Reading, config: unknown, abort: AbortController): Promise<void> {
    try {
      await this.laws.push!(await this.address(), config, this.hosts.directory);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
    for (let before = -1; before < reading.observations.length && !abort.signal.aborted; ) {
      before = reading.observations.length;
      await new Promise((resolve) => setTimeout(resolve, SETTLED));
    }
    abort.abort(new Error('all is said'));
  }

  /** Reads until the end, or enough has come. @throws what the source throws, and where it takes too long */
  async read({
    config,
    from = null,
    limit,
    stopAfter,
    ahead = 0,
    ms = this.recorded ? 30_000 : 10_000,
  }: ReadOptions = {}): Promise<Reading> {
    const reading = new Reading();
    const source = await this.open(config ?? this.laws.config, reading, ahead);
    const abort = new AbortController();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      abort.abort(new Error('too long'));
    }, ms);
    const most = limit ?? this.wanted;
    const said = this.laws.push && this.said(reading, config ?? this.laws.config, abort);
    try {
      for await (const batch of source.read(from, abort.signal)) {
        reading.take(batch);
        if (abort.signal.aborted && ++reading.afterStop > MOST_BATCHES) break;
        if (reading.batches.length === stopAfter) abort.abort(new Error('stop'));
        if (stopAfter === undefined && reading.observations.length >= most) break;
      }
    } finally {
      clearTimeout(timer);
      abort.abort(new Error('over'));
      reading.ended = Date.now();
    }
    await source.close?.();
    await source.close?.();
    await said;
    if (timedOut) throw new Error(`${reading.observations.length} of ${most} observations have come after ${ms / 1_000} s`);
    return reading;
  }
}
