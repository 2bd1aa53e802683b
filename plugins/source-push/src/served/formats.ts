// The formats that are understood: by their paths, how they are read, and how each is answered.

import type { ColumnPlan } from '@quantstream/engine/metrics';
import type { Entity } from '../rows/entity.js';
import type { Push } from '../rows/push.js';
import type { Known, Series } from '../rows/series.js';
import { readLines } from '../wire/influx.js';
import type { Directory, Samples } from '../wire/intake.js';
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
  /** That something of it is no column, in a sentence. */
  readonly foreign: string | undefined;
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
