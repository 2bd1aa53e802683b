import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { checkpointsIn } from '../../engine/src/compose/checkpoints.js';
import { ask, Bench, POSTGRES, sharedData, tablesOf, withEmbedded, writeRecording } from '../support.js';
import { expectRich, expectSame, pipeline, plan, survive, uninterrupted, writeBase } from './killing.js';

const bench = new Bench();
writeBase(bench);
afterAll(() => bench.dispose());

describe('killed with SIGKILL and started again', () => {
  it('stores in the embedded database, row for row, what an uninterrupted run stores', { timeout: 240_000 }, async () => {
    const recording = bench.path('BTCUSDT-trades-generated.csv');
    await writeRecording(recording, 30_000);
    const file = bench.write('embedded.yaml', pipeline('kill', recording, { url: 'embedded' }));
    await bench.prepare('kill', 'whole');
    await bench.prepare('kill', 'cut');
    const ms = await uninterrupted(bench, file, 'whole');
    const expected = await withEmbedded(bench.path('whole'), 'kill', tablesOf);
    expectRich(expected, 30_000);

    const killed = await survive(bench, file, 'kill', 'cut', plan(6, 3), ms);
    expect(killed.midStream).toBeGreaterThanOrEqual(3);
    expectSame(await withEmbedded(bench.path('cut'), 'kill', tablesOf), expected);
  });
});

describe.skipIf(!POSTGRES)(
  `killed twenty times${POSTGRES ? '' : ' (skipped: QUANTSTREAM_TEST_POSTGRES names no database)'}`,
  () => {
    it('stores in PostgreSQL, row for row, what an uninterrupted run stores', { timeout: 300_000 }, async () => {
      const shared = sharedData('binance', 'btcusdt-trades-20260112.csv.gz');
      const recording = shared.present ? shared.path : bench.path('BTCUSDT-trades-generated-2.csv');
      if (!shared.present) await writeRecording(recording, 48_000, { seed: 12 });
      const schemas = [`whole_${process.pid}`, `cut_${process.pid}`] as const;
      const files = schemas.map((schema) =>
        bench.write(`${schema}.yaml`, pipeline('kill-20', recording, { url: POSTGRES!, schema })),
      );
      try {
        const ms = await uninterrupted(bench, files[0]!, 'whole-20');
        const expected = await tablesOf(POSTGRES!, schemas[0]);
        expectRich(expected, shared.present ? 48_344 : 48_000);

        const killed = await survive(bench, files[1]!, 'kill-20', 'cut-20', plan(20, 4), ms);
        expect(killed.midStream).toBeGreaterThanOrEqual(12);
        expectSame(await tablesOf(POSTGRES!, schemas[1]), expected);
      } finally {
        for (const schema of schemas) await ask(POSTGRES!, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      }
    });
  },
);

describe('how a stream is cut into batches', () => {
  it('changes no stored row: 1, 7 and 4,096 trades at a time', { timeout: 120_000 }, async () => {
    const recording = bench.path('BTCUSDT-trades-short.csv');
    await writeRecording(recording, 1_500, { seed: 13, tradesPerSecond: 3 });
    if (!POSTGRES) await bench.prepare('batches', 'batches');
    const sizes = [4_096, 7, 1];
    const schemaOf = (batch: number) => `batches_${process.pid}_${batch}`;
    for (const batch of sizes) {
      const database = { url: POSTGRES ?? 'embedded', schema: schemaOf(batch) };
      const file = bench.write('batches.yaml', pipeline('batches', recording, database));
      rmSync(checkpointsIn(bench.path('batches', 'batches')).place(''), { recursive: true, force: true });
      await bench.summary(file, [`source.with.batch=${batch}`], 'batches');
    }
    const results: Record<string, string[]>[] = [];
    const look = async (url: string) => {
      for (const batch of sizes) results.push(await tablesOf(url, schemaOf(batch)));
      await ask(url, ...sizes.map((batch) => `DROP SCHEMA ${schemaOf(batch)} CASCADE`));
    };
    await (POSTGRES ? look(POSTGRES) : withEmbedded(bench.path('batches'), 'batches', look));
    expect(results[0]!.trades).toHaveLength(1_500);
    expect(results[0]!.anomalies!.length).toBeGreaterThan(0);
    expectSame(results[1]!, results[0]!);
    expectSame(results[2]!, results[0]!);
  });
});
