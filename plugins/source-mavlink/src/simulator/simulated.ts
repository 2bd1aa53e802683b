// Simulated vehicles as a source, as fast as they are read.

import { setImmediate as turn } from 'node:timers/promises';
import type { Missing, Observation, Source, SourceBatch, SourceHost } from '@quantstream/engine';
import { type Config, keyOf } from '../config.js';
import { Counters } from '../vehicle/counters.js';
import { Router, type RouterSettings } from '../vehicle/router.js';
import { Drafts, Streams } from '../vehicle/streams.js';
import { FrameParser } from '../wire/frames.js';
import type { SimulatorConfig } from './config.js';
import { LabelsFile } from './faults/labels.js';
import { Fleet, systemOf } from './fleet.js';

/** Simulated time that is moved on at once, ms. */
const SLICE = 200;

type Settings = Omit<RouterSettings, 'name' | 'timing'> & Pick<Config, 'batch'>;

/** What reads the bytes of one vehicle. On a shared connection all have one router. */
interface Reader {
  readonly parser: FrameParser;
  readonly router: Router;
}

/** The key of a simulated vehicle, and the name of its connection where it has one of its own. */
export function simulatedKey(settings: Pick<Config, 'vehicles'>, simulator: SimulatorConfig, vehicle: number): string {
  return simulator.connections === 'own' ? `vehicle-${vehicle + 1}` : keyOf(settings, systemOf(simulator, vehicle));
}

/**
 * Simulated vehicles as fast as they are read. Their frames go through the parser and the router that real ones go through, and arrive at the
 * simulated moment.
 */
export class SimulatedSource implements Source {
  private readonly settings: Settings;
  private readonly simulator: SimulatorConfig;
  private readonly host: SourceHost;
  private readonly counters: Counters;
  private readonly labels: LabelsFile;
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
    const { simulator, host, labels, settings } = this;
    const start = simulator.start === 'now' ? Math.floor(host.clock.now()) : Date.parse(simulator.start);
    const end = simulator.duration ?? Number.POSITIVE_INFINITY;
    const key = (vehicle: number) => simulatedKey(settings, simulator, vehicle);
    const fleet = new Fleet(simulator, start, true, key, (label) => labels.add(label));
    const readers = this.makeReaders(fleet);
    try {
      for (let to = Math.min(end, SLICE); !signal.aborted; to = Math.min(end, to + SLICE)) {
        this.advance(fleet, readers, to);
        if (to >= end) fleet.finish();
        await labels.flush();
        if (this.drafts.observations.length >= settings.batch || to >= end) {
          yield* this.hand(start + fleet.reached);
          // What has no time of its own takes that of the frame before, but none that was told to be over.
          for (const { router } of readers) router.told = start + fleet.reached;
        }
        if (Number.isFinite(end)) host.progress(to, end, 'ms');
        if (to >= end) return;
        // Lets the rest of the process, and an abort, have its turn.
        await turn();
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
    const router = (name?: string) => new Router({ ...settings, name, timing: 'live' }, streams);
    const shared = router();
    return fleet.vehicles.map((_, i) => ({
      parser: new FrameParser(0),
      router: simulator.connections === 'own' ? router(simulatedKey(settings, simulator, i)) : shared,
    }));
  }

  private advance(fleet: Fleet, readers: readonly Reader[], until: number): void {
    const { drafts } = this;
    const received = this.host.clock.now();
    fleet.advance(until, ({ vehicle, bytes, time }) => {
      const { parser, router } = readers[vehicle];
      parser.push(bytes);
      while (parser.next()) router.take(parser, time, received, drafts);
    });
    for (const { parser, router } of readers) {
      this.counters.routed(router, 'simulator');
      this.counters.parsed(parser.takeLosses(), 'simulator');
    }
  }

  /**
   * What has come, in order of time: a message without a time of its own has that of the one before, so vehicles are a little apart. A loss is
   * applied before the observations of its batch, and no batch is too long.
   */
  private *hand(watermark: number): Generator<SourceBatch> {
    const { drafts } = this;
    this.drafts = new Drafts();
    const { observations: drawn } = drafts;
    const order = Uint32Array.from(drawn.keys()).sort((a, b) => drawn[a].time - drawn[b].time || a - b);
    const lost = new Map<number, Missing[]>();
    for (const { at, missing } of drafts.missing) lost.set(at, [...(lost.get(at) ?? []), missing]);
    let observations: Observation[] = [];
    let missing: Missing[] = [];
    for (const i of order) {
      const before = lost.get(i);
      if (observations.length >= this.settings.batch || (before && observations.length > 0)) {
        yield batchOf(observations, missing);
        observations = [];
        missing = [];
      }
      if (before) missing.push(...before);
      const draft = drawn[i];
      draft.sequence = ++drafts.streams[i].last;
      observations.push(draft);
    }
    const last = lost.get(drawn.length);
    if (last && observations.length > 0) {
      yield batchOf(observations, missing);
      observations = [];
      missing = [];
    }
    if (last) missing.push(...last);
    yield { ...batchOf(observations, missing), watermark };
  }
}

function batchOf(observations: Observation[], missing: Missing[]): SourceBatch {
  return missing.length > 0 ? { observations, missing, cursor: null } : { observations, cursor: null };
}
