// What `with:` of the MAVLink sink holds.

import { duration, z } from '@quantstream/engine';

/** MAV_COMP_ID_ONBOARD_COMPUTER. */
const ONBOARD_COMPUTER = 191;
const AUTOPILOT = 1;
const GROUND_STATION = 190;

/** `udpout:HOST:PORT`; an IPv6 address stands in brackets. */
const ADDRESS = /^udpout:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export function addressOf(connect: string): Address | undefined {
  const [, six, host, digits] = ADDRESS.exec(connect) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host: (six ?? host)!, port } : undefined;
}

const NAME = /^[\x21-\x7e]{1,10}$/;

export const configSchema = z.strictObject({
  connect: z
    .string()
    .refine((text) => addressOf(text) !== undefined, 'expected udpout:HOST:PORT, such as udpout:127.0.0.1:14550')
    .describe('Where a ground station or a router listens: `udpout:HOST:PORT`. A link of its own, never the one of the vehicle.'),
  systems: z
    .record(z.string().min(1), z.int().min(1).max(254))
    .default({})
    .describe(
      'System ids by key, `{ hexa: 3 }`; otherwise the number at the end of the key (`vehicle-3`), else 1. A ground station shows texts of systems that it knows.',
    ),
  component: z
    .int()
    .min(2)
    .max(255)
    .refine(
      (id) => id !== GROUND_STATION && id !== AUTOPILOT,
      'expected the id of an on-board component: 1 is the autopilot, 190 a ground station',
    )
    .default(ONBOARD_COMPUTER)
    .describe('Component id that the messages come from; 191 is an on-board computer.')
    .meta({ unit: '1' }),
  on: z
    .array(z.enum(['opened', 'closed']))
    .min(1)
    .default(['opened'])
    .describe('What of an episode is said as STATUSTEXT.'),
  severity: z.enum(['info', 'warning', 'critical']).default('info').describe('Episodes that are less bad are not said.'),
  maxAge: duration('What happened longer ago is not said: a replay talks to no pilot').default(10_000).meta({ unit: 'ms' }),
  values: z
    .record(z.string().regex(NAME, 'expected one to ten printable characters'), z.string().min(1))
    .default({ qs_score: 'score' })
    .describe('NAMED_VALUE_FLOAT by its name of at most ten characters: `score`, or a column. Missing values are not sent.'),
  valuesEvery: duration('Least time between two NAMED_VALUE_FLOAT of one name and vehicle').default(1_000).meta({ unit: 'ms' }),
  heartbeat: z
    .boolean()
    .default(false)
    .describe(
      'Whether a HEARTBEAT of type on-board controller goes along once a second while the vehicle is heard. QGroundControl takes any message under the ' +
        "vehicle's system id for a sign of life; so it is off, and never goes on while the vehicle is silent.",
    ),
});

export type Settings = z.output<typeof configSchema>;

/** The system id of a key. */
export function systemOf(key: string, systems: Settings['systems']): number {
  const digits = Number(/(\d{1,3})$/.exec(key)?.[1] ?? 1);
  return systems[key] ?? (digits >= 1 && digits <= 254 ? digits : 1);
}
