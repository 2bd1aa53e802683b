// What is pushed, as a source: taken in by the door, handed on in batches, answered when it is safe.

import { NOT_OBSERVED, type Observation, type Source, type SourceBatch, type SourceHost } from '@quantstream/engine';
import { type ColumnPlan, columnsOf } from '@quantstream/engine/metrics';
import type { Settings } from './config.js';
import { Answers } from './rows/answers.js';
import { Assembly } from './rows/assembly.js';
import { Push } from './rows/push.js';
import { Known } from './rows/series.js';
import { Door } from './served/door.js';
import type { Format, Reader, Taken } from './served/formats.js';
import { Tally } from './served/tally.js';
import { Samples } from './wire/intake.js';

/** What comes is handed over after so long, so that a push does not make a batch of its own, ms. */
const GATHER = 10;
/** How far time has come is told so often, ms. */
const TELL = 50;
/** Of a pause between two looks so much counts as quiet: who stood still heard nobody, ms. */
const MOST_QUIET = 1_000;
/** The last moment that a date can be, ms since the epoch. */
const LATEST = 8.64e15;

export class PushSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly columns: readonly ColumnPlan[];
  private readonly known: Known;
  private readonly tally: Tally;
  private readonly answers: Answers;
  private assembly: Assembly;
  private wake: (() => void) | undefined;
  private roused = false;
  private gathering: NodeJS.Timeout | undefined;
  /** What was yielded, by number; and of what was taken, how much was not. */
  private given = 0;
  private untaken = 0;
  private told = Number.NEGATIVE_INFINITY;
  private quietFor = 0;
  private looked: number;
  /** Whether what came last was of now, and not history. */
  private live = false;
  private begun = false;
  private closed = false;
  private readonly listening: Promise<string>;

  constructor(settings: Settings, host: SourceHost) {
    this.settings = settings;
    this.host = host;
    this.columns = columnsOf(settings);
    this.known = new Known(this.columns, settings.key, settings.series, () =>
      host.log.warn(
        { series: settings.series },
        'push: more series than are remembered; all are learned anew: raise source.with.series',
      ),
    );
    this.tally = new Tally(host, this.columns);
    this.answers = new Answers(settings.ack === 'buffer');
    this.assembly = this.assemblyFrom(0);
    this.listening = this.listen();
    this.looked = host.clock.now();
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { settings, host } = this;
    this.given = from === null ? 0 : Number(from);
    this.answers.commit(this.given);
    this.assembly = this.assemblyFrom(this.given);
    const stop = () => this.rouse();
    signal.addEventListener('abort', stop);
    try {
      const url = await this.listening;
      this.begun = true;
      host.log.info({ url }, `push: listens at ${url}`);
      const ahead = Math.min(host.time.lateness, host.time.maxAhead);
      let told = false;
      while (!signal.aborted) {
        await this.pause();
        if (signal.aborted) return;
        const before = this.told;
        const watermark = this.look();
        const taken = this.assembly.take();
        this.untaken = taken.length;
        for (let at = 0; at < taken.length && !signal.aborted; at += settings.batch) {
          const observations = taken.slice(at, at + settings.batch);
          this.untaken -= observations.length;
          this.given += observations.length;
          // What was pushed while this process did not run may have been refused, and be lost.
          const missing = told || settings.ack === 'sink' ? {} : { missing: [gapBefore(taken)] };
          told = true;
          // In order of time: what is handed over says how far it has come.
          const come = this.untaken === 0 ? watermark : Math.max(before, observations.at(-1)!.time - ahead);
          yield { observations, cursor: this.cursor(), ...missing, watermark: come };
        }
        if (taken.length === 0 && Number.isFinite(watermark)) yield { observations: [], cursor: this.cursor(), watermark };
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await this.close();
    }
  }

  async commit(cursor: string): Promise<void> {
    this.answers.commit(Number(cursor));
    this.answers.give(this.assembly.whole);
  }

  /** Whoever still waits is told to come again. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.gathering);
    this.rouse();
    this.answers.end();
  }

  /** Why nothing can be taken in just now; `undefined`: it can. */
  get full(): string | undefined {
    if (!this.begun) return 'the pipeline has not begun; come again';
    if (this.closed) return 'the pipeline ends; come again';
    const waiting = this.assembly.open + this.assembly.untaken + this.untaken;
    return waiting < this.settings.buffer ? undefined : `${waiting} observations wait here; come again`;
  }

  /**
   * Takes in a body.
   * @returns what became of it; its push is settled when that is safe @throws BadBody where the body is none; then nothing was taken
   */
  take(format: Format, tenant: string, read: Reader): Taken {
    const { assembly, settings, host } = this;
    const now = host.clock.now();
    const found = new Samples<Parameters<Assembly['add']>[0]>();
    const refuse = (reason: string, detail: string) => found.refuse(reason, detail);
    const scope = `${format === 'remote-write' ? '' : format}\n${tenant}\n`;
    const records = read({
      directory: this.known.directory(scope, tenant, refuse),
      out: found,
      known: this.known,
      columns: this.columns,
      tenant,
      now,
    });
    const push = new Push();
    let [added, repeated] = [0, 0];
    for (const i of inOrder(found.times)) {
      if (!this.admits(found.times[i]!, now, found)) continue;
      if (assembly.add(found.series[i]!, found.times[i]!, found.values[i]!, push, now)) added++;
      else repeated++;
    }
    const times = records.map(({ time }) => time);
    for (const i of inOrder(times)) {
      const { entity, time, values } = records[i]!;
      if (!this.admits(time, now, found)) continue;
      if (assembly.record(entity, time, values, push, now)) added++;
      else repeated++;
    }
    assembly.settle(push, now);
    if (added + repeated > 0) {
      this.quietFor = 0;
      this.live = now - assembly.newest <= settings.quiet;
    }
    const { refused, foreign } = this.tally.count(format, found, added, repeated);
    this.answers.await(push);
    if (assembly.untaken > 0) this.gathering ??= setTimeout(() => this.rouse(), GATHER);
    return { push, found, taken: added, repeated, refused, foreign };
  }

  private admits(time: number, now: number, found: Samples<unknown>): boolean {
    if (!(Math.abs(time) <= LATEST)) found.refuse('bad_time', `${time} is no time`);
    else if (time > now + this.host.time.maxAhead) found.refuse('ahead', `${new Date(time).toISOString()} is ahead of our clock`);
    else return true;
    return false;
  }

  /** Hands over what has waited long enough. @returns how far time has come: nothing before it comes any more */
  private look(): number {
    const { assembly, host, settings } = this;
    const now = host.clock.now();
    this.quietFor += Math.min(Math.max(now - this.looked, 0), MOST_QUIET);
    this.looked = now;
    assembly.tick(now);
    this.answers.give(assembly.whole);
    const { lateness, maxAhead } = host.time;
    assembly.release(lateness);
    const alone = this.live ? Math.max(0, this.quietFor - settings.quiet) : 0;
    const come = Math.min(assembly.latest + alone, assembly.earliest() + lateness);
    assembly.floor = Math.max(assembly.floor, come - lateness);
    // The engine waits for what is late by itself; and what is far ahead of what is told it would not believe.
    this.told = Math.max(this.told, come - Math.min(lateness, maxAhead));
    return this.told;
  }

  private cursor(): string | null {
    return this.settings.ack === 'sink' ? String(this.given) : null;
  }

  /** Answers from the moment on at which the pipeline listens: who is told that nothing is there may not come again. */
  private listen(): Promise<string> {
    const { settings, host } = this;
    const { token, tenants, prefix } = settings;
    const door = new Door(settings, host, this);
    const tokens = [...Object.values(tenants?.tokens ?? {}), ...(token === undefined ? [] : [token])];
    return host.http.mount(prefix, (request, response) => door.answer(request, response), { tokens });
  }

  private assemblyFrom(handed: number): Assembly {
    const { type, round, join } = this.settings;
    return new Assembly(
      this.columns,
      { type, round, join },
      (reason, detail, count) => this.host.drop(reason, detail, count),
      handed,
    );
  }

  /** Until something is to be handed over, or time is to be told. */
  private async pause(): Promise<void> {
    if (!this.roused)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, TELL);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.wake = undefined;
    this.roused = false;
  }

  private rouse(): void {
    this.gathering = undefined;
    this.roused = true;
    this.wake?.();
  }
}

/** Indexes in order of time: as they are, mostly. */
function inOrder(times: readonly number[]): Iterable<number> {
  for (let i = 1; i < times.length; i++)
    if (times[i]! < times[i - 1]!) return [...times.keys()].sort((a, b) => times[a]! - times[b]!);
  return times.keys();
}

function gapBefore(observations: readonly Observation[]) {
  let first = Number.POSITIVE_INFINITY;
  for (const { time } of observations) first = Math.min(first, time);
  return { key: '*', from: first, to: first, reason: NOT_OBSERVED, count: 0 };
}
