import { z } from 'zod';
import { byName } from './dialects.js';

/** What columns of an unmanned aircraft are usually made of. */
const DEFAULT_MESSAGES = ['SYS_STATUS', 'VIBRATION', 'GPS_RAW_INT', 'GLOBAL_POSITION_INT'];

const LIVE = /^(?:live|simulator|udp(?:in|out|cast|bcast)?|tcp(?:in|out)?|serial)(?::|$)/;

const message = z
  .string()
  .toUpperCase()
  .superRefine((name, context) => {
    if (byName.has(name)) return;
    const near = nearest(name);
    context.addIssue({ code: 'custom', input: name, message: `no message is called ${name}; did you mean ${near.join(', ')}?` });
  });

/** Up to three message names that share the longest beginning with what was written. */
function nearest(name: string): string[] {
  for (let length = name.length; length > 0; length--) {
    const found = [...byName.keys()].filter((known) => known.startsWith(name.slice(0, length)));
    if (found.length > 0) return found.sort().slice(0, 3);
  }
  return DEFAULT_MESSAGES;
}

/** What `with:` of a MAVLink source holds. */
export const config = z
  .strictObject({
    connect: z
      .string()
      .describe(
        '`file:PATH` of a telemetry log (`.tlog`, as ground stations record it; gzipped is fine), relative to the pipeline file',
      ),
    messages: z
      .array(message)
      .min(1)
      .default(DEFAULT_MESSAGES)
      .describe('Messages to emit, by their MAVLink names; each becomes an observation type of that name in lower case'),
    vehicles: z
      .record(z.string().regex(/^(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])$/, 'expected a system id from 1 to 254'), z.string().min(1))
      .default({})
      .describe('Keys by system id, `{ 1: hexa }`; a vehicle that is not named here gets `vehicle-ID`'),
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
    if (LIVE.test(value.connect)) {
      problem(['connect'], 'this version reads recorded logs only, no link and no simulator yet: use file:PATH of a .tlog');
    } else if (pathOf(value) === '') {
      problem(['connect'], 'expected file:PATH of a .tlog');
    } else if (/\.bin(?:\.gz)?$/i.test(value.connect)) {
      problem(['connect'], 'this version reads telemetry logs (.tlog) and no on-board logs (.bin) yet');
    }
    const twice = value.messages.find((name, i) => value.messages.indexOf(name) < i);
    if (twice) problem(['messages'], `${twice} is listed twice`);
    const keys = Object.values(value.vehicles);
    const shared = keys.find((key, i) => keys.indexOf(key) < i);
    if (shared) problem(['vehicles'], `"${shared}" names two vehicles`);
  });

export type Config = z.output<typeof config>;

/** The log that a configuration names, as written; empty if it names none. */
export function pathOf({ connect }: { connect: string }): string {
  return connect.startsWith('file:') ? connect.slice('file:'.length).trim() : '';
}

/** The key of a system id. */
export function keyOf({ vehicles }: Pick<Config, 'vehicles'>, system: number): string {
  return vehicles[String(system)] ?? `vehicle-${system}`;
}
