import { setImmediate as turn } from 'node:timers/promises';
import type { Missing, Observation, Source, SourceBatch, SourceHost } from '@quantstream/engine';
import { type Config, keyOf } from '../config.js';
import { Counters } from '../counters.js';
import { byName } from '../dialects.js';
import { FrameParser } from '../frames.js';
import { Router } from '../router.js';
import { Drafts, Streams } from '../streams.js';
import { Asker } from './asker.js';
import type { SimulatorConfig } from './config.js';
import { Fleet, type Piece, systemOf } from './fleet.js';
import { LabelsFile } from './labels.js';
import { STREAMS } from './streams.js';

/** Simulated time that is moved on at once, ms; paced, it is also how often that happens. */
const SLICE = 50;

type Settings = Pick<Config, 'messages' | 'vehicles' | 'silence' | 'batch'>;

/** One vehicle with what reads its bytes. On a shared connection all have one router. */
interface Reader {
  readonly parser: FrameParser;
  readonly router: Router;
  readonly asker: Asker;
}

/** The key of a simulated vehicle. */
export function simulatedKey(settings: Pick<Config, 'vehicles'>, simulator: SimulatorConfig, vehicle: number): string {
  return simulator.connections === 'own' ? `vehicle-${vehicle + 1}` : keyOf(settings, systemOf(simulator, vehicle));
}

/** Simulated vehicles in this process. Their frames go through the parser and the router that real ones go through. */
export class SimulatedSource implements Source {
  private readonly settings: Settings;
  private readonly simulator: SimulatorConfig;
  private readonly host: SourceHost;
  private readonly counters: Counters;
  private readonly labels: LabelsFile;
  private readers: readonly Reader[] = [];
  private drafts = new Drafts();

  constructor(settings: Settings, simulator: SimulatorConfig, host: SourceHost) {
    this.settings = settings;
    this.simulator = simulator;
    this.host = host;
    this.counters = new Counters(host);
    this.labels = new LabelsFile(simulator.labels === undefined ? undefined : host.resolvePath(simulator.labels));
  }

  /** Where it stands cannot be saved: a restart begins a new simulation. */
  async *read(_from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { simulator, host, labels } = this;
    const now = host.clock.now();
    const start = simulator.start === 'now' ? Math.floor(now) : Date.parse(simulator.start);
    const end = simulator.duration ?? Number.POSITIVE_INFINITY;
    const key = (vehicle: number) => simulatedKey(this.settings, simulator, vehicle);
    const fleet = new Fleet(simulator, start, key, (label) => labels.add(label));
    this.readers = this.makeReaders(fleet);
    try {
      while (!signal.aborted) {
        const until = Math.min(end, simulator.realTime ? host.clock.now() - now : fleet.reached + SLICE);
        this.advance(fleet, until, start);
        const done = until >= end;
        if (done) fleet.finish();
        await labels.flush();
        if (this.drafts.observations.length >= this.settings.batch || simulator.realTime || done) {
          yield* this.hand(start + fleet.reached);
        }
        if (Number.isFinite(end)) host.progress(Math.min(fleet.reached, end), end, 'ms');
        if (done) return;
        if (simulator.realTime) await host.clock.sleep(SLICE, signal).catch(() => {});
        else if (fleet.reached % (20 * SLICE) === 0) await turn();
      }
      fleet.finish();
      await labels.flush();
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    return this.labels.close();
  }

  private makeReaders(fleet: Fleet): Reader[] {
    const { settings, simulator } = this;
    const streams = new Streams();
    const own = simulator.connections === 'own';
    const router = (name?: string) => new Router({ ...settings, name, timing: 'live' }, streams);
    const shared = router();
    const wanted = simulator.streams === 'all' ? [] : STREAMS.map(({ name }) => byName.get(name)!.MSG_ID);
    return fleet.vehicles.map((_, i) => ({
      parser: new FrameParser(0),
      router: own ? router(simulatedKey(settings, simulator, i)) : shared,
      asker: new Asker(systemOf(simulator, i), simulator.fence.polygon.length, wanted),
    }));
  }

  private advance(fleet: Fleet, until: number, start: number): void {
    const received = this.host.clock.now();
    const take = ({ vehicle, bytes, time }: Piece) => this.take(vehicle, bytes, time, received);
    for (let to = Math.min(until, fleet.reached + SLICE); ; to = Math.min(until, to + SLICE)) {
      fleet.advance(to, take);
      for (let i = 0; i < this.readers.length; i++) {
        this.readers[i].asker.ask(fleet.reached / 1_000, start + fleet.reached, (frame) => fleet.vehicles[i].receive(frame));
      }
      if (to >= until) break;
    }
    for (const { parser, router } of this.readers) {
      this.counters.routed(router);
      this.counters.parsed(parser.takeLosses(), 'simulator');
    }
  }

  private take(vehicle: number, bytes: Uint8Array, time: number, received: number): void {
    const { parser, router, asker } = this.readers[vehicle];
    const { drafts } = this;
    parser.push(bytes);
    while (parser.next()) {
      const before = drafts.observations.length;
      router.take(parser, time, received, drafts);
      for (let i = before; i < drafts.observations.length; i++) asker.heard(drafts.observations[i]);
    }
  }

  /** What has come, in batches: a loss is applied before the observations of its batch. */
  private *hand(watermark: number): Generator<SourceBatch> {
    const { drafts } = this;
    this.drafts = new Drafts();
    let at = 0;
    let missing: Missing[] = [];
    for (const one of drafts.missing) {
      if (one.at > at) {
        yield batchOf(drafts, at, one.at, missing);
        missing = [];
        at = one.at;
      }
      missing.push(one.missing);
    }
    yield { ...batchOf(drafts, at, drafts.observations.length, missing), watermark };
  }
}

function batchOf(drafts: Drafts, from: number, to: number, missing: Missing[]): SourceBatch {
  const observations: Observation[] = [];
  for (let i = from; i < to; i++) {
    const draft = drafts.observations[i];
    draft.sequence = ++drafts.streams[i].last;
    observations.push(draft);
  }
  return missing.length > 0 ? { observations, missing, cursor: null } : { observations, cursor: null };
}
