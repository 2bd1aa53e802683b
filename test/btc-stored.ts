// The shipped market pipeline on a recording, and what it has stored.

import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { ask, Bench, POSTGRES, ROOT, withEmbedded } from './support.js';

export const bench = new Bench();
const schemas: string[] = [];
afterAll(async () => {
  for (const schema of schemas) await ask(POSTGRES!, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  bench.dispose();
});

export const PANDAS = join(ROOT, 'plugins', 'features-market', 'scripts', 'reference_pandas.py');
export const FIXTURES = join(ROOT, 'plugins', 'features-market', 'test', 'fixtures');
export const python = process.env.QUANTSTREAM_PYTHON;

type Cells = Record<string, string>;
interface Bar extends Record<string, unknown> {
  readonly time: number;
}

/** The shipped pipeline under a name of its own, on a recording, without console and HTTP. */
export function shipped(name: string, recording: string, columns?: readonly string[]): string {
  const schema = POSTGRES ? `${name}_${process.pid}` : 'public';
  if (POSTGRES) schemas.push(schema);
  return bench.write(`${name}.yaml`, {
    extends: join(ROOT, 'pipelines', 'btc.yaml'),
    name,
    source: { with: { connect: `file:${recording}`, symbols: null } },
    ...(columns ? { features: { with: { columns } } } : {}),
    sinks: { console: null, database: { with: { url: POSTGRES ?? 'embedded', schema } } },
    http: null,
  });
}

/** Looks at what a pipeline has stored. */
export function look<T>(name: string, action: (url: string, schema: string) => Promise<T>): Promise<T> {
  return POSTGRES
    ? action(POSTGRES, `${name}_${process.pid}`)
    : withEmbedded(bench.path('data'), name, (url) => action(url, 'public'));
}

export const barsOf = (name: string) =>
  look(name, async (url, schema) => {
    const stored = `SELECT b.*, (extract(epoch FROM b.time) * 1000)::float8 AS ms FROM ${schema}.bars AS b ORDER BY b.time`;
    return (await ask<{ ms: number }>(url, stored)).map((bar): Bar => ({ ...bar, time: bar.ms }));
  });

export function table(text: string): Cells[] {
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

/** A line of the fixture without its last cell, the id. */
export const withoutLast = (line: string) => line.slice(0, line.lastIndexOf(','));

/** Nine digits, and 1e-12 for what doubles leave of sums that cancel. */
export function expectBars(bars: readonly Bar[], expected: readonly Cells[]): void {
  expect(bars).toHaveLength(expected.length);
  bars.forEach((bar, i) => {
    for (const [name, text] of Object.entries(expected[i]!)) {
      const place = `${name} of bar ${i}: ${bar[name]}, pandas ${text}`;
      if (text === '') expect(bar[name], place).toBeNull();
      else {
        expect(bar[name], place).toBeTypeOf('number');
        expect(Math.abs((bar[name] as number) - Number(text)), place).toBeLessThanOrEqual(1e-9 * Math.abs(Number(text)) + 1e-12);
      }
    }
  });
}
