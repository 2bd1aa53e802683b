// Vehicles that are heard now, as a source.

import { setImmediate as turn } from 'node:timers/promises';
import {
  type Gauge,
  messageOf,
  NOT_OBSERVED,
  type Source,
  type SourceBatch,
  type SourceHost,
  Standstill,
} from '@quantstream/engine';
import type { Config } from '../config.js';
import type { Link } from '../links/link.js';
import { Counters } from '../vehicle/counters.js';
import { Router } from '../vehicle/router.js';
import { Streams } from '../vehicle/streams.js';
import { Agent } from './agent.js';
import { Intake, type Listener } from './intake.js';
import { adviceOf, isTelemetry, Telemetry } from './telemetry.js';

/** What comes is handed over after so long, so that a frame does not make a batch of its own, ms. */
const GATHER = 10;
/** How far time has come is told at least so often, ms. */
const TELL = 50;
/** Sequences that a millisecond leaves room for: they begin above those of every earlier run, or what comes would be taken for repeats. */
const A_MILLISECOND = 64;
/** A link on which nothing was heard for so long is told, ms; and one that does not come up, again after so long. */
const SILENT = 15_000;
const STILL_DOWN = 60_000;
/** Turns of the event loop in which links are read before time is told, however much comes. */
const MOST_TURNS = 1_000;
/** How often what was lost is counted and reported, ms. */
const REPORT = 1_000;
const NO_TELEMETRY = 'no vehicle that is heard sends anything that could be judged; the log says what to do';

/** A link, and the name of its vehicle if it has one. */
export interface NamedLink {
  readonly name: string | undefined;
  readonly link: Link;
}

interface Line {
  readonly link: Link;
  readonly intake: Intake;
  /** Why it is down; `undefined`: it is up. */
  down: string | undefined;
  /** Why and when that was last logged, or when silence was; ms since the epoch. */
  logged: string | undefined;
  loggedAt: number;
}

