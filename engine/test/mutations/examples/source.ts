// An example of a source: what gauges have spooled, a folder of numbered segments of JSON lines.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Missing, Observation, SourceBatch, Toolkit } from '../../../src/api/index.js';

/** Where the reading stands: in which segment, how many of its lines are taken, and the newest time so far, ms. */
interface Place {
  segment: number;
  line: number;
  newest: number;
}

const START: Place = { segment: 0, line: 0, newest: 0 };
const SEGMENT = /^\d+\.jsonl$/;
const numberOf = (name: string) => Number.parseInt(name, 10);

export default ({ defineSource, z }: Toolkit) => {
  // {"time":1767225600.5,"gauge":"north","number":17,"level":312,"flow":1.5,"valve":"open"}: seconds since the epoch, cm, m³/s.
  const reading = z.object({
    time: z.number().positive(),
    gauge: z.string().regex(/^\P{Surrogate}+$/u),
    number: z.int().positive(),
    level: z.number(),
    flow: z.number().optional(),
    valve: z.string(),
  });
  // {"lost":12,"from":1767225660,"to":1767225663}: what the spooler had no room for.
  const loss = z.object({ lost: z.int().positive(), from: z.number().positive(), to: z.number().positive() });

  return defineSource({
    name: 'spool',
    api: 1,
    about: 'Water levels from a folder of spooled segments',
    config: z.strictObject({
      folder: z.string().describe('the folder of the segments, relative to the pipeline file'),
      delay: z.int().min(0).default(2_000).describe('how far a line may be behind the newest one before it, ms'),
      size: z.int().min(1).default(100).describe('observations per batch'),
    }),
    emits: () => ({
      level: {
        about: 'a water level',
        sequence: 'contiguous',
        fields: {
          height: { unit: 'm', about: 'height above datum' },
          flow: { unit: 'm³/s', about: 'flow, where the gauge measures it', optional: true },
        },
        text: { valve: 'state of the valve' },
      },
    }),
    create: ({ folder, delay, size }, host) => {
      const path = host.resolvePath(folder);
      const segments = async () =>
        (await readdir(path)).filter((name) => SEGMENT.test(name)).sort((a, b) => numberOf(a) - numberOf(b));

      const parse = (text: string, where: string) => {
        try {
          return z.union([loss, reading]).parse(JSON.parse(text));
        } catch {
          host.drop('bad_line', `${where}: ${text.slice(0, 40)}`);
          return undefined;
        }
      };

      return {
        async *read(from, signal) {
          const at: Place = from === null ? { ...START } : JSON.parse(from);
          let observations: Observation[] = [];
          let missing: Missing[] = [];
          const batch = (): SourceBatch => ({
            observations,
            missing,
            cursor: JSON.stringify(at),
            watermark: at.newest - delay,
          });
          for (const name of await segments()) {
            if (numberOf(name) < at.segment) continue;
            if (numberOf(name) > at.segment) Object.assign(at, { segment: numberOf(name), line: 0 });
            // What stands behind the last line break is still being written.
            const lines = (await readFile(join(path, name), 'utf8')).split('\n').slice(0, -1);
            for (const text of lines.slice(at.line)) {
              if (signal.aborted) return;
              const item = parse(text, `${name}:${at.line + 1}`);
              const lost = item !== undefined && 'lost' in item;
              // What is missing applies before the observations of its batch, so it begins one.
              if (observations.length >= size || (lost && observations.length > 0)) {
                yield batch();
                observations = [];
                missing = [];
              }
              at.line++;
              if (item === undefined) continue;
              if ('lost' in item) {
                missing.push({ key: '*', from: item.from * 1_000, to: item.to * 1_000, reason: 'spool full', count: item.lost });
                continue;
              }
              const time = item.time * 1_000;
              at.newest = Math.max(at.newest, time);
              observations.push({
                key: item.gauge,
                type: 'level',
                sequence: item.number,
                time,
                received: host.clock.now(),
                values: { height: item.level / 100, ...(item.flow === undefined ? {} : { flow: item.flow }) },
                text: { valve: item.valve },
              });
            }
          }
          yield batch(); // What is left.
        },
        // Segments that lie wholly behind what the engine has saved are done with.
        async commit(cursor) {
          const { segment } = JSON.parse(cursor) as Place;
          for (const name of await segments()) if (numberOf(name) < segment) await rm(join(path, name), { force: true });
        },
      };
    },
  });
};
