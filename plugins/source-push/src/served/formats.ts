// The formats that are understood: by their paths, how they are read, and how each is answered.

import { sayAny } from '@quantstream/engine';
import type { ColumnPlan } from '@quantstream/engine/metrics';
import { type Getter, getter, type TimeUnit, timeOf } from '@quantstream/engine/recordings';
import type { Entity } from '../rows/entity.js';
import type { Push } from '../rows/push.js';
import type { Known, Series } from '../rows/series.js';
import { readLines } from '../wire/influx.js';
import type { Directory, Samples } from '../wire/intake.js';
import { objectsIn } from '../wire/json.js';
import { readOtlp } from '../wire/otlp.js';
import { readWriteRequest } from '../wire/remote-write.js';
import { readRequest2 } from '../wire/remote-write-2.js';

export type Format = 'remote-write' | 'otlp' | 'influx' | 'json';

/** What a body is read into. */
export interface Place {
  readonly directory: Directory<Series>;
  readonly out: Samples<Series>;
  readonly known: Known;
  readonly columns: readonly ColumnPlan[];
  readonly tenant: string;
  /** Our clock, ms since the epoch. */
  readonly now: number;
}

/** An observation that came as a whole. */
export interface Whole {
  readonly entity: Entity;
  readonly time: number;
  readonly values: Float64Array;
}

/** Reads a body that is unpacked. @throws BadBody where it is none */
export type Reader = (place: Place) => readonly Whole[];

/** What became of a body. */
export interface Taken {
  readonly push: Push;
  readonly found: Samples<unknown>;
  readonly taken: number;
  readonly repeated: number;
  readonly refused: number;
}

/** What takes bodies in. */
export interface Intake {
  readonly full: string | undefined;
  take(format: Format, tenant: string, read: Reader): Taken;
}

const NONE: readonly Whole[] = [];

export const writeRequests =
  (bytes: Buffer, version: 1 | 2): Reader =>
  ({ directory, out }) => {
    if (version === 1) readWriteRequest(bytes, directory, out);
    else readRequest2(bytes, directory, out);
    return NONE;
  };

export const otlpRequests =
  (bytes: Buffer, json: boolean): Reader =>
  ({ directory, out }) => {
    readOtlp(bytes, json, directory, out);
    return NONE;
  };

export const influxLines =
  (bytes: Buffer, scale: number): Reader =>
  ({ directory, out, now }) => {
    readLines(bytes, now, scale, directory, out);
    return NONE;
  };

/** Objects with the fields that columns, key and time name; one object is one observation. */
export function jsonObjects(bytes: Buffer, { time: timePath, timeUnit }: { time: string; timeUnit: TimeUnit }): Reader {
  return ({ out, known, columns, tenant }) => {
    const time = getter(timePath);
    const metrics = columns.map(({ metric }) => getter(metric));
    const whole: Whole[] = [];
    const getters = new Map<string, Getter>();
    for (const record of objectsIn(bytes, (detail) => out.refuse('bad_line', detail))) {
      const label = (name: string) => {
        const get = getters.get(name) ?? getter(name);
        getters.set(name, get);
        return get(record);
      };
      const at = timeOf(time(record), timeUnit);
      if (Number.isNaN(at)) {
        out.refuse('bad_time', `${timePath} is ${sayAny(time(record))}`);
        continue;
      }
      const values = new Float64Array(columns.length).fill(Number.NaN);
      let [any, bad] = [false, false];
      for (let i = 0; i < columns.length; i++) {
        const { metric, matchers } = columns[i]!;
        if (!matchers.every(({ label: name, holds }) => holds(textOf(label(name))))) continue;
        const found = metrics[i]!(record);
        if (found === undefined || found === null) continue;
        const value = typeof found === 'boolean' ? Number(found) : typeof found === 'string' ? numberOf(found) : found;
        if (typeof value !== 'number' || !Number.isFinite(value)) {
          out.refuse('bad_value', `${metric} is ${sayAny(found)}`);
          bad = true;
          break;
        }
        values[i] = value;
        any = true;
      }
      if (bad) continue;
      if (!any) {
        out.leaveOut(Object.keys(record).slice(0, 5).join(', '));
        continue;
      }
      const key = known.keyOf(tenant, 'an object', label, Object.keys(record), (reason, detail) => out.refuse(reason, detail));
      if (key !== undefined) whole.push({ entity: known.entity(key, tenant), time: at, values });
    }
    return whole;
  };
}

/** A label as a text; objects and lists are none. */
const textOf = (found: unknown) => (found === undefined || found === null || typeof found === 'object' ? '' : String(found));
const numberOf = (text: string) => (/^\s*[+-]?(\d|\.\d)[\d.eE+-]*\s*$/.test(text) ? Number(text) : Number.NaN);
