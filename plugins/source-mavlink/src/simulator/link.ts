// Simulated vehicles behind links, at the pace of the clock.

import type { Clock } from '@quantstream/engine';
import type { Link, LinkEvents } from '../links/link.js';
import type { SimulatorConfig } from './config.js';
import { LabelsFile } from './faults/labels.js';
import { Fleet, type Label } from './fleet.js';

/** How often simulated time catches up with the clock, ms. */
const TICK = 20;
/** A process that slept longer does not fly all of that afterwards, ms. */
const MOST = 60_000;
/** What was sent last is on its way through the pipeline for so long, ms. */
const LAST = 500;

/**
 * Simulated vehicles behind links, at the pace of the clock: `shared` gives one link on which every vehicle is a peer, `own` one link for each.
 * The simulation begins when its last link is opened and ends when its first is closed.
 */
export class SimulatedLinks {
  readonly links: readonly Link[];
  private readonly config: SimulatorConfig;
  private readonly clock: Clock;
  private readonly labels: LabelsFile;
  private readonly keyOf: (vehicle: number) => string;
  private readonly stop = new AbortController();
  private readonly opened: (LinkEvents | undefined)[];
  private readonly over = new AbortController();
  private fleet: Fleet | undefined;
  private running: Promise<void> | undefined;

  /**
   * @param keyOf key of a vehicle in labels
   * @param labels absolute path of the labels file, if one is wanted
   */
  constructor(config: SimulatorConfig, clock: Clock, keyOf: (vehicle: number) => string, labels?: string) {
    this.config = config;
    this.clock = clock;
    this.keyOf = keyOf;
    this.labels = new LabelsFile(labels);
    const count = config.connections === 'own' ? config.vehicles : 1;
    this.opened = new Array<LinkEvents | undefined>(count).fill(undefined);
    this.links = Array.from({ length: count }, (_, i) => this.makeLink(i));
  }

  /** Aborts when the simulation has come to its end, and what it sent was heard. */
  get ended(): AbortSignal {
    return this.over.signal;
  }

  /** Begins the labels file. @throws QS_SOURCE_FAILED where it cannot be written */
  prepare(): Promise<void> {
    return this.labels.flush();
  }

  private makeLink(index: number): Link {
    return {
      name: this.opened.length === 1 ? 'simulator' : `simulator:${index + 1}`,
      bytesPerSecond: Number.POSITIVE_INFINITY,
      speaksFirst: false,
      open: (events) => {
        this.opened[index] = events;
        if (this.opened.every((one) => one !== undefined)) this.running ??= this.run();
      },
      send: (frame, peer) => {
        const vehicle = this.fleet?.vehicles[Number(peer)];
        vehicle?.receive(frame);
        return vehicle !== undefined;
      },
      close: async () => {
        this.stop.abort();
        await this.running;
      },
    };
  }

  private async run(): Promise<void> {
    const { clock, config, stop } = this;
    let start = Math.floor(clock.now());
    const labels = (label: Label) => this.labels.add(label);
    const fleet = new Fleet(config, start, false, this.keyOf, labels);
    this.fleet = fleet;
    const end = config.duration ?? Number.POSITIVE_INFINITY;
    await clock.sleep(0, stop.signal).catch(() => {});
    for (const events of this.opened) if (!stop.signal.aborted) events!.up();
    while (!stop.signal.aborted && fleet.reached + TICK <= end) {
      const behind = clock.now() - start - fleet.reached;
      if (behind > MOST) {
        start += behind - MOST;
        fleet.postpone(behind - MOST);
      }
      fleet.advance(Math.min(end, clock.now() - start), ({ vehicle, bytes }) => {
        this.opened[this.opened.length === 1 ? 0 : vehicle]!.received(bytes, String(vehicle));
      });
      await this.labels.flush().catch(() => {});
      await clock.sleep(TICK, stop.signal).catch(() => {});
    }
    fleet.finish();
    await this.labels.flush().catch(() => {});
    await this.labels.close();
    await clock.sleep(LAST, stop.signal).catch(() => {});
    this.over.abort();
  }
}
