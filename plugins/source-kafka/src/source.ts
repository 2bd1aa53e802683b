// A topic as a source: its partitions merged in order of time, each from where the cursor says.

import type { Gauge, Missing, Observation, Source, SourceBatch, SourceHost } from '@quantstream/engine';
import { type Loaded, TopicReader } from '@quantstream/engine/kafka';
import type { Draft } from '@quantstream/engine/recordings';
import { isSpread, type Settings } from './config.js';
import { readCursor, writeCursor } from './cursor.js';
import { Records } from './records.js';
import { Schemas } from './schemas.js';

/** How far time has come is told so often, ms. */
const TELL = 50;
/** How often it is looked whether anything is wrong, ms. */
const LOOK = 250;
/** Of a pause between two looks so much counts as quiet: who stood still heard nobody, ms. */
const MOST_QUIET = 1_000;

/** The next observation of a partition, of the record that it was made of. */
interface Head {
  readonly message: NonNullable<Loaded['message']>;
  readonly draft: Draft;
}

export class KafkaSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly records: Records;
  private readonly schemas: Schemas | undefined;
  /** The schema that the record needs whose turn it is. */
  private wanted: number | undefined;
  private readonly spread: boolean;
  private readonly lag: Gauge;
  /** Made when reading begins. */
  private reader!: TopicReader;
  private begun = false;
  /** Partitions that were known, and what is added to their offsets. */
  private known = 0;
  private base = 0;
  private missing: Missing[] = [];
  /** Records that the broker deleted, of which it is not known yet when they ended. */
  private hole = 0;
  /** Where partitions end, where it does. */
  private ends: ReadonlyMap<number, number> | undefined;
  private ended = false;
  private readonly heads = new Map<number, Head>();
  /** Since when a partition is behind and nothing of it has come, ms of our clock. */
  private readonly waits = new Map<number, number>();
  /** Whether what came last was of now, and not history. */
  private live = false;
  private latest = Number.NEGATIVE_INFINITY;
  private told = Number.NEGATIVE_INFINITY;
  private quietFor = 0;
  private looked: number;

  constructor(settings: Settings, host: SourceHost) {
    this.settings = settings;
    this.host = host;
    this.spread = isSpread(settings);
    this.schemas = settings.registry && new Schemas(settings.registry, host);
    this.records = new Records(settings, (reason, detail, count) => host.drop(reason, detail, count), this.schemas);
    this.lag = host.metrics.gauge('kafka_lag_records', 'Records of the topic that have not been read', ['topic']);
    this.looked = host.clock.now();
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { settings, host } = this;
    const { base, places } = from === null ? { base: 0, places: new Map() } : readCursor(from);
    this.base = base;
    this.known = places.size;
    const { brokers, tls, sasl, topic, begin, group } = settings;
    const deleted = (partition: number, count: number) => this.deleted(partition, count);
    this.reader = new TopicReader({ brokers, tls, sasl, topic, begin, group, host, deleted });
    const { reader } = this;
    this.begun = true;
    const stop = () => reader.rouse();
    signal.addEventListener('abort', stop);
    const watch = setInterval(() => this.tell(), LOOK);
    try {
      await reader.open(places, signal);
      if (this.known === 0) this.known = reader.partitions.length;
      if (!settings.follow) this.ends = new Map(reader.partitions.map(({ partition, high }) => [partition, high]));
      while (!signal.aborted) {
        const observations = this.collect();
        const watermark = this.come(observations.length > 0);
        const { missing } = this;
        this.missing = [];
        const idle = observations.length === 0 && missing.length === 0;
        if (!idle) yield { observations, cursor: this.cursor(), ...(missing.length > 0 ? { missing } : {}), watermark };
        else if (Number.isFinite(watermark)) yield { observations, cursor: this.cursor(), watermark };
        if (this.wanted !== undefined) await this.schemas!.learn(this.wanted, signal);
        if (idle && this.ended) return;
        if (idle && this.wanted === undefined && !signal.aborted) await reader.wait(TELL);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
      await reader.close();
    }
  }

  async commit(cursor: string): Promise<void> {
    if (this.begun) await this.reader.tell(readCursor(cursor).places);
  }

  private tell(): void {
    this.host.trouble(this.reader.trouble ?? this.schemas?.trouble);
    this.lag.set(this.reader.lag, { topic: this.settings.topic });
  }

  private deleted(partition: number, count: number): void {
    const { topic } = this.settings;
    this.hole += count;
    this.host.log.error(
      { topic, partition },
      `the broker deleted ${count} records before they were read; give the topic a longer retention`,
    );
  }

  /** What the broker deleted ended with what comes next. */
  private closeHole(time: number): void {
    if (this.hole === 0) return;
    const from = Number.isFinite(this.latest) ? Math.min(this.latest, time) : time;
    const reason = `the broker deleted ${this.hole} records before they were read`;
    this.missing.push({ key: '*', from, to: time, reason, count: this.hole });
    this.hole = 0;
  }

  /** The next observations, in order of time over all partitions as far as those have come. */
  private collect(): Observation[] {
    const { settings, host, reader } = this;
    const now = host.clock.now();
    const { partitions } = reader;
    if (partitions.length !== this.known) this.grew(partitions);
    const observations: Observation[] = [];
    this.ended = false;
    this.wanted = undefined;
    while (observations.length < settings.batch) {
      let [first, at] = [undefined as Head | undefined, undefined as Loaded | undefined];
      for (const one of partitions) {
        const head = this.headOf(one, now);
        if (this.wanted !== undefined) return observations;
        if (head === undefined) {
          if (!this.isBehind(one) || this.waited(one, now)) continue;
          // Something earlier may be on its way.
          return observations;
        }
        if (first === undefined || head.draft.time < first.draft.time) [first, at] = [head, one];
      }
      if (first === undefined || at === undefined) {
        this.ended = this.ends !== undefined;
        break;
      }
      const { draft, message } = first;
      this.reader.taken(at.partition);
      draft.sequence = this.spread ? sumOf(partitions) : this.base + Number(message.offset);
      this.closeHole(draft.time);
      if (draft.time > this.latest) this.latest = draft.time;
      observations.push(draft);
    }
    return observations;
  }

  /** The next observation of a partition, past what is dropped. */
  private headOf(one: Loaded, now: number): Head | undefined {
    const known = this.heads.get(one.partition);
    const end = this.ends?.get(one.partition) ?? Number.POSITIVE_INFINITY;
    for (let { message } = one; message && Number(message.offset) < end; message = one.message) {
      if (known !== undefined && known.message === message) return known;
      this.waits.delete(one.partition);
      this.wanted = this.records.wants(message);
      if (this.wanted !== undefined) return undefined;
      const place = `${this.settings.topic}/${one.partition}`;
      const draft = this.records.observe(message, place, now);
      if (draft !== undefined && this.admits(draft, place, message.offset, now)) {
        const head = { message, draft };
        this.heads.set(one.partition, head);
        return head;
      }
      this.reader.taken(one.partition);
    }
    return undefined;
  }

  private admits({ time }: Draft, place: string, offset: string, now: number): boolean {
    if (time <= now + this.host.time.maxAhead) return true;
    this.host.drop('ahead', `${place}:${offset}: ${new Date(time).toISOString()} is ahead of our clock`);
    return false;
  }

  /** Whether the broker has more of a partition that is to be read. */
  private isBehind({ partition, behind, next }: Loaded): boolean {
    return this.ends === undefined ? behind : next < (this.ends.get(partition) ?? 0);
  }

  /** Whether a partition that is behind has been waited for long enough. */
  private waited({ partition }: Loaded, now: number): boolean {
    const since = this.waits.get(partition);
    if (since === undefined) this.waits.set(partition, now);
    return now - (since ?? now) >= this.settings.hold;
  }

  /** Keys may go to other partitions from now on, whose offsets are smaller. */
  private grew(partitions: readonly Loaded[]): void {
    this.known = partitions.length;
    this.base += Math.max(0, ...partitions.map(({ next }) => next));
  }

  /** How far time has come: nothing before it is expected any more, beyond what is late. */
  private come(heard: boolean): number {
    const { host, settings } = this;
    const now = host.clock.now();
    this.quietFor = heard ? 0 : this.quietFor + Math.min(Math.max(now - this.looked, 0), MOST_QUIET);
    this.looked = now;
    if (heard) this.live = now - this.latest <= settings.quiet;
    const alone = this.live ? Math.max(0, this.quietFor - settings.quiet) : 0;
    const { lateness, maxAhead } = host.time;
    this.told = Math.max(this.told, this.latest + alone - Math.min(lateness, maxAhead));
    return this.told;
  }

  private cursor(): string {
    return writeCursor({ base: this.base, places: this.reader.places() });
  }
}

const sumOf = (partitions: readonly Loaded[]): number => partitions.reduce((sum, { next }) => sum + next, 0);
