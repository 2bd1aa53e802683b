import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { circleEdge, type Edge, eachEdge, horizontalDistance, polygonEdge, stoppingDistance, timeToCover } from './fence.js';
import { distance, project, turnOf, unproject } from './geo.js';

const edge = (): Edge => ({ distance: 0, north: 0, east: 0, up: 0 });
const square = [
  { north: -10, east: -10 },
  { north: 10, east: -10 },
  { north: 10, east: 10 },
  { north: -10, east: 10 },
];
const metres = fc.double({ min: -500, max: 500, noNaN: true });
const point = fc.record({ north: metres, east: metres });

describe('edges of a fence', () => {
  it('are as far as they are, on either side', () => {
    const at = { north: 4, east: 0 };
    expect(polygonEdge({ points: square, inside: true }, at, edge())).toMatchObject({ distance: 6, north: 1, east: 0 });
    expect(polygonEdge({ points: square, inside: false }, at, edge()).distance).toBe(-6);
    expect(polygonEdge({ points: square, inside: true }, { north: 13, east: 14 }, edge()).distance).toBe(-5);
    expect(circleEdge({ center: at, radius: 5, inside: true }, { north: 7, east: 0 }, edge())).toMatchObject({
      distance: 2,
      north: 1,
    });
    expect(circleEdge({ center: at, radius: 5, inside: false }, { north: 12, east: 0 }, edge())).toMatchObject({
      distance: 3,
      north: -1,
    });
  });

  it('are reached by going the distance in the direction, from anywhere', () => {
    fc.assert(
      fc.property(point, fc.double({ min: 1, max: 300, noNaN: true }), fc.boolean(), (at, radius, inside) => {
        const circle = { center: { north: 20, east: -30 }, radius, inside };
        const { distance: way, north, east } = circleEdge(circle, at, edge());
        const there = { north: at.north + north * Math.abs(way), east: at.east + east * Math.abs(way) };
        expect(Math.abs(circleEdge(circle, there, edge()).distance)).toBeLessThan(1e-6);
        const polygon = { points: square, inside };
        const side = polygonEdge(polygon, at, edge());
        const reached = {
          north: at.north + side.north * Math.abs(side.distance),
          east: at.east + side.east * Math.abs(side.distance),
        };
        expect(Math.abs(polygonEdge(polygon, reached, edge()).distance)).toBeLessThan(1e-6);
      }),
    );
  });

  it('include a ceiling and a floor, and horizontal distance leaves these out', () => {
    const fence = { polygons: [{ points: square, inside: true }], circles: [], ceiling: 100, floor: 10 };
    const seen: number[] = [];
    eachEdge(fence, { north: 0, east: 0 }, 95, ({ distance: way }) => seen.push(way));
    expect(seen).toEqual([10, 5, 85]);
    expect(horizontalDistance(fence, { north: 9, east: 0 })).toBe(1);
  });

  it('are covered in the time that speed and deceleration take', () => {
    expect(timeToCover(100, 10, 0)).toBe(10);
    expect(timeToCover(100, -1, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(timeToCover(50, 10, -2)).toBe(Number.POSITIVE_INFINITY);
    expect(timeToCover(9, 10, -2)).toBeCloseTo(1, 9);
    expect(timeToCover(0, 1, 1)).toBe(0);
    expect(stoppingDistance(10, 2.5, 0.5)).toBe(25);
    expect(stoppingDistance(-3, 2.5, 0.5)).toBe(0);
  });
});

describe('places', () => {
  it('come back from metres, also across the date line', () => {
    fc.assert(
      fc.property(
        point,
        fc.constantFrom([-35, 149], [47, 8], [10, 179.999], [-60, -179.999]),
        ({ north, east }, [latitude, longitude]) => {
          const [lat, lon] = unproject(north, east, latitude!, longitude!);
          const back = project(lat, lon, latitude!, longitude!);
          expect(back.north).toBeCloseTo(north, 4);
          expect(back.east).toBeCloseTo(east, 4);
        },
      ),
    );
  });

  it('are as far apart as on the sphere, within a thousandth over ten kilometres', () => {
    // One minute of latitude is a nautical mile, 1852 m by definition.
    expect(distance(47, 8, 47 + 1 / 60, 8)).toBeCloseTo(1_853, 0);
    expect([turnOf(350, 10), turnOf(10, 350), turnOf(0, 180)]).toEqual([20, -20, -180]);
  });
});
