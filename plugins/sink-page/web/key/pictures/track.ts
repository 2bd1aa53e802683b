// A track on the ground in metres, and the frame that shows all of it with one scale for both directions.

import type { KeyHistory } from '../../../src/wire.js';
import type { Span } from '../../state/range.js';

export interface Track {
  readonly time: readonly number[];
  /** Metres to the east and to the north of the first point. */
  readonly points: readonly (readonly [number, number])[];
  readonly odd: readonly boolean[];
  /** What it must stay in, or out of: closed lines. */
  readonly outlines: readonly {
    readonly name: string;
    readonly inside: boolean;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

export interface Frame {
  readonly left: number;
  readonly top: number;
  /** Metres of one pixel. */
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}

/** A degree of latitude. */
const METRES = 111_320;

/** @param columns latitude and longitude, deg */
export function trackOf(history: KeyHistory, [north, east]: readonly string[], { from, to }: Span): Track {
  const [latitudes, longitudes] = [history.columns[north!]?.last ?? [], history.columns[east!]?.last ?? []];
  const [time, odd]: [number[], boolean[]] = [[], []];
  const points: [number, number][] = [];
  let [zeroNorth, zeroEast] = [Number.NaN, Number.NaN];
  const metres = (latitude: number, longitude: number): [number, number] => [
    (longitude - zeroEast) * METRES * Math.cos((zeroNorth * Math.PI) / 180),
    (latitude - zeroNorth) * METRES,
  ];
  for (const [i, at] of history.time.entries()) {
    const [latitude, longitude] = [latitudes[i] ?? null, longitudes[i] ?? null];
    if (latitude === null || longitude === null || at < from || at > to) continue;
    if (Number.isNaN(zeroNorth)) [zeroNorth, zeroEast] = [latitude, longitude];
    time.push(at);
    odd.push(history.state[i] === 'anomalous');
    points.push(metres(latitude, longitude));
  }
  const outlines =
    points.length === 0
      ? []
      : history.outlines.map(({ name, inside, points: corners }) => {
          const line = corners.map(([latitude, longitude]) => metres(latitude, longitude));
          return { name, inside, points: line.length > 0 ? [...line, line[0]!] : line };
        });
  return { time, points, odd, outlines };
}

/** A circle stays round: one scale for both directions, with some air around; lines are in it, with what is inside of them. */
export function frameOf({ points, outlines }: Track, width: number, height: number): Frame {
  const all = [points, ...outlines.map((line) => line.points)].flat();
  const reach = (axis: 0 | 1) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const point of all) [low, high] = [Math.min(low, point[axis]), Math.max(high, point[axis])];
    return { middle: (low + high) / 2, length: high - low };
  };
  const [x, y] = [reach(0), reach(1)];
  const scale = Math.max(x.length / width, y.length / height, 0.01) * 1.15;
  return { left: x.middle - (scale * width) / 2, top: y.middle + (scale * height) / 2, scale, width, height };
}

/** Where a point is in its frame, pixels. */
export const placeIn = ({ left, top, scale }: Frame, [east, north]: readonly [number, number]) => ({
  x: (east - left) / scale,
  y: (top - north) / scale,
});

/** The index of the point that is nearest to a place in the frame. */
export function nearestTo({ points }: Track, frame: Frame, x: number, y: number): number {
  let [best, nearest] = [-1, Number.POSITIVE_INFINITY];
  for (const [i, point] of points.entries()) {
    const place = placeIn(frame, point);
    const distance = Math.hypot(place.x - x, place.y - y);
    if (distance < nearest) [best, nearest] = [i, distance];
  }
  return best;
}

/** A round length of at most so many metres. */
export function roundMetres(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].find((one) => one * power <= metres)! * power;
}
