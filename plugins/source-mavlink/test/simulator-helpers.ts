import { DRAWN_KINDS, type ListedFault } from '../src/simulator/faults/faults.js';
import { SimulatedVehicle, type VehicleSettings } from '../src/simulator/simulated-vehicle.js';
import { makeDecoder } from '../src/wire/decoder.js';
import { definitions } from '../src/wire/dialects.js';
import { FrameParser } from '../src/wire/frames.js';
import { PayloadReader } from '../src/wire/payload.js';
import { SURVEY } from './survey.mjs';

export const START = SURVEY.start;

/** An unlabelled survey in an ordinary wind. */
export function settings(changes: Partial<VehicleSettings> = {}): VehicleSettings {
  return {
    seed: '7/1',
    ...SURVEY,
    faultKinds: DRAWN_KINDS,
    ...changes,
  };
}

export interface Message {
  /** Seconds since the start. */
  readonly at: number;
  readonly type: string;
  readonly values: Readonly<Record<string, number>>;
  readonly text: string | undefined;
  readonly sequence: number;
}

export interface HeardLabel {
  readonly kind: string;
  /** Seconds since the start. */
  readonly from: number;
  readonly to: number;
  readonly magnitude: number;
}

const decoders = new Map([...definitions].map(([id, definition]) => [id, makeDecoder(definition)]));

/** Flies, and reads every frame as the source would. */
export class Flight {
  readonly vehicle: SimulatedVehicle;
  readonly messages: Message[] = [];
  readonly labels: HeardLabel[] = [];
  readonly frames: Uint8Array[] = [];
  readonly parser = new FrameParser(0);
  private readonly reader = new PayloadReader();
  /** Called with each message as it comes. */
  onMessage: ((message: Message) => void) | undefined;

  constructor(changes: Partial<VehicleSettings> = {}) {
    this.vehicle = new SimulatedVehicle(
      settings({
        ...changes,
        label: (kind, from, to, magnitude) => this.labels.push({ kind, from: from / 1_000, to: to / 1_000, magnitude }),
      }),
    );
  }

  /** @param seconds since the start */
  until(seconds: number): this {
    this.vehicle.advance(seconds * 1_000, (frame, ms) => {
      this.frames.push(frame);
      this.parser.push(frame);
      while (this.parser.next()) this.take(ms / 1_000);
    });
    return this;
  }

  private take(at: number): void {
    const { parser, reader } = this;
    const decoder = decoders.get(parser.id)!;
    const text = decoder.texts.length > 0 ? Object.values(reader.texts(parser, decoder))[0] : undefined;
    const message = { at, type: decoder.type, values: reader.numbers(parser, decoder), text, sequence: parser.sequence };
    this.messages.push(message);
    this.onMessage?.(message);
  }

  /** The values of `type.field` between two moments, in order. */
  series(name: string, from = 0, to = Number.POSITIVE_INFINITY): number[] {
    const [type, field] = name.split('.');
    return this.messages
      .filter((message) => message.type === type && message.at >= from && message.at < to)
      .map(({ values }) => values[field])
      .filter((value) => value !== undefined);
  }

  texts(from = 0): string[] {
    return this.messages.filter(({ type, at }) => type === 'statustext' && at >= from).map(({ text }) => text!);
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** A fault at 130 s, well within the mission of seed 7. */
export const ONSET = 130;
export function withFault(
  kind: ListedFault['kind'],
  seconds: number,
  magnitude?: number,
  changes: Partial<VehicleSettings> = {},
) {
  const fault = { kind, at: ONSET * 1_000, duration: seconds * 1_000, magnitude };
  return new Flight({ faults: [fault], ...changes }).until(ONSET + seconds + 50);
}
