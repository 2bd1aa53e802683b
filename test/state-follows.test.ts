// State in a database: a pipeline that is killed goes on from another data folder, as on another machine.

import { afterAll, describe, expect, it } from 'vitest';
import { expectRich, expectSame, pipeline, writeBase } from './faults/killing.js';
import { ask, Bench, POSTGRES, type Running, tablesOf, writeRecording } from './support.js';

const bench = new Bench();
writeBase(bench);
afterAll(() => bench.dispose());

const why = POSTGRES ? '' : ' (skipped: QUANTSTREAM_TEST_POSTGRES names no database)';

describe.skipIf(!POSTGRES)(`checkpoints in PostgreSQL${why}`, () => {
  const schemas = [`stays_${process.pid}`, `moves_${process.pid}`] as const;
  const name = `moves-${process.pid}`;
  const committed = async () => {
    const rows = await ask<{ last: string }>(POSTGRES!, `SELECT last FROM quantstream_parts WHERE pipeline = '${name}'`).catch(
      () => [],
    );
    return Number(rows[0]?.last ?? 0);
  };
  afterAll(async () => {
    if (!POSTGRES) return;
    for (const schema of schemas) await ask(POSTGRES, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    for (const table of ['parts', 'checkpoints', 'states', 'blobs', 'labels'])
      await ask(POSTGRES, `DELETE FROM quantstream_${table} WHERE pipeline = '${name}'`);
  });

  /** Waits until a run has made so many checkpoints, or has ended. */
  async function after(running: Running, checkpoints: number): Promise<void> {
    const before = await committed();
    const ended = running.exit.then(() => 'ended' as const);
    while ((await committed()) < before + checkpoints)
      if ((await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))])) === 'ended') return;
  }

  it('bring a pipeline that is killed with -9 to another data folder, row for row', { timeout: 180_000 }, async () => {
    const recording = bench.path('BTCUSDT-trades-moves.csv');
    await writeRecording(recording, 12_000, { seed: 21 });
    const [stays, moves] = schemas;
    const whole = bench.write('stays.yaml', pipeline(name, recording, { url: POSTGRES!, schema: stays }));
    expect(await bench.run(['-p', whole], 'whole')).toMatchObject({ code: 0 });
    const expected = await tablesOf(POSTGRES!, stays);
    expectRich(expected, 12_000);

    const checkpoint = { every: '50ms', store: 'postgres', url: POSTGRES! };
    const file = bench.write('moves.yaml', { ...pipeline(name, recording, { url: POSTGRES!, schema: moves }), checkpoint });
    let kills = 0;
    for (let machine = 0; ; machine++) {
      const running = bench.start(['-p', file], `machine-${machine}`);
      if (machine < 5) {
        await after(running, 2 + machine);
        running.child.kill('SIGKILL');
      }
      const { code, signal, stderr } = await running.exit;
      if (signal === null) {
        expect(code, stderr).toBe(0);
        if (kills > 0) expect(stderr).toContain('resumes from the checkpoint of');
        break;
      }
      kills++;
    }
    expect(kills).toBeGreaterThanOrEqual(3);
    const found = await tablesOf(POSTGRES!, moves);
    expect(found.quantstream_fences).toHaveLength(1);
    const { quantstream_fences: _, ...rows } = found;
    const { quantstream_fences: __, ...wanted } = expected;
    expectSame(rows, wanted);

    const { stdout } = await bench.run(['checkpoint', 'show', file, '--json'], 'yet-another');
    const shown = JSON.parse(stdout);
    expect(shown).toMatchObject({ pipeline: file, keys: 1 });
    expect(shown.directory).not.toContain('postgres:postgres@');
    expect((await bench.run(['checkpoint', 'reset', file], 'yet-another')).stdout).toContain('is forgotten');
    expect(await committed()).toBe(0);

    // What somebody says on one machine, another one knows.
    const [episode] = await ask<{ id: string; key: string }>(
      POSTGRES!,
      `SELECT id, key FROM ${moves}.episodes ORDER BY id LIMIT 1`,
    );
    expect(await bench.run(['label', episode!.id, 'anomaly', '-p', file, '--note', 'seen'], 'here')).toMatchObject({ code: 0 });
    await ask(POSTGRES!, `DROP TABLE ${moves}.labels`);
    const told = await bench.run(['labels', '-p', file], 'there');
    expect(
      told.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([expect.objectContaining({ episode: episode!.id, key: episode!.key, kind: 'anomaly', note: 'seen' })]);
  });
});
