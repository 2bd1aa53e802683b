import type { Point } from './geo.js';

/** A closed line, in metres from the origin. */
export interface Polygon {
  readonly points: readonly Point[];
  /** Whether to stay within it, or out of it. */
  readonly inside: boolean;
}

export interface Circle {
  readonly center: Point;
  /** m. */
  readonly radius: number;
  readonly inside: boolean;
}

/** What a vehicle must not leave, around an origin. Heights above home, m. */
export interface Fence {
  readonly polygons: readonly Polygon[];
  readonly circles: readonly Circle[];
  readonly ceiling: number;
  readonly floor: number;
}

export const isEmpty = ({ polygons, circles, ceiling, floor }: Fence): boolean =>
  polygons.length === 0 && circles.length === 0 && Number.isNaN(ceiling) && Number.isNaN(floor);

/** Where the nearest edge is: its distance, above 0 on the right side, and the direction to it (a unit vector; up for the ceiling). */
export interface Edge {
  /** m. */
  distance: number;
  north: number;
  east: number;
  up: number;
}

/** Puts the edge of a circle as seen from a point into `out`. */
export function circleEdge({ center, radius, inside }: Circle, at: Point, out: Edge): Edge {
  const [north, east] = [at.north - center.north, at.east - center.east];
  const away = Math.hypot(north, east);
  // In the very middle every direction is the nearest.
  const [un, ue] = away > 0 ? [north / away, east / away] : [1, 0];
  const within = radius - away;
  out.distance = inside ? within : -within;
  const outward = within >= 0 ? 1 : -1;
  out.north = un * outward;
  out.east = ue * outward;
  out.up = 0;
  return out;
}

/** The same of a polygon: distance to its nearest side, by even-odd inside or outside. */
export function polygonEdge({ points, inside }: Polygon, at: Point, out: Edge): Edge {
  let [best, north, east, odd] = [Number.POSITIVE_INFINITY, 0, 0, false];
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [a, b] = [points[i]!, points[j]!];
    if (a.east > at.east !== b.east > at.east) {
      const crossing = ((b.north - a.north) * (at.east - a.east)) / (b.east - a.east) + a.north;
      if (at.north < crossing) odd = !odd;
    }
    const [dn, de] = [b.north - a.north, b.east - a.east];
    const length = dn * dn + de * de;
    const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((at.north - a.north) * dn + (at.east - a.east) * de) / length));
    const [tn, te] = [a.north + share * dn - at.north, a.east + share * de - at.east];
    const away = Math.hypot(tn, te);
    if (away < best) [best, north, east] = [away, tn, te];
  }
  out.distance = odd === inside ? best : -best;
  out.north = best > 0 ? north / best : 0;
  out.east = best > 0 ? east / best : 0;
  out.up = 0;
  return out;
}

const scratch: Edge = { distance: 0, north: 0, east: 0, up: 0 };

/** Calls `visit` with every edge; the object is reused. */
export function eachEdge(fence: Fence, at: Point, height: number, visit: (edge: Edge) => void): void {
  for (const polygon of fence.polygons) visit(polygonEdge(polygon, at, scratch));
  for (const circle of fence.circles) visit(circleEdge(circle, at, scratch));
  vertical(fence.ceiling - height, 1, visit);
  vertical(height - fence.floor, -1, visit);
}

function vertical(distance: number, up: number, visit: (edge: Edge) => void): void {
  if (Number.isNaN(distance)) return;
  scratch.distance = distance;
  scratch.north = 0;
  scratch.east = 0;
  scratch.up = distance >= 0 ? up : -up;
  visit(scratch);
}

/** Signed distance of a point to the nearest horizontal edge, m; +∞ without one. */
export function horizontalDistance(fence: Fence, at: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const polygon of fence.polygons) nearest = Math.min(nearest, polygonEdge(polygon, at, scratch).distance);
  for (const circle of fence.circles) nearest = Math.min(nearest, circleEdge(circle, at, scratch).distance);
  return nearest;
}

/**
 * Way that is needed to stop, m: v²/2a after the time of reaction.
 * @param speed towards the edge, m/s
 * @param deceleration m/s²
 * @param reaction s
 */
export function stoppingDistance(speed: number, deceleration: number, reaction: number): number {
  return speed <= 0 ? 0 : (speed * speed) / (2 * deceleration) + speed * reaction;
}

/**
 * Time until a way is covered at a speed that changes evenly, s; ∞ if it stops before.
 * @param way m, ≥ 0
 * @param speed m/s
 * @param acceleration m/s²
 */
export function timeToCover(way: number, speed: number, acceleration: number): number {
  if (way <= 0) return 0;
  if (Math.abs(acceleration) < 1e-6) return speed > 0 ? way / speed : Number.POSITIVE_INFINITY;
  const inner = speed * speed + 2 * acceleration * way;
  if (inner < 0) return Number.POSITIVE_INFINITY;
  const time = (Math.sqrt(inner) - speed) / acceleration;
  return time > 0 ? time : Number.POSITIVE_INFINITY;
}
