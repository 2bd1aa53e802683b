import type { SimulatorConfig } from './config.js';
import { SimulatedVehicle } from './index.js';

/** Bytes of one vehicle, and when they were sent. */
export interface Piece {
  /** Index of the vehicle, from 0. */
  readonly vehicle: number;
  readonly bytes: Uint8Array;
  /** Unix ms. */
  readonly time: number;
}

/** One line of the labels file: times in Unix ms. */
export interface Label {
  readonly key: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly magnitude: number;
}

/** Frames come at most this fine-grained, ms: the step of the vehicles. */
const STEP = 20;
/** Degrees between neighbours: about two kilometres. */
const APART = 0.02;
const ROW = 10;

/** The MAVLink system id of a vehicle. */
export const systemOf = (config: Pick<SimulatorConfig, 'connections'>, vehicle: number): number =>
  config.connections === 'own' ? 1 : vehicle + 1;

/** All vehicles of a simulation, moved together. */
export class Fleet {
  readonly vehicles: readonly SimulatedVehicle[];
  /** Ms since the start up to which all frames were handed over. */
  reached = 0;
  /** Unix ms of simulated time 0. */
  private start: number;

  /**
   * @param start Unix ms of the first boot
   * @param keyOf key of a vehicle in labels
   */
  constructor(config: SimulatorConfig, start: number, keyOf: (vehicle: number) => string, label: (label: Label) => void) {
    this.start = start;
    this.vehicles = Array.from({ length: config.vehicles }, (_, i) => {
      const { home } = config;
      return new SimulatedVehicle({
        ...config,
        seed: `${config.seed}/${i + 1}`,
        system: systemOf(config, i),
        start,
        home: {
          ...home,
          latitude: home.latitude + APART * Math.floor(i / ROW),
          longitude: home.longitude + 1.4 * APART * (i % ROW),
        },
        onRequest: config.streams === 'on request',
        faults: config.faults.filter(({ vehicle }) => vehicle === undefined || vehicle === i + 1),
        label: (kind, from, to, magnitude) =>
          label({
            key: keyOf(i),
            kind,
            from: Math.floor(this.start + from),
            to: Math.ceil(this.start + to),
            magnitude: Number(magnitude.toPrecision(4)),
          }),
      });
    });
  }

  /**
   * Moves all vehicles on, and hands over their frames in order of time.
   * @param until ms since the start
   */
  advance(until: number, take: (piece: Piece) => void): void {
    while (this.reached + STEP <= until) {
      this.reached += STEP;
      for (let i = 0; i < this.vehicles.length; i++) {
        this.vehicles[i].advance(this.reached, (bytes, ms) => take({ vehicle: i, bytes, time: this.start + ms }));
      }
    }
  }

  /** Lets simulated time stand still for a while: what follows is so much later. */
  postpone(ms: number): void {
    this.start += ms;
  }

  /** Tells the labels of what has not ended. */
  finish(): void {
    for (const vehicle of this.vehicles) vehicle.finish();
  }
}
