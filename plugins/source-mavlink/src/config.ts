import { duration } from '@quantstream/engine';
import { z } from 'zod';
import { connectionsOf, isRecorded, parseConnection } from './connections.js';
import { byName } from './dialects.js';
import { DEFAULT_MESSAGES } from './messages.js';

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
    'parameters are never handed on as they are (an autopilot under test says in them which faults are injected); the fence, battery and return settings come as `setting`',
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

/** What `with:` of a MAVLink source holds. */
export const config = z
  .strictObject({
    connect: z
      .union([connection, z.array(named).min(1).max(256)])
      .describe(
        '`file:PATH` of a telemetry log (`.tlog`, as ground stations record it; gzipped is fine), relative to the pipeline file; or a link: ' +
          '`udpin:HOST:PORT` (listens; many vehicles may send there), `udpout:HOST:PORT` (speaks first), `tcp:HOST:PORT`, `serial:PATH:BAUD`. ' +
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
    if (isRecorded(connections)) return;
    if (connections.some(({ target }) => target.kind === 'file')) {
      problem(['connect'], 'recordings and links do not mix: the ones are over when the others begin');
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
