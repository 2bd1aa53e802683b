// Durations and units as people write them.

import { z } from 'zod';

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const EXPECTED = 'expected a duration such as 250ms, 30s, 5m, 2h or 1d';
const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `30s`, `250ms`, `1.5h`, `2d` as milliseconds, or `undefined` if it is none. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  return match ? Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS] : undefined;
}

/** Milliseconds as a user would write them: `5000` is `5s`. */
export function formatDuration(ms: number): string {
  const [unit, length] = Object.entries(MILLISECONDS).findLast(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  return `${ms / length}${unit}`;
}

/** Milliseconds as a person says them: `8 s`, `2.5 min`, `30 days`. */
export function sayDuration(ms: number): string {
  const said = (length: number, unit: string) => `${Number((ms / length).toPrecision(2))} ${unit}`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return said(1_000, 's');
  if (ms < 7_200_000) return said(60_000, 'min');
  return ms < 172_800_000 ? said(3_600_000, 'h') : said(86_400_000, 'days');
}

/**
 * Schema of a length of time: text with a unit in the file, milliseconds in code.
 * @example z.object({ every: duration('how often').default(5_000) })
 */
export function duration(description: string) {
  return z
    .string({ error: EXPECTED })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined) return ms;
      context.issues.push({ code: 'custom', input: text, message: EXPECTED });
      return z.NEVER;
    })
    .meta({ description, format: 'duration' });
}
