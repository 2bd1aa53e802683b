import { duration } from '@quantstream/engine';
import { z } from 'zod';
import { PLACE, SIGNALS, type Signal } from './columns.js';

const names = SIGNALS.map(({ name }) => name) as [string, ...string[]];

const wholeMilliseconds = (text: string) =>
  duration(text).refine((ms) => ms >= 1 && Number.isInteger(ms), 'expected whole milliseconds, at least 1ms');

/** What `with:` of the UAV features holds. */
export const configSchema = z
  .strictObject({
    every: wholeMilliseconds(
      'Time between two rows of a vehicle, in event time; rows stand at multiples of it since the epoch (UTC).',
    )
      .default(1_000)
      .meta({ unit: 'ms' }),
    staleAfter: wholeMilliseconds(
      'A value older than this is missing. A vehicle that was not heard at all for so long has no rows until it is heard again.',
    )
      .default(3_000)
      .meta({ unit: 'ms' }),
    columns: z
      .array(z.enum(names))
      .min(1)
      .default(names)
      .describe('Feature columns, in this order. Each needs the message that it is made of.'),
  })
  .superRefine(({ every, staleAfter, columns }, context) => {
    if (staleAfter < every) {
      const message = `staleAfter is ${staleAfter} ms and every is ${every} ms: values would be missing before the next row; raise staleAfter`;
      context.addIssue({ code: 'custom', path: ['staleAfter'], message });
    }
    columns.forEach((name, i) => {
      if (columns.indexOf(name) === i) return;
      context.addIssue({ code: 'custom', path: ['columns', i], input: name, message: `"${name}" is chosen twice` });
    });
  });

export type Settings = z.output<typeof configSchema>;

/** The signals of the row: latitude and longitude, then the chosen columns. */
export function signalsOf({ columns }: Settings): Signal[] {
  return [...PLACE, ...columns.map((name) => SIGNALS.find((signal) => signal.name === name)!)];
}
