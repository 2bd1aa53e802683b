import { byName } from '../wire/dialects.js';
import type { SimulatorConfig } from './config.js';
import { SimulatedVehicle } from './simulated-vehicle.js';
import { Asker } from './wire/asker.js';
import { STREAMS } from './wire/streams.js';

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
  private readonly askers: readonly Asker[];
  /** Unix ms of simulated time 0. */
  private start: number;

  /**
   * @param start Unix ms of the first boot
   * @param alone nobody else talks to the vehicles: what does not come by itself must be asked for here
   * @param keyOf key of a vehicle in labels
   */
  constructor(
    config: SimulatorConfig,
    start: number,
    alone: boolean,
    keyOf: (vehicle: number) => string,
    label: (label: Label) => void,
  ) {
    this.start = start;
    this.vehicles = Array.from({ length: config.vehicles }, (_, i) => {
      const { home } = config;
      return new SimulatedVehicle({
        ...config,
        seed: `${config.seed}/${i + 1}`,
        system: systemOf(config, i),
        signingKey: config.passphrase,
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
    const wanted = alone && config.streams !== 'all' ? STREAMS.map(({ name }) => byName.get(name)!.MSG_ID) : [];
    const speaks = alone || config.groundStation;
    const vertices = config.fence.polygon.length;
    this.askers = speaks
      ? this.vehicles.map((_, i) => new Asker(config.groundSystem, systemOf(config, i), vertices, wanted))
      : [];
  }

  /**
   * Moves all vehicles on, and hands over their frames in order of time.
   * @param until ms since the start
   */
  advance(until: number, take: (piece: Piece) => void): void {
    while (this.reached + STEP <= until) {
      this.reached += STEP;
      for (let i = 0; i < this.vehicles.length; i++) {
        const vehicle = this.vehicles[i];
        const asker = this.askers[i];
        vehicle.advance(this.reached, (bytes, ms) => {
          asker?.heard(bytes);
          take({ vehicle: i, bytes, time: this.start + ms });
        });
        asker?.ask(this.reached / 1_000, this.start + this.reached, (frame) => vehicle.receive(frame));
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
