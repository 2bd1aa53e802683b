import type { Outline } from '@quantstream/engine';
import {
  type Circle,
  eachEdge,
  type Fence,
  horizontalDistance,
  isEmpty,
  type Polygon,
  stoppingDistance,
  timeToCover,
} from '../fence.js';
import type { Flight } from '../flight/flight.js';
import { type Point, project, radians, unproject } from '../geo.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth } from '../smoothing.js';

/** A fence as people write it; degrees, metres above home. */
export interface FenceSettings {
  readonly fromVehicle: boolean;
  readonly circle?: { readonly center?: readonly [number, number] | undefined; readonly radius: number } | undefined;
  readonly ceiling?: number | undefined;
  readonly floor?: number | undefined;
  readonly include: readonly (readonly (readonly [number, number])[])[];
  readonly exclude: readonly (readonly (readonly [number, number])[])[];
  readonly excludeCircles: readonly { readonly center: readonly [number, number]; readonly radius: number }[];
  /** m/s². */
  readonly deceleration: number;
  /** ms. */
  readonly reaction: number;
}

/** What a vehicle said of its fence: parameters, and the corners and circles of its mission of type fence. */
interface Said {
  enabled: number;
  /** Bits: 1 ceiling, 2 circle around home, 4 polygons and other circles, 8 floor. */
  types: number;
  radius: number;
  ceiling: number;
  floor: number;
  /** By index: command, param1, latitude, longitude. */
  items: (readonly [number, number, number, number])[];
}

interface State {
  said: Said;
  /** Counts what changes the geometry. */
  version: number;
  breach: number;
  breachTime: number;
  /** Where the autopilot is heading for: m north and east of the vehicle. */
  targetNorth: number;
  targetEast: number;
  targetTime: number;
  speedNorth: number;
  speedEast: number;
  speedUp: number;
  north: number;
  east: number;
  up: number;
  time: number;
}

/** MAV_CMD_NAV_FENCE_… */
const POLYGON_IN = 5_001;
const POLYGON_OUT = 5_002;
const CIRCLE_IN = 5_003;
const CIRCLE_OUT = 5_004;
/** Nothing is said of what lies farther ahead, s. */
const HORIZON = 60;
const TARGET_AGE = 2_000;
/** A target must lie this far inside to be trusted, m. */
const TARGET_MARGIN = 2;

const POSITION = ['global_position_int.lat', 'global_position_int.lon', 'global_position_int.vx', 'global_position_int.vy'];
const PAGE = 'https://ardupilot.org/copter/docs/common-ac2_simple_geofence.html';

