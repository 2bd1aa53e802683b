/** What may be set of simulated vehicles, with units and defaults. */
import { duration, z } from '@quantstream/engine';
import { DRAWN_KINDS, FAULT_KINDS, SCALES } from './faults/faults.js';
import { MISSION_KINDS } from './pilot/mission.js';

const metres = (description: string) => z.number().min(0).max(10_000).describe(description).meta({ unit: 'm' });

const fault = z.strictObject({
  kind: z.enum(FAULT_KINDS).describe('What fails'),
  at: duration('When, after the start; a vehicle is in the air about a minute after it').meta({ unit: 'ms' }),
  duration: duration('How long; absent: drawn').optional().meta({ unit: 'ms' }),
  magnitude: z
    .number()
    .positive()
    .optional()
    .describe(`How much; absent: drawn. By kind: ${FAULT_KINDS.map((kind) => `\`${kind}\` ${SCALES[kind].about}`).join('; ')}`)
    .meta({ unit: '1' }),
  vehicle: z.int().min(1).max(100).optional().describe('Which vehicle, from 1; absent: all of them').meta({ unit: '1' }),
});

const fence = z.strictObject({
  circle: metres('Radius of the circle around home; 0: none').default(300),
  ceiling: metres('Height above home; 0: none').default(100),
  polygon: z
    .array(z.tuple([z.number(), z.number()]))
    .max(70)
    .refine((corners) => corners.length === 0 || corners.length > 2, 'a polygon has at least three corners')
    .default([])
    .describe('Corners `[north, east]` in metres from home, around it, of an area that must not be left; empty: none')
    .meta({ unit: 'm' }),
});

const wind = z.strictObject({
  speed: z.number().min(0).max(15).default(3).describe('Mean speed').meta({ unit: 'm/s' }),
  direction: z.number().min(0).max(360).default(240).describe('Where it comes from').meta({ unit: 'deg' }),
  turbulence: z.number().min(0).max(5).default(1).describe('Strength of gusts: 0 none, 1 ordinary, 3 rough').meta({ unit: '1' }),
});

const home = z.strictObject({
  latitude: z.number().min(-85).max(85).default(47.397742).describe('Latitude').meta({ unit: 'deg' }),
  longitude: z.number().min(-180).max(180).default(8.545594).describe('Longitude').meta({ unit: 'deg' }),
  altitude: z.number().min(-400).max(5_000).default(488).describe('Height above the sea').meta({ unit: 'm' }),
});

const EARLIEST_START = Date.UTC(2015, 0, 1);

/** What `simulator:` of a MAVLink source holds. */
export const simulatorConfig = z.strictObject({
  seed: z.int().min(0).default(1).describe('The same seed flies the same flights, byte for byte').meta({ unit: '1' }),
  start: z
    .string()
    .refine((text) => text === 'now' || Date.parse(text) >= EARLIEST_START, 'expected `now` or an ISO time in 2015 or later')
    .default('now')
    .describe('When simulated time begins: `now`, or an ISO time'),
  duration: duration('How long it goes on; absent: without end').optional().meta({ unit: 'ms' }),
  realTime: z
    .boolean()
    .default(true)
    .describe(
      'Whether vehicles are heard on links as real ones are, at the pace of the clock; false: as fast as they are read, with a ' +
        'ground station that asks for all that does not come by itself',
    ),
  vehicles: z.int().min(1).max(100).default(1).describe('How many vehicles, two kilometres apart').meta({ unit: '1' }),
  connections: z
    .enum(['shared', 'own'])
    .default('shared')
    .describe('`shared`: system ids 1, 2 … on one connection; `own`: every vehicle is system 1 on a connection of its own'),
  mission: z
    .enum(MISSION_KINDS)
    .default('survey')
    .describe(
      'What is flown: `survey` well inside the fence, `approach` over the fence at cruise speed, `near_miss` up to it or along ' +
        'it and never over it, `mixed` one of them after the other',
    ),
  ready: duration('How long vehicles stand before their first flight; absent: drawn, about half a minute')
    .optional()
    .meta({ unit: 'ms' }),
  speed: z.number().min(1).max(15).default(8).describe('Cruise speed').meta({ unit: 'm/s' }),
  height: z.number().min(5).max(500).default(40).describe('Height of missions above home').meta({ unit: 'm' }),
  home: home.prefault({}).describe('Where the first vehicle starts'),
  fence: fence.prefault({}).describe('Where vehicles may fly'),
  wind: wind.prefault({}).describe('The weather'),
  streams: z
    .enum(['all', 'on request'])
    .default('all')
    .describe('`all`: telemetry comes by itself; `on request`: only HEARTBEAT does, the rest must be asked for'),
  loss: z.number().min(0).max(1).default(0).describe('Share of frames that get lost, in each direction').meta({ unit: '1' }),
  groundStation: z
    .boolean()
    .default(true)
    .describe('Whether a ground station talks to each vehicle: its heartbeat, and questions for settings and fence'),
  groundSystem: z
    .int()
    .min(1)
    .max(255)
    .default(255)
    .describe('System id of the ground station that vehicles listen to (SYSID_MYGCS, MAV_GCS_SYSID)')
    .meta({ unit: '1' }),
  gcsFailsafe: z
    .boolean()
    .default(false)
    .describe('Whether a vehicle returns when the ground station that it has heard is silent for 5 s'),
  faults: z.array(fault).default([]).describe('Faults to inject, beside the drawn ones'),
  faultsPerHour: z
    .number()
    .min(0)
    .max(60)
    .default(6)
    .describe('Drawn faults per vehicle and hour of its missions; 0: none')
    .meta({ unit: '1/h' }),
  faultKinds: z
    .array(z.enum(FAULT_KINDS))
    .min(1)
    .default([...DRAWN_KINDS])
    .describe('Which faults are drawn'),
  labels: z
    .string()
    .min(1)
    .optional()
    .describe('File for what happened, as JSON lines, relative to the pipeline file: `{"key","kind","from","to","magnitude"}`'),
  version: z.literal([1, 2]).default(2).describe('MAVLink version of the frames').meta({ unit: '1' }),
  passphrase: z.string().min(1).optional().describe('Frames are signed with the SHA-256 of this, a secret; absent: unsigned'),
});

export type SimulatorConfig = z.output<typeof simulatorConfig>;

/** What does not go together with simulated vehicles: paths and sentences. */
export function problemsOfSimulator({
  connect,
  mode,
  vehicles,
  simulator,
}: {
  connect: unknown;
  mode: string;
  vehicles: object;
  simulator: SimulatorConfig;
}): [string[], string][] {
  const problems: [string[], string][] = [];
  if (typeof connect !== 'string') {
    problems.push([['connect'], 'simulated vehicles come alone: say connect: simulator, and how many in simulator.vehicles']);
  }
  if (simulator.realTime && simulator.start !== 'now') {
    problems.push([['simulator', 'start'], 'what keeps to the clock starts now; another start needs realTime: false']);
  }
  if (!simulator.realTime && mode === 'active') {
    problems.push([
      ['mode'],
      'who flies faster than the clock cannot be spoken to: leave mode out, or say simulator.realTime: true',
    ]);
  }
  if (simulator.connections === 'own' && Object.keys(vehicles).length > 0) {
    problems.push([
      ['vehicles'],
      'simulated vehicles on connections of their own are all system 1 and called vehicle-1, vehicle-2 …',
    ]);
  }
  return problems;
}
