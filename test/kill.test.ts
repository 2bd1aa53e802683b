import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { checkpointDirectory } from '../engine/src/compose/folders.js';
import { expectRich, expectSame, pipeline, survive, uninterrupted, writeBase } from './killing.js';
import { ask, Bench, POSTGRES, tablesOf, withEmbedded, writeRecording } from './support.js';

const bench = new Bench();
writeBase(bench);
afterAll(() => bench.dispose());

describe('killed with SIGKILL and started again', () => {
  it('stores in the embedded database, row for row, what an uninterrupted run stores', { timeout: 120_000 }, async () => {
    const recording = bench.path('BTCUSDT-trades-generated.csv');
    await writeRecording(recording, 12_000);
    const file = bench.write('embedded.yaml', pipeline('kill', recording, { url: 'embedded' }));
    await bench.prepare('kill', 'whole');
    await bench.prepare('kill', 'cut');
    const ms = await uninterrupted(bench, file, 'whole');
    const expected = await withEmbedded(bench.path('whole'), 'kill', tablesOf);
    expectRich(expected, 12_000);

    const killed = await survive(bench, file, 'kill', 'cut', [{ starting: 1_000 }, { checkpoint: 9 }], ms);
    expect(killed.midStream).toBeGreaterThanOrEqual(1);
    expectSame(await withEmbedded(bench.path('cut'), 'kill', tablesOf), expected);
  });
});

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
      rmSync(checkpointDirectory(bench.path('batches', 'batches')), { recursive: true, force: true });
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
