// An example of a live source: readings that a gateway of gauges sends over TCP, a JSON text a line.

import { connect } from 'node:net';
import type { Observation, SourceBatch, Toolkit } from '../../../src/api/index.js';

/** How often what has come is handed on, ms. */
const EVERY = 50;
/** The longest line, in characters; what never ends is not collected. */
const LONGEST = 10_000;

export default ({ defineSource, duration, z }: Toolkit) => {
  // {"now":1767225600500}, ms since the epoch: first of all, then several times a second. Every reading up to then has been sent.
  const clock = z.object({ now: z.number().positive() });
  // {"gauge":"north","number":17,"time":1767225600250,"level":3.12}, in m.
  const reading = z.object({
    gauge: z.string().regex(/^\P{Surrogate}+$/u),
    number: z.int().positive(),
    time: z.number().positive(),
    level: z.number(),
  });

  return defineSource({
    name: 'gateway',
    api: 1,
    about: 'Water levels that a gateway sends over TCP',
    config: z.strictObject({
      address: z.string().default('127.0.0.1').describe('name or address of the gateway'),
      port: z.int().min(1).max(65_535).describe('its port'),
      pause: duration('how long to wait before the next attempt to connect').default(1_000).meta({ unit: 'ms' }),
    }),
    emits: () => ({
      level: { about: 'a water level', sequence: 'contiguous', fields: { height: { unit: 'm', about: 'height above datum' } } },
    }),
    resumable: () => false,
    create: ({ address, port, pause }, host) => {
      const queue: SourceBatch[] = [];
      /** How far the gateway's time has come, and had come when it was lost. */
      let told = 0;
      let lostAt: number | undefined;

      const parse = (text: string) => {
        try {
          return z.union([clock, reading]).parse(JSON.parse(text));
        } catch {
          host.drop('bad_line', text.slice(0, 40));
          return undefined;
        }
      };

      const take = (lines: readonly string[]) => {
        const observations: Observation[] = [];
        for (const item of lines.map(parse)) {
          if (item === undefined) continue;
          if ('now' in item) {
            if (lostAt !== undefined) {
              const missing = [{ key: '*', from: lostAt, to: item.now, reason: 'disconnected' }];
              queue.push({ observations: [], missing, cursor: null });
              lostAt = undefined;
            }
            told = Math.max(told, item.now);
            continue;
          }
          const { gauge: key, number: sequence, time, level } = item;
          observations.push({ key, type: 'level', sequence, time, received: host.clock.now(), values: { height: level } });
        }
        queue.push({ observations, cursor: null, watermark: told });
      };

      /** Connects again and again until the signal aborts. */
      const listen = async (signal: AbortSignal) => {
        for (;;) {
          let trouble = 'the gateway has closed the connection';
          try {
            const socket = connect({ host: address, port, signal });
            let rest = '';
            for await (const chunk of socket.setEncoding('utf8')) {
              host.trouble(undefined);
              const lines = `${rest}${chunk}`.split('\n');
              rest = lines.pop()!;
              take(lines);
              if (rest.length <= LONGEST) continue;
              host.drop('bad_line', `longer than ${LONGEST} characters: ${rest.slice(0, 40)}`);
              rest = '';
            }
          } catch (error) {
            trouble = `the gateway cannot be reached: ${(error as Error).message}`;
          }
          if (signal.aborted) return;
          host.trouble(trouble);
          if (told > 0) lostAt ??= told;
          await host.clock.sleep(pause, signal).catch(() => {});
        }
      };

      return {
        async *read(_, signal) {
          const stop = new AbortController();
          const listening = listen(AbortSignal.any([signal, stop.signal]));
          try {
            while (!signal.aborted) {
              await host.clock.sleep(EVERY, signal).catch(() => {});
              // Silence is told as well.
              if (queue.length === 0) queue.push({ observations: [], cursor: null, watermark: told });
              yield* queue.splice(0);
            }
          } finally {
            stop.abort();
            await listening;
          }
        },
      };
    },
  });
};
