// Files as a live source: read as they grow, merged by the times of what is there, and read on exactly after a restart.

import {
  type Missing,
  messageOf,
  NOT_OBSERVED,
  type Observation,
  type Source,
  type SourceBatch,
  type SourceHost,
} from '@quantstream/engine';
import { Earliest, Mapper, UNNUMBERED } from '@quantstream/engine/recordings';
import { keyOrigin, originOf, type Settings } from '../config.js';
import type { ReaderHost } from '../formats/reader.js';
import { lookAhead } from './ahead.js';
import type { Followed } from './followed.js';
import { type FollowedCursor, readFollowed } from './places.js';
import { Planner } from './plan.js';
import { Watch } from './watch.js';

/** How often files that grow are looked into, and time is told while nothing comes, ms. */
const TICK = 100;
/** How often the folders are looked through, and files that have been still for `STILL`, ms. */
const LOOK = 500;
const STILL = 10_000;
/** A file that cannot be read is tried again after so long, ms. */
const AGAIN = 60_000;
/** So much of a pause counts as quiet, at most, ms: this process may have stood still. */
const MOST_QUIET = 1_000;

export class FollowingSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly watch: Watch;
  private readonly planner: Planner;
  private readonly readerHost: ReaderHost;
  private readonly byKey: boolean;
  private numbers = new Map<string, number>();
  private saved: string | undefined;
  /** The latest time that was handed over, and the latest that was told, ms since the epoch. */
  private latest = Number.NEGATIVE_INFINITY;
  private told = Number.NEGATIVE_INFINITY;
  /** Whether what came last was of now, and for how long all files have been read to their ends, ms. */
  private live = false;
  private quietFor = 0;
  private idleSince: number | undefined;
  /** When folders are to be looked through next, ms of the clock. */
  private next = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings, host: SourceHost) {
    this.settings = settings;
    this.host = host;
    this.watch = new Watch(settings.path, host);
    const drop = (reason: string, detail: string, count?: number) => host.drop(reason, detail, count);
    this.readerHost = { mapper: new Mapper(settings, drop, originOf(settings)), drop, now: () => host.clock.now() };
    this.planner = new Planner(settings, this.readerHost.mapper);
    this.byKey = keyOrigin(settings) === 'path';
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { clock } = this.host;
    if (from === null) await lookAhead(this.settings, this.host);
    else await this.goOn(readFollowed(from));
    try {
      while (!signal.aborted) {
        const now = clock.now();
        if (now >= this.next || now < this.next - LOOK) {
          this.next = now + LOOK;
          await this.watch.look(now);
        }
        const observations = await this.fill(now, signal);
        if (signal.aborted) return;
        if (observations.length > 0) {
          const missing = this.missing(observations);
          this.hand(observations);
          yield { observations, cursor: this.cursor(), ...(missing.length > 0 && { missing }) };
          continue;
        }
        const watermark = this.wait();
        if (Number.isFinite(watermark)) yield { observations, cursor: this.cursor(), watermark };
        await clock.sleep(TICK, signal).catch(() => {});
      }
    } finally {
      await this.watch.close();
    }
  }

  async close(): Promise<void> {
    await this.watch.close();
  }

  private async goOn({ files, numbers, latest }: FollowedCursor): Promise<void> {
    this.numbers = new Map(Object.entries(numbers));
    this.latest = latest ?? Number.NEGATIVE_INFINITY;
    await this.watch.restore(files);
  }

  /** The rows that are there, a batch at most, in order of time as far as they are there. */
  private async fill(now: number, signal: AbortSignal): Promise<Observation[]> {
    const { batch } = this.settings;
    const observations: Observation[] = [];
    const there: Followed[] = [];
    for (const file of [...this.watch.ready()]) if (await this.load(file, now, signal)) there.push(file);
    const line = new Earliest(there.map((file) => file.rows!));
    const files = new Map(there.map((file) => [file.rows!, file]));
    while (line.size > 0 && observations.length < batch && !signal.aborted) {
      const stream = line.first;
      let more = true;
      while (more && observations.length < batch && line.leads()) {
        observations.push(stream.head!);
        more = stream.advance();
      }
      if (!more) more = observations.length < batch && (await this.load(files.get(stream)!, now, signal));
      if (more) line.settle();
      else line.remove();
    }
    if (observations.length > 0) this.saved = undefined;
    return observations;
  }

  /** Where something of a file may be lost: the stretch in which nobody knows what was in it, up to what comes next. */
  private missing(observations: readonly Observation[]): Missing[] {
    const { latest, watch, host } = this;
    const { lost } = watch;
    if (lost.length === 0) return [];
    // Neither a row that is behind in time ends it, nor one of a wrong clock.
    const most = host.clock.now() + host.time.maxAhead;
    const next = observations.find(({ time }) => time > latest && time <= most)?.time;
    if (next === undefined) return [];
    watch.lost = [];
    if (!Number.isFinite(latest)) return [];
    const keys = this.byKey ? [...new Set(lost)] : ['*'];
    return keys.map((key) => ({ key, from: latest, to: next, reason: NOT_OBSERVED, count: 0 }));
  }

  /** @returns whether the file has a row at hand */
  private async load(file: Followed, now: number, signal: AbortSignal): Promise<boolean> {
    // A clock that was set back keeps nobody waiting.
    if (now < file.due && now >= file.due - AGAIN) return false;
    try {
      if (await file.load(this.planner.plan, this.readerHost, signal)) {
        if (file.waiting && !(await this.watch.isNext(file))) {
          this.next = now;
          return false;
        }
        file.waiting = false;
        file.heard = now;
        return true;
      }
    } catch (error) {
      this.host.drop('broken_file', `${file.name}: it cannot be read, and is tried again in a minute: ${messageOf(error)}`);
      file.due = now + AGAIN;
      file.drained = true;
      return false;
    }
    this.saved = undefined;
    if (file.cut && !file.astray) {
      await this.watch.mend(file);
      this.next = now;
    }
    if (file.heard === 0) file.heard = now;
    file.due = now + (now - file.heard > STILL ? LOOK : TICK / 2);
    return false;
  }

  /** Numbers rows, and notes how far time has come with them. */
  private hand(observations: readonly Observation[]): void {
    const { host, numbers, byKey } = this;
    const now = host.clock.now();
    for (const observation of observations) {
      const { time } = observation;
      // One wrong clock is the engine's to find; time does not go by it.
      if (time > this.latest && time <= now + host.time.maxAhead) this.latest = time;
      if (observation.sequence !== UNNUMBERED) continue;
      const name = byKey ? observation.key : '';
      const number = (numbers.get(name) ?? 0) + 1;
      numbers.set(name, number);
      (observation as { sequence: number }).sequence = number;
    }
    this.live = now - this.latest <= this.settings.quiet;
    this.quietFor = 0;
    this.idleSince = undefined;
  }

  /**
   * All files were read to their ends. Time stands still then, as what is written may come late and in pieces; where what came last was of
   * now, it goes on by the clock after `quiet`, so that the silence of all is one. @returns how far time has come
   */
  private wait(): number {
    const { host, settings } = this;
    const now = host.clock.now();
    if (this.idleSince !== undefined) this.quietFor += Math.min(Math.max(now - this.idleSince, 0), MOST_QUIET);
    this.idleSince = now;
    const alone = this.live ? Math.max(0, this.quietFor - settings.quiet) : 0;
    // The engine waits for what is late by itself; and what is far ahead of what is told it would not believe.
    this.told = Math.max(this.told, this.latest + alone - Math.min(host.time.lateness, host.time.maxAhead));
    return this.told;
  }

  private cursor(): string {
    this.saved ??= JSON.stringify({
      kind: 'followed',
      files: this.watch.files.map((file) => file.state()),
      numbers: Object.fromEntries(this.numbers),
      latest: Number.isFinite(this.latest) ? this.latest : null,
    } satisfies FollowedCursor);
    return this.saved;
  }
}
