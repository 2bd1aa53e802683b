// Dead letters of a pipeline: put away, looked at, given again.

import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { withLetters } from '../src/compose/letters/dead-letters.js';
import { lettersOf } from '../src/compose/letters/kept.js';
import { type Replayed, type ReplayOptions, replay } from '../src/compose/letters/replay.js';
import { systemClock } from '../src/ports/clock.js';
import type { DeadLetters } from '../src/ports/dead-letters.js';
import { silentLog } from '../src/ports/log.js';
import { MemoryMetrics } from '../src/ports/metrics.js';
import { VERSION } from '../src/spec/version.js';
import { Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());

const REFUSED = [3, 7, 20];
const choosy = (more: object = {}) =>
  shop.pipeline({
    source: { use: './counter-source', with: { count: 40, keys: 2, batch: 8, edit: { 14: { level: Number.MAX_VALUE } } } },
    sinks: { db: { use: './choosy-sink', with: { path: './out.jsonl', lenient: './lenient', refuse: REFUSED, ...more } } },
  });
const LETTERS = join(shop.directory, 'data', 'test', 'dead-letters.jsonl');
const outside = { clock: systemClock, log: silentLog, metrics: new MemoryMetrics() };
const mend = () => shop.write('lenient', '');
const written = () => shop.lines().map(({ key, sequence }) => `${key}/${sequence}`);

beforeEach(() => {
  shop.forget();
  rmSync(join(shop.directory, 'lenient'), { force: true });
});

async function replayed(options: Partial<ReplayOptions> = {}, letters: (real: DeadLetters) => DeadLetters = (real) => real) {
  const plan = await shop.plan(choosy());
  const all: Replayed[] = [];
  await withLetters(plan, outside, async (real) => {
    const every = { dryRun: false, foreign: false, ...options };
    for await (const one of replay(plan, outside, letters(real), every, new AbortController().signal)) all.push(one);
  });
  return all.map(({ place, outcome, why }) => ({ place, outcome, ...(why === undefined ? {} : { why }) }));
}

const kept = async () =>
  withLetters(await shop.plan(choosy()), outside, async (letters) => (await lettersOf(letters, {}, true)).kept);