/** Vehicles that are heard now. Cannot be resumed: what was not heard is gone, and is told as missing. */
export class LiveSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly counters: Counters;
  private readonly lines: readonly Line[];
  private readonly agent: Agent | undefined;
  private readonly telemetry = new Telemetry();
  private readonly lacking: Gauge;
  private told = Number.NEGATIVE_INFINITY;
  private wake: (() => void) | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private reported = Number.NEGATIVE_INFINITY;
  private readonly standstill: Standstill;
  private readonly ended = new AbortController();
  /** When we last went on after we had stood still, and until when nobody's silence counts; NaN: it counts. */
  private resumedAt = Number.NaN;
  /** Pieces of bytes that were read. */
  private arrivals = 0;

  constructor(config: Config, host: SourceHost, links: readonly NamedLink[]) {
    this.config = config;
    this.host = host;
    this.counters = new Counters(host);
    this.standstill = new Standstill(host.clock);
    this.lacking = host.metrics.gauge(
      'mavlink_vehicles_without_telemetry',
      'Vehicles that are heard and send nothing that could be judged',
    );
    const streams = new Streams({}, Math.floor(host.clock.now()) * A_MILLISECOND);
    const routers = links.map(({ name }) => new Router({ ...config, name, timing: 'live' }, streams));
    const signatures = routers.map((router) => router.signatures);
    const each = links.map(({ link }) => link);
    this.agent = config.mode === 'active' ? new Agent(config, host, each, signatures) : undefined;
    this.lines = links.map(({ link }, i) => {
      const { agent } = this;
      const line = agent?.lines[i];
      const listener: Listener | undefined = agent && line && { frame: (...heard) => agent.frame(line, ...heard) };
      return {
        link,
        intake: new Intake(routers[i], config.buffer, listener, this.telemetry),
        down: 'it was not opened yet',
        logged: undefined,
        loggedAt: host.clock.now(),
      };
    });
  }

  async *read(_: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const stop = () => this.rouse();
    signal.addEventListener('abort', stop);
    try {
      void this.standstill.run(AbortSignal.any([signal, this.ended.signal]), () => this.stoodStill());
      for (const line of this.lines) this.open(line);
      // Whoever was in flight when an earlier run ended was not silent since: nobody listened.
      const now = this.host.clock.now();
      yield {
        observations: [],
        missing: [{ key: '*', from: now, to: now, reason: NOT_OBSERVED, count: 0 }],
        cursor: null,
      };
      while (!signal.aborted) {
        await this.pause();
        await this.readAll();
        if (signal.aborted) return;
        this.agent?.tick(this.host.clock.now());
        yield* this.batches();
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await this.close();
    }
  }

  /** Frees the ports. Twice is fine. */
  async close(): Promise<void> {
    clearTimeout(this.gathering);
    this.ended.abort();
    await Promise.all(this.lines.map(({ link }) => link.close()));
  }

  private open(line: Line): void {
    const { link, intake } = line;
    const { clock, log } = this.host;
    link.open({
      received: (bytes, peer) => {
        if (this.standstill.look()) this.stoodStill();
        this.arrivals++;
        // What throws while a socket is read would end the process.
        try {
          intake.received(bytes, peer, clock.now());
        } catch (error) {
          this.host.drop('bad_frame', `${link.name}: ${peer}: ${messageOf(error)}`);
        }
        this.gathering ??= setTimeout(() => this.rouse(), GATHER);
      },
      up: () => {
        log.info({ link: link.name }, 'mavlink: the link is up');
        line.down = undefined;
        line.logged = undefined;
        line.loggedAt = clock.now();
        this.trouble();
      },
      down: (why) => {
        // Once for each reason, and once in a while, not for each attempt.
        const now = clock.now();
        if (line.logged !== why || now - line.loggedAt > STILL_DOWN) {
          log.warn({ link: link.name, why }, `mavlink: ${link.name} is down: ${why}; trying again`);
          line.logged = why;
          line.loggedAt = now;
        }
        line.down = why;
        this.trouble();
      },
    });
  }

  /** Nothing can come when no link is up; how one link does is in the log. */
  private trouble(): void {
    const down = this.lines.filter((line) => line.down !== undefined);
    const all = down.length === this.lines.length;
    if (all) this.host.trouble(down.map((line) => `${line.link.name}: ${line.down}`).join('; '));
    else this.host.trouble(this.telemetry.allLacking ? NO_TELEMETRY : undefined);
  }

  /** Until something has come and was gathered, or it is time to tell the time. */
  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.rouse(), TELL);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private rouse(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }

  /** What is read now was sent meanwhile, and what is missing was lost by us. */
  private stoodStill(): void {
    this.resumedAt = this.host.clock.now();
    this.telemetry.forgive(this.resumedAt);
    for (const { intake } of this.lines) intake.router.stoodStill();
  }

  /** Reads what the links hold, before anybody says how far time has come. */
  private async readAll(): Promise<void> {
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      const before = this.arrivals;
      await turn();
      if (this.arrivals === before) break;
    }
    if (this.standstill.look()) this.stoodStill();
    else for (const { intake } of this.lines) intake.router.caughtUp();
  }

  private *batches(): Generator<SourceBatch> {
    const now = this.host.clock.now();
    // Whoever speaks has been heard again by now.
    if (now - this.resumedAt > this.config.wait) {
      for (const { intake } of this.lines) intake.forgive(this.resumedAt);
      this.resumedAt = Number.NaN;
    }
    const pieces = this.lines.flatMap(({ intake }) => (intake.waiting ? intake.take() : []));
    this.tell(now);
    for (const { missing, observations } of pieces) {
      yield missing.length > 0 ? { observations, missing, cursor: null } : { observations, cursor: null };
    }
    yield { observations: [], cursor: null, watermark: this.told };
    if (now - this.reported >= REPORT) this.report(now);
  }

  /**
   * How far event time has come: to what was last heard of the vehicles that speak, and no further behind now than `wait`. What comes later
   * yet is taken for that moment.
   */
  private tell(now: number): void {
    const { wait } = this.config;
    // While we stood still nobody waited: those who spoke before are waited for from now on.
    const waits = !Number.isNaN(this.resumedAt);
    let heard = now;
    for (const { intake } of this.lines) {
      for (const vehicle of intake.router.vehicles) {
        if (vehicle === undefined || (now - vehicle.arrived > wait && !(waits && vehicle.unheard))) continue;
        if (vehicle.clock.time < heard) heard = vehicle.clock.time;
      }
    }
    this.told = Math.max(this.told, heard, waits ? Number.NEGATIVE_INFINITY : now - wait);
    for (const { intake } of this.lines) intake.router.told = this.told;
  }

  private lookForTelemetry(now: number): void {
    const { host, telemetry, config } = this;
    if (!config.messages.some((name) => isTelemetry(name.toLowerCase()))) return;
    for (const { vehicle, lacking } of telemetry.look(now)) {
      const { key } = vehicle;
      if (lacking) host.log.warn({ vehicle: key }, `mavlink: ${adviceOf(key, config.mode === 'active')}`);
      else host.log.info({ vehicle: key }, `mavlink: ${key} sends telemetry now`);
    }
    this.lacking.set(telemetry.lacking);
    this.trouble();
  }

  private report(now: number): void {
    this.reported = now;
    for (const line of this.lines) {
      const heard = line.intake.router.vehicles.some((vehicle) => vehicle !== undefined);
      if (heard || line.down !== undefined || line.logged !== undefined || now - line.loggedAt < SILENT) continue;
      line.logged = 'silent';
      this.host.log.warn(
        { link: line.link.name },
        `mavlink: no vehicle was heard on ${line.link.name} yet; does anything send there, and does another program take it?`,
      );
    }
    this.lookForTelemetry(now);
    for (const { link, intake } of this.lines) {
      this.counters.routed(intake.router, link.name);
      for (const { parser, peer } of intake.ways.values()) {
        this.counters.parsed(parser.takeLosses(), peer === link.name ? peer : `${link.name}, from ${peer}`);
      }
      if (intake.overflowed === 0) continue;
      this.host.drop('overflow', `${link.name}: the buffer of ${this.config.buffer} observations was full`, intake.overflowed);
      intake.overflowed = 0;
    }
  }
}
