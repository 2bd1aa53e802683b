// How much the gyroscope shakes in each band of frequencies: context for a picture, not for models.

import type { Column } from '@quantstream/engine';
import { fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh } from '../smoothing.js';
import { HELD, hearSource, initialSource, type Source } from './source.js';

/** Where the bands begin, Hz, and where the last one ends: sixths of an octave from 16 to 512 Hz, as the source has them. */
const EDGES = Array.from({ length: 31 }, (_, i) => Number((16 * 2 ** (i / 6)).toPrecision(3)));
const BANDS = EDGES.length - 1;

const nameOf = (band: number): string => `gyro_${Math.round(EDGES[band]!)}hz`;
export const BAND_NAMES: readonly string[] = Array.from({ length: BANDS }, (_, i) => nameOf(i));
/** As it stands beside a picture, by name of the column. */
export const bandLabel = (name: string): string => name.replace(/^gyro_(\d+)hz$/, '$1 Hz');

export const BAND_COLUMNS: readonly Column[] = BAND_NAMES.map((name, i) => ({
  name,
  unit: 'rad/s',
  about: `Vibration of the gyroscope from ${EDGES[i]} to ${EDGES[i + 1]} Hz, root mean square (on-board logs with batches or fast samples).`,
  formula: `gyro_spectrum.band_${i}, latest; missing when older than ${HELD / 1_000} s`,
  role: 'context',
}));

interface State {
  source: Source;
  bands: Float64Array;
}

const FIELDS = BAND_NAMES.map((_, i) => `band_${i}`);

/** The spectrum of the gyroscope as columns. */
export function bands(): Part {
  return part<State>({
    name: 'bands',
    consumes: { gyro_spectrum: { ...fields('rad/s', ...FIELDS), ...fields('1', 'instance'), ...fields('Hz', 'rate') } },
    columns: BAND_COLUMNS.map(({ role: _, warmUp: __, ...column }) => ({ ...column, gate: 'always' })),
    initial: () => ({ source: initialSource(), bands: new Float64Array(BANDS).fill(Number.NaN) }),
    update(state, _type, values, time) {
      if (!hearSource(state.source, values, time)) return;
      for (let i = 0; i < BANDS; i++) state.bands[i] = values[FIELDS[i]!] ?? Number.NaN;
    },
    write(state, out, time) {
      for (let i = 0; i < BANDS; i++) out[i] = fresh(state.bands[i]!, state.source.time, time, HELD);
    },
  });
}
