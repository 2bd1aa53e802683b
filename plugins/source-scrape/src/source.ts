// Targets as a source: each is asked once in a while, and what it says then are observations of that moment.

import {
  type Counter,
  NOT_OBSERVED,
  type Observation,
  type Source,
  type SourceBatch,
  type SourceHost,
} from '@quantstream/engine';
import { columnsOf } from '@quantstream/engine/metrics';
import type { Settings } from './config.js';
import { Rows } from './rows.js';
import { BadAnswer, Target } from './target.js';

/** How far time has come is told so often, ms. */
const TELL = 50;
/** That nothing of a target is a column, or that it fails, is said once in so long, ms. */
const SAY = 60_000;

export class ScrapeSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly targets: readonly Target[];
  private readonly rows: Rows;
  private readonly scrapes: Counter;
  private readonly said = new Map<Target, number>();
  private ready: Observation[] = [];
  private told = Number.NEGATIVE_INFINITY;
  private wake: (() => void) | undefined;

  constructor(settings: Settings, host: SourceHost) {
    this.settings = settings;
    this.host = host;
    this.targets = settings.targets.map((one) => new Target(one));
    const { key, type, keys } = settings;
    const drop = (reason: string, detail: string, count?: number) => host.drop(reason, detail, count);
    this.rows = new Rows({ columns: columnsOf(settings), key, type, keys }, drop);
    this.scrapes = host.metrics.counter('scrapes_total', 'Scrapes, by target and what became of them', ['target', 'fate']);
  }

  async *read(_from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { targets, settings, host } = this;
    const begun = host.clock.now();
    const stop = new AbortController();
    const end = () => {
      stop.abort(signal.reason);
      this.wake?.();
    };
    signal.addEventListener('abort', end);
    // Not all at once, and each at the same distance from the others.
    targets.forEach((target, i) => {
      target.next = begun + (i * settings.every) / targets.length;
    });
    let first = true;
    try {
      while (!signal.aborted) {
        for (const target of targets) this.begin(target, stop.signal);
        await this.pause();
        if (signal.aborted) return;
        const observations = this.ready.sort((a, b) => a.time - b.time);
        this.ready = [];
        const watermark = this.come();
        if (observations.length === 0) {
          yield { observations, cursor: null, watermark };
          continue;
        }
        // Nobody was asked while this process did not run.
        const missing = first ? { missing: [gapBefore(observations[0]!.time)] } : {};
        first = false;
        yield { observations, cursor: null, ...missing, watermark };
      }
    } finally {
      signal.removeEventListener('abort', end);
      stop.abort(new Error('nobody reads any more'));
    }
  }

  /** Asks a target if it is time to. */
  private begin(target: Target, signal: AbortSignal): void {
    const { host, settings } = this;
    const now = host.clock.now();
    if (target.asking !== undefined || now < target.next) return;
    // One that is asked too late, as after a pause of this process, is not asked twice for that.
    target.next += Math.ceil((now - target.next + 1) / settings.every) * settings.every;
    target.asking = Math.max(now, this.told);
    void this.scrape(target, target.asking, signal).finally(() => {
      target.asking = undefined;
    });
  }

  private async scrape(target: Target, time: number, signal: AbortSignal): Promise<void> {
    const { host, settings, rows } = this;
    try {
      const text = await target.ask(settings, signal);
      if (signal.aborted) return;
      const found = rows.read(text, target.name, target.labels, time, host.clock.now());
      this.scrapes.add(1, { target: target.name, fate: 'taken' });
      if (target.trouble !== undefined) host.log.info({ target: target.name }, `scrape: ${target.name} answers again`);
      target.trouble = undefined;
      if (rows.taken === 0) this.say(target, 'nothing that it says is a column');
      for (const one of found) this.ready.push(one);
      if (found.length > 0) this.wake?.();
    } catch (error) {
      if (signal.aborted) return;
      const bad = error instanceof BadAnswer ? error : new BadAnswer('failed_scrape', String(error));
      target.trouble = bad.message;
      this.scrapes.add(1, { target: target.name, fate: bad.reason });
      host.drop(bad.reason, `${target.name}: ${bad.message}`);
      this.say(target, `it could not be scraped: ${bad.message}`);
    }
    this.tell();
  }

  private say(target: Target, why: string): void {
    const now = this.host.clock.now();
    if (now - (this.said.get(target) ?? Number.NEGATIVE_INFINITY) < SAY) return;
    this.said.set(target, now);
    this.host.log.warn({ target: target.name }, `scrape: ${target.name}: ${why}`);
  }

  /** It is trouble where nobody answers; one that does not is silent, which is a matter of alarms. */
  private tell(): void {
    const [first] = this.targets;
    const all = this.targets.every(({ trouble }) => trouble !== undefined);
    this.host.trouble(all && first ? `no target answers; ${first.name}: ${first.trouble}` : undefined);
  }

  /** How far time has come: nothing before it comes any more. */
  private come(): number {
    let come = this.host.clock.now();
    for (const { asking } of this.targets) if (asking !== undefined && asking < come) come = asking;
    this.told = Math.max(this.told, come);
    return this.told;
  }

  /** Until something has come, or time is to be told. */
  private async pause(): Promise<void> {
    if (this.ready.length > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TELL);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}

const gapBefore = (time: number) => ({ key: '*', from: time, to: time, reason: NOT_OBSERVED, count: 0 });