/** Where the edges of the fence are, and how soon the aircraft is there. */
export function geofence(settings: FenceSettings, staleAfter: number): Part {
  /** What was built of the settings and of what the vehicle said; made anew where either changed. */
  let built: (Built & { version: number; homeLatitude: number; homeLongitude: number; of: State }) | undefined;
  const fenceOf = (state: State, flight: Flight): Built => {
    const { version } = state;
    const { homeLatitude, homeLongitude } = flight;
    // NaN is not equal to itself: an unknown home is built anew with each row, until it is known.
    const same =
      built?.of === state &&
      built.version === version &&
      built.homeLatitude === homeLatitude &&
      built.homeLongitude === homeLongitude;
    if (!same) built = { ...build(settings, state.said, flight), version, homeLatitude, homeLongitude, of: state };
    return built!;
  };
  return part<State>({
    name: 'geofence',
    consumes: {
      fence_status: fields('1', 'breach_status'),
      nav_controller_output: { ...fields('deg', 'target_bearing'), ...fields('m', 'wp_dist') },
      global_position_int: fields('m/s', 'vx', 'vy', 'vz'),
      setting: {
        ...fields('1', 'fence_enable', 'fence_type', 'fence_total'),
        ...fields('m', 'fence_radius', 'fence_alt_max', 'fence_alt_min'),
      },
      fence_item: { ...fields('1', 'index', 'count', 'command', 'param1'), ...fields('deg', 'latitude', 'longitude') },
    },
    columns: [
      {
        name: 'fence_distance',
        unit: 'm',
        about: 'To the nearest edge of the fence: polygons, circles, ceiling and floor. Below 0: outside.',
        formula: 'min over edges of the signed distance of GLOBAL_POSITION_INT; planes around home',
        source: PAGE,
        needs: POSITION,
        gate: 'armed',
      },
      {
        name: 'fence_speed',
        unit: 'm/s',
        about: 'Speed towards the edge that is reached first; below 0 away from it.',
        formula: 'velocity of GLOBAL_POSITION_INT · direction to that edge',
        needs: POSITION,
        gate: 'armed',
      },
      {
        name: 'stopping_distance',
        unit: 'm',
        about: 'Way that the aircraft needs to stop before that edge.',
        formula: 'v² / (2 · deceleration) + v · reaction, v = fence_speed; 0 when moving away',
        source: 'https://ardupilot.org/copter/docs/parameters.html#avoid-accel-max',
        needs: POSITION,
        gate: 'armed',
      },
      {
        name: 'time_to_breach',
        unit: 's',
        about: `Until the fence is left if the aircraft goes on as it does; ${HORIZON} if not within ${HORIZON} s, or if the autopilot is heading for a place inside and can still stop. 0: outside.`,
        formula: `min over edges of the time to cover the distance with the present speed and acceleration, at most ${HORIZON}; the place inside is wp_dist along target_bearing of NAV_CONTROLLER_OUTPUT`,
        needs: POSITION,
        gate: 'airborne',
      },
      {
        name: 'fence_breached',
        unit: '1',
        about: '1 while the autopilot itself says that the fence is breached (ArduPilot).',
        formula: 'FENCE_STATUS.breach_status, latest',
        source: `${COMMON}#FENCE_STATUS`,
        needs: ['fence_status.breach_status'],
        gate: 'armed',
      },
    ],
    initial: () => ({
      said: { enabled: Number.NaN, types: Number.NaN, radius: Number.NaN, ceiling: Number.NaN, floor: Number.NaN, items: [] },
      version: 0,
      breach: Number.NaN,
      breachTime: Number.NaN,
      targetNorth: Number.NaN,
      targetEast: Number.NaN,
      targetTime: Number.NaN,
      speedNorth: Number.NaN,
      speedEast: Number.NaN,
      speedUp: Number.NaN,
      north: 0,
      east: 0,
      up: 0,
      time: Number.NaN,
    }),
    update(state, type, values, time) {
      switch (type) {
        case 'fence_status':
          state.breach = values.breach_status! > 0 ? 1 : 0;
          state.breachTime = time;
          return;
        case 'nav_controller_output': {
          const bearing = radians(values.target_bearing ?? Number.NaN);
          state.targetNorth = values.wp_dist! * Math.cos(bearing);
          state.targetEast = values.wp_dist! * Math.sin(bearing);
          state.targetTime = time;
          return;
        }
        case 'global_position_int':
          moving(state, values, time);
          return;
        default:
          if (settings.fromVehicle && listen(state.said, type, values)) state.version++;
      }
    },
    write(state, out, time, flight) {
      out.fill(Number.NaN);
      out[4] = fresh(state.breach, state.breachTime, time, staleAfter);
      if (!(time - flight.positionTime <= staleAfter) || Number.isNaN(flight.latitude)) return;
      const known = fenceOf(state, flight);
      if (isEmpty(known.fence)) return;
      ahead(state, settings, known, time, flight, out);
    },
  });
}

/** Velocity and its change, smoothed: a raw difference of velocities is mostly noise. */
function moving(state: State, values: Readonly<Record<string, number>>, time: number): void {
  const dt = time - state.time;
  state.time = time;
  const before = [state.speedNorth, state.speedEast, state.speedUp];
  state.speedNorth = smooth(state.speedNorth, values.vx ?? Number.NaN, dt, 400);
  state.speedEast = smooth(state.speedEast, values.vy ?? Number.NaN, dt, 400);
  state.speedUp = smooth(state.speedUp, -(values.vz ?? Number.NaN), dt, 400);
  if (!(dt > 0 && dt <= 2_000)) return;
  const change = (now: number, i: number) => ((now - before[i]!) / dt) * 1_000 || 0;
  state.north = smooth(state.north, change(state.speedNorth, 0), dt, 600);
  state.east = smooth(state.east, change(state.speedEast, 1), dt, 600);
  state.up = smooth(state.up, change(state.speedUp, 2), dt, 600);
}