describe('dead letters', () => {
  it('say what was refused, why, where, and by which versions, in the order of the stream', async () => {
    expect(await shop.run(choosy())).toMatchObject({ observations: 80, deadLettered: 6 });
    const all = await kept();
    expect(all.map(({ letter }) => (letter.record as { sequence: number }).sequence)).toEqual([3, 3, 7, 7, 20, 20]);
    expect(all[0]).toMatchObject({
      state: 'waiting',
      times: 1,
      letter: {
        engine: VERSION,
        plugin: { name: 'choosy', version: '' },
        pipeline: 'test',
        part: 'db',
        kind: 'observation',
        code: 'refused',
        reason: 'it is number 3',
        place: { sink: 'db', table: 'readings', key: 'key-0' },
        record: { key: 'key-0', sequence: 3, type: 'reading' },
      },
    });
    // A restart that judges again repeats them: each is one letter.
    rmSync(join(shop.directory, 'data', 'test', 'state'), { recursive: true, force: true });
    await shop.run({ ...choosy(), checkpoint: { store: 'memory' } });
    expect((await kept()).map(({ letter, times }) => [letter.id, times])).toEqual(all.map(({ letter }) => [letter.id, 2]));
  });

  it('are given again to their sink in order, and marked as it takes them', async () => {
    await shop.run(choosy());
    expect(await replayed({ dryRun: true })).toHaveLength(6);
    const before = written();
    const refused = await replayed();
    expect(refused.map(({ outcome, why }) => [outcome, why])).toEqual(
      [3, 3, 7, 7, 20, 20].map((sequence) => ['refused', `it is number ${sequence}`]),
    );
    expect(written()).toEqual(before);
    expect((await kept()).map(({ state, again }) => [state, again])[0]).toEqual(['refused', 'it is number 3']);
    mend();
    const some = (await kept()).slice(2, 4).map(({ letter }) => letter.id);
    expect(await replayed({ ids: some })).toEqual([
      { place: 'db/readings/key-0', outcome: 'replayed' },
      { place: 'db/readings/key-1', outcome: 'replayed' },
    ]);
    expect((await replayed()).map(({ outcome }) => outcome)).toEqual(['replayed', 'replayed', 'replayed', 'replayed']);
    expect(written().slice(before.length)).toEqual(['key-0/7', 'key-1/7', 'key-0/3', 'key-1/3', 'key-0/20', 'key-1/20']);
    // What is done is done, unless it is named.
    expect(await replayed()).toEqual([]);
    expect(await replayed({ ids: some.slice(0, 1) })).toEqual([
      { place: 'db/readings/key-0', outcome: 'left', why: 'it was replayed before' },
    ]);
    expect(written().length).toBe(80);
  });

  it('are repeated by a crash between acceptance and mark, and by no other', async () => {
    await shop.run(choosy());
    mend();
    let marks = 0;
    const crashing = (real: DeadLetters): DeadLetters => ({
      place: real.place,
      read: () => real.read(),
      close: () => real.close(),
      put: async (entry) => {
        if (++marks === 3) throw new Error('killed');
        await real.put(entry);
      },
    });
    const before = written().length;
    await expect(replayed({}, crashing)).rejects.toThrow('killed');
    expect(written().slice(before)).toEqual(['key-0/3', 'key-1/3', 'key-0/7']);
    expect((await replayed()).length).toBe(4);
    expect(written().slice(before + 3)).toEqual(['key-0/7', 'key-1/7', 'key-0/20', 'key-1/20']);
  });

  it('of what is no more, or not known, are left alone', async () => {
    await shop.run(choosy());
    const [line] = readFileSync(LETTERS, 'utf8').split('\n');
    const letter = JSON.parse(line!) as object;
    for (const [id, more] of Object.entries({ a: { part: 'gone' }, b: { kind: 'poem' }, c: { kind: 'record' } }))
      appendFileSync(LETTERS, `${JSON.stringify({ ...letter, id, ...more })}\n`);
    expect(await replayed({ ids: ['a', 'b', 'c'].filter((id) => id.length === 1), code: 'refused' })).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ outcome: 'left', why: 'the pipeline has no sink gone any more' }),
        expect.objectContaining({ outcome: 'left', why: 'nothing is known of records of the kind poem' }),
        expect.objectContaining({ outcome: 'left', why: 'the pipeline has no channel any more' }),
      ]),
    );
  });

  it('are looked at and given again by commands', async () => {
    const file = shop.write('p.yaml', choosy());
    await shop.run(choosy());
    appendFileSync(LETTERS, '{"torn\n');
    const list = await shop.engine('dlq', 'list', '-p', file);
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(
      /^CODE +PLACE +LETTERS +WAITING +FIRST +LAST\nrefused +db\/readings +6 +6 +\S+Z +\S+Z\n\nthe newest:\n/,
    );
    expect(list.stderr).toMatch(/1 letter cannot be read, the first in .*dead-letters\.jsonl:7: it is not JSON/);
    const json = JSON.parse((await shop.engine('dlq', 'list', '-p', file, '--json', '--place', 'key-1')).stdout) as {
      id: string;
    }[];
    expect(json).toHaveLength(3);
    const show = await shop.engine('dlq', 'show', json[0]!.id.slice(0, 10), '-p', file);
    expect(show.stdout).toMatch(/^place +db\/readings\/key-1$/m);
    expect(show.stdout).toMatch(/^refused by choosy, as db of test, engine \d/m);
    expect(show.stdout).toMatch(/"sequence": 3/);
    expect(await shop.engine('dlq', 'show', 'nothing', '-p', file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no letter "nothing"'),
    });
    expect((await shop.engine('dlq', 'list', '-p', file, '--since', 'yesterday')).code).toBe(2);
    const refused = await shop.engine('dlq', 'replay', '-p', file, '--place', 'key-0');
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(/1 letter refused again: it is number 20/);
    mend();
    expect(await shop.engine('dlq', 'replay', '-p', file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^6 letters replayed\n/),
    });
  });
});
