/** What may be set, with units and defaults, and the keys of vehicles. */
import { duration, z } from '@quantstream/engine';
import { connectionsOf, isRecorded, isSimulated, parseConnection } from './links/connections.js';
import { problemsOfSimulator, simulatorConfig } from './simulator/config.js';
import { byName } from './wire/dialects.js';
import { DEFAULT_MESSAGES } from './wire/messages.js';
import { keyOfPassphrase } from './wire/signing.js';

const message = z
  .string()
  .toUpperCase()
  .superRefine((name, context) => {
    if (byName.has(name)) return;
    const near = nearest(name);
    context.addIssue({ code: 'custom', input: name, message: `no message is called ${name}; did you mean ${near.join(', ')}?` });
  })
  .refine(
    (name) => name !== 'PARAM_VALUE',
    'parameters are never handed on as they are (an autopilot under test says in them which faults are injected); those that are open come as `parameter` by themselves, and the fence, battery and return settings as `setting`',
  );

/** Up to three message names that share the longest beginning with what was written. */
function nearest(name: string): string[] {
  for (let length = name.length; length > 0; length--) {
    const found = [...byName.keys()].filter((known) => known.startsWith(name.slice(0, length)));
    if (found.length > 0) return found.sort().slice(0, 3);
  }
  return DEFAULT_MESSAGES.slice(0, 3);
}

const connection = z
  .string()
  .superRefine((connect, context) => {
    const target = parseConnection(connect);
    if (typeof target === 'string') context.addIssue({ code: 'custom', input: connect, message: target });
  })
  .describe('Where frames come from: a file or a link, as above');

const named = z.strictObject({
  vehicle: z.string().min(1).describe('The key of its vehicle; a second system on it gets `KEY-ID`'),
  connect: connection,
});

const active = z
  .strictObject({
    system: z
      .int()
      .min(1)
      .max(254, 'ground stations are 255: a heartbeat of that system would hide a lost link from a vehicle')
      .default(245)
      .describe('Our system id; never that of a ground station or a vehicle'),
    component: z.int().min(1).max(255).default(191).describe('Our component id; 191 is an on-board computer'),
    bandwidth: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe('Share of what a serial line carries that vehicles may be asked for; rates are lowered to fit'),
    rates: z
      .record(message, z.number().min(0).max(100))
      .default({})
      .describe(
        'How often messages are asked for, by their names, in Hz; 0: not at all. Default: 1 to 10, by what changes how fast',
      ),
    ground: duration('How long after a ground station was last heard rates are ours again, and heartbeats are sent')
      .default(30_000)
      .meta({ unit: 'ms' }),
  })
  .describe('What `mode: active` does');

const signing = z
  .strictObject({
    key: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'expected 64 hexadecimal digits')
      .optional()
      .describe('The key, 64 hexadecimal digits; or say `passphrase`'),
    passphrase: z.string().min(1).optional().describe('What the key is made of (SHA-256), as in ground stations'),
    unsigned: z
      .enum(['refuse', 'accept'])
      .default('refuse')
      .describe('What becomes of frames without a signature; those that a telemetry radio makes are always taken'),
  })
  .superRefine(({ key, passphrase }, context) => {
    if ((key === undefined) === (passphrase === undefined)) {
      context.addIssue({
        code: 'custom',
        message: 'expected either `key` or `passphrase`; keep it in a file: `${file:/run/secrets/mavlink}`',
      });
    }
  })
  .transform(({ key, passphrase, unsigned }) => ({
    key: key === undefined ? keyOfPassphrase(passphrase ?? '') : Buffer.from(key, 'hex'),
    unsigned,
  }))
  .meta({ description: 'Checks the signatures of MAVLink 2, and signs what is sent. Without it they are skipped unchecked' });