function ahead(
  state: State,
  settings: FenceSettings,
  { fence, origin }: Built,
  time: number,
  flight: Flight,
  out: Float64Array,
): void {
  const at = project(flight.latitude, flight.longitude, ...origin);
  // The position is of a moment ago.
  const age = (time - flight.positionTime) / 1_000;
  const now = { north: at.north + flight.north * age, east: at.east + flight.east * age };
  const headed = targetInside(state, fence, now, time);
  let [nearest, first, speed, soon] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, HORIZON];
  eachEdge(fence, now, flight.height - flight.down * age, (edge) => {
    nearest = Math.min(nearest, edge.distance);
    const towards = flight.north * edge.north + flight.east * edge.east - flight.down * edge.up;
    const acceleration = state.north * edge.north + state.east * edge.east + state.up * edge.up;
    const stop = stoppingDistance(towards, settings.deceleration, settings.reaction / 1_000);
    // Nothing speeds up for long: an acceleration is not carried forward, a deceleration is.
    const cover = timeToCover(Math.max(0, edge.distance), towards, Math.min(0, acceleration));
    // Braking may have begun: no time to react is asked for.
    const spared = edge.up === 0 && headed && edge.distance > stoppingDistance(towards, settings.deceleration, 0);
    soon = Math.min(soon, spared ? HORIZON : cover);
    // Of several edges the one whose margin is least.
    const margin = edge.distance - stop;
    if (margin < first) [first, speed] = [margin, towards];
  });
  out[0] = nearest;
  out[1] = speed;
  out[2] = stoppingDistance(speed, settings.deceleration, settings.reaction / 1_000);
  out[3] = nearest < 0 ? 0 : soon;
}

/** Whether the autopilot says that it is heading for a place inside, and the way there stays inside as well. */
function targetInside(state: State, fence: Fence, at: Point, time: number): boolean {
  // Without a place to go to ArduPilot says a distance of 0.
  if (!(time - state.targetTime <= TARGET_AGE) || (state.targetNorth === 0 && state.targetEast === 0)) return false;
  for (const share of [0.25, 0.5, 0.75, 1]) {
    const place = { north: at.north + state.targetNorth * share, east: at.east + state.targetEast * share };
    if (!(horizontalDistance(fence, place) > TARGET_MARGIN)) return false;
  }
  return true;
}

/** Takes in what the vehicle says of its fence. True if that changed anything. */
function listen(said: Said, type: string, values: Readonly<Record<string, number>>): boolean {
  if (type === 'setting') {
    const before = JSON.stringify([said.enabled, said.types, said.radius, said.ceiling, said.floor]);
    said.enabled = values.fence_enable ?? said.enabled;
    said.types = values.fence_type ?? said.types;
    said.radius = values.fence_radius ?? said.radius;
    said.ceiling = values.fence_alt_max ?? said.ceiling;
    said.floor = values.fence_alt_min ?? said.floor;
    if (values.fence_total === 0 && said.items.length > 0) {
      said.items = [];
      return true;
    }
    return JSON.stringify([said.enabled, said.types, said.radius, said.ceiling, said.floor]) !== before;
  }
  const { index = -1, count = Number.NaN, command = 0, param1 = 0, latitude = Number.NaN, longitude = Number.NaN } = values;
  if (!(index >= 0 && index < 1_000)) return false;
  const { items } = said;
  const known = items[index];
  // What is said again is no new list, and the fence stands meanwhile.
  if (known?.[0] === command && known[1] === param1 && known[2] === latitude && known[3] === longitude) {
    if (!(items.length > count)) return false;
    items.length = count;
    return true;
  }
  // The first one begins a new list.
  if (index === 0) said.items = [];
  said.items[index] = [command, param1, latitude, longitude];
  return true;
}

/** A fence in metres around an origin. */
interface Built {
  readonly fence: Fence;
  readonly origin: readonly [number, number];
}

