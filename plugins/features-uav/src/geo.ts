/** Mean radius of the Earth, m (IUGG). */
const EARTH = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** A point on the plane that touches the Earth at an origin: metres north and east of it. */
export interface Point {
  readonly north: number;
  readonly east: number;
}

/**
 * Places in metres around an origin: an equirectangular projection, whose error is below 0.1 % within 20 km of the origin and 60° of latitude.
 * @param latitude deg
 * @param longitude deg
 */
export function project(latitude: number, longitude: number, originLatitude: number, originLongitude: number): Point {
  const turn = ((longitude - originLongitude + 540) % 360) - 180;
  return {
    north: (latitude - originLatitude) * RADIANS * EARTH,
    east: turn * RADIANS * EARTH * Math.cos(originLatitude * RADIANS),
  };
}

/** The place so many metres from an origin: the inverse of {@link project}. */
export function unproject(
  north: number,
  east: number,
  originLatitude: number,
  originLongitude: number,
): readonly [number, number] {
  const latitude = originLatitude + north / EARTH / RADIANS;
  const longitude = originLongitude + east / (EARTH * Math.cos(originLatitude * RADIANS)) / RADIANS;
  return [latitude, ((longitude + 540) % 360) - 180];
}

/** Distance of two places, m. */
export function distance(latitude: number, longitude: number, toLatitude: number, toLongitude: number): number {
  const { north, east } = project(toLatitude, toLongitude, latitude, longitude);
  return Math.hypot(north, east);
}

/** The smaller turn from one direction to another, deg, −180 … 180. */
export function turnOf(from: number, to: number): number {
  return ((((to - from) % 360) + 540) % 360) - 180;
}

export const degrees = (radians: number): number => radians / RADIANS;
export const radians = (deg: number): number => deg * RADIANS;