/** What `with:` of a MAVLink source holds. */
export const config = z
  .strictObject({
    connect: z
      .union([connection, z.array(named).min(1).max(256)])
      .describe(
        '`file:PATH` of a telemetry log (`.tlog`, as ground stations record it) or an on-board log of ArduPilot (`.bin`, or `.log` as text) or PX4 (`.ulg`), gzipped or not, relative to the pipeline file; or a link: ' +
          '`udpin:HOST:PORT` (listens; many vehicles may send there), `udpout:HOST:PORT` (speaks first), `tcp:HOST:PORT`, `serial:PATH:BAUD`; or `simulator`. ' +
          'Or a list of `{ vehicle: KEY, connect: … }`, one for each; recordings are merged in order of event time',
      ),
    messages: z
      .array(message)
      .min(1)
      .default(DEFAULT_MESSAGES)
      .describe('Messages to emit, by their MAVLink names; each becomes an observation type of that name in lower case'),
    vehicles: z
      .record(z.string().regex(/^(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])$/, 'expected a system id from 1 to 254'), z.string().min(1))
      .default({})
      .describe(
        'Keys by system id, `{ 1: hexa }`; a vehicle that is not named here gets `vehicle-ID`. Not with a list of connections',
      ),
    silence: duration('A vehicle that was not heard for longer has lost its link: what was not heard is reported missing')
      .default(5_000)
      .meta({ unit: 'ms' }),
    mode: z
      .enum(['passive', 'active'])
      .default('passive')
      .describe(
        'Of links: `passive` sends nothing at all; `active` asks vehicles for messages, their home, fence and settings (see below), and leaves rates to a ground station that is heard',
      ),
    active: active.prefault({}),
    signing: signing.optional(),
    wait: duration('Of links: how long event time waits for frames of vehicles that speak; later ones are taken for that moment')
      .default(500)
      .meta({ unit: 'ms' }),
    buffer: z
      .int()
      .min(1_000)
      .max(10_000_000)
      .default(100_000)
      .describe(
        'Of links: observations held for each while the rest of the pipeline is busy; more are dropped and reported missing',
      )
      .meta({ unit: 'observations' }),
    batch: z
      .int()
      .min(1)
      .max(65_536)
      .default(4_096)
      .describe('Observations handed over at a time')
      .meta({ unit: 'observations' }),
    simulator: simulatorConfig.prefault({}).describe('The simulated vehicles; only with `connect: simulator`'),
  })
  .superRefine((value, context) => {
    const problem = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const twice = value.messages.find((name, i) => value.messages.indexOf(name) < i);
    if (twice) problem(['messages'], `${twice} is listed twice`);
    const keys = Object.values(value.vehicles);
    const shared = keys.find((key, i) => keys.indexOf(key) < i);
    if (shared) problem(['vehicles'], `"${shared}" names two vehicles`);
    if (typeof value.connect !== 'string' && keys.length > 0) {
      problem(['vehicles'], 'each entry of `connect` names its vehicle already; leave `vehicles` out');
    }
    const connections = connectionsOf(value);
    if (connections.some(({ target }) => typeof target === 'string')) return;
    if (isSimulated(connections)) {
      for (const [path, sentence] of problemsOfSimulator(value)) problem(path, sentence);
      return;
    }
    if (isRecorded(connections)) {
      if (value.mode === 'active') problem(['mode'], 'a recording cannot be spoken to');
      return;
    }
    if (connections.some(({ target }) => target.kind === 'file')) {
      problem(['connect'], 'recordings and links do not mix: the ones are over when the others begin');
    }
    if (value.mode === 'passive' && connections.some(({ target }) => target.kind === 'udpout')) {
      problem(['mode'], 'udpout hears nothing before it has spoken: it needs mode: active; or listen with udpin');
    }
    const names = connections.map(({ name }) => name);
    const double = names.find((name, i) => name !== undefined && names.indexOf(name) < i);
    if (double) problem(['connect'], `"${double}" names the vehicles of two links`);
  });

export type Config = z.output<typeof config>;

/** The key of a system id on a connection without a name. */
export function keyOf({ vehicles }: Pick<Config, 'vehicles'>, system: number): string {
  return vehicles[String(system)] ?? `vehicle-${system}`;
}