/** Home, or any place of the fence where home is not known: what is drawn around home then is left out. */
function originOf(
  settings: FenceSettings,
  said: Said,
  { homeLatitude, homeLongitude, latitude, longitude }: Flight,
): readonly [number, number] {
  if (!Number.isNaN(homeLatitude)) return [homeLatitude, homeLongitude];
  const item = said.items.find((one) => one !== undefined);
  const { circle, include, exclude, excludeCircles } = settings;
  const place = circle?.center ?? include[0]?.[0] ?? exclude[0]?.[0] ?? excludeCircles[0]?.center;
  return place ?? (item ? [item[2], item[3]] : [latitude, longitude]);
}

function build(settings: FenceSettings, said: Said, flight: Flight): Built {
  const origin = originOf(settings, said, flight);
  const homeKnown = !Number.isNaN(flight.homeLatitude);
  const place = ([latitude, longitude]: readonly [number, number]) => project(latitude, longitude, ...origin);
  const polygons: Polygon[] = [
    ...settings.include.map((points) => ({ points: points.map(place), inside: true })),
    ...settings.exclude.map((points) => ({ points: points.map(place), inside: false })),
  ];
  const circles: Circle[] = settings.excludeCircles.map(({ center, radius }) => ({
    center: place(center),
    radius,
    inside: false,
  }));
  const { circle } = settings;
  // Home is the origin where it is known.
  if (circle?.center) circles.push({ center: place(circle.center), radius: circle.radius, inside: true });
  else if (circle && homeKnown) circles.push({ center: { north: 0, east: 0 }, radius: circle.radius, inside: true });
  let { ceiling = Number.NaN, floor = Number.NaN } = settings;
  if (said.enabled > 0) {
    if (said.types & 1 && Number.isNaN(ceiling)) ceiling = said.ceiling;
    if (said.types & 8 && Number.isNaN(floor)) floor = said.floor;
    if (said.types & 2 && said.radius > 0 && !circle && homeKnown)
      circles.push({ center: { north: 0, east: 0 }, radius: said.radius, inside: true });
    if (said.types & 4) addItems(said.items, place, polygons, circles);
  }
  return { fence: { polygons, circles, ceiling, floor }, origin };
}

/** The horizontal edges of a fence, for a map. @param state what the part remembers */
export function outlinesOf(settings: FenceSettings, state: object | undefined, flight: Flight): Outline[] {
  if (state === undefined) return [];
  const { fence, origin } = build(settings, (state as State).said, flight);
  const { polygons, circles } = fence;
  if (Number.isNaN(origin[0])) return [];
  const back = ({ north, east }: Point) => unproject(north, east, ...origin);
  const named = (inside: boolean) => (inside ? 'fence' : 'keep out');
  return [
    ...polygons.map(({ points, inside }) => ({ name: named(inside), inside, points: points.map(back) })),
    ...circles.map(({ center, radius, inside }) => ({
      name: named(inside),
      inside,
      points: Array.from({ length: CORNERS }, (_, i) => {
        const angle = (2 * Math.PI * i) / CORNERS;
        return back({ north: center.north + radius * Math.cos(angle), east: center.east + radius * Math.sin(angle) });
      }),
    })),
  ];
}

/** Corners of a circle on a map. */
const CORNERS = 90;

/** Corners come one after the other, each with the number of corners of its polygon. */
function addItems(
  items: Said['items'],
  place: (at: readonly [number, number]) => Point,
  polygons: Polygon[],
  circles: Circle[],
): void {
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item === undefined) continue;
    const [command, size, latitude, longitude] = item;
    if (command === CIRCLE_IN || command === CIRCLE_OUT) {
      circles.push({ center: place([latitude, longitude]), radius: size, inside: command === CIRCLE_IN });
    } else if (command === POLYGON_IN || command === POLYGON_OUT) {
      const corners = items.slice(i, i + size);
      const whole = corners.length === size && size >= 3 && corners.every((corner) => corner?.[0] === command);
      if (!whole) continue;
      polygons.push({ points: corners.map((corner) => place([corner[2], corner[3]])), inside: command === POLYGON_IN });
      i += size - 1;
    }
  }
}
