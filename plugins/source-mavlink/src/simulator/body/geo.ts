/** Metres of a degree of latitude on the sphere that autopilots use (radius 6,378,100 m). */
const DEGREE = (6_378_100 * Math.PI) / 180;

export interface Home {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Metres above the sea. */
  readonly altitude: number;
}

export const latitudeAt = (home: Home, north: number): number => home.latitude + north / DEGREE;
export const longitudeAt = (home: Home, east: number): number =>
  home.longitude + east / (DEGREE * Math.cos((home.latitude * Math.PI) / 180));

/** An angle from −π up to π. */
export function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}
