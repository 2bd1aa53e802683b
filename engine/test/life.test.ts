import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkpointsIn, readLives } from '../src/compose/checkpoints.js';
import { requestsOf } from '../src/compose/folders.js';
import { Front } from '../src/stream/front/front.js';
import { distinct, type Line, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

/** Two keys, a row a second for two hours, calibrated after half an hour; a younger model every 2,500 rows. */
const changes = (life: object = {}) => ({
  source: { use: './counter-source', with: { count: 7_200, keys: 2, batch: 501 } },
  features: { use: './mean-features', with: { every: 1_000 } },
  models: {
    z: {
      use: './deviation-model',
      columns: ['mean_change'],
      transform: { standardize: '10m' },
      life: { window: 1_000, refitEvery: 2_500, ...life },
    },
    again: { use: './deviation-model', columns: ['mean_change'], transform: { standardize: '5m', signedLog: true } },
  },
  alarms: {
    perDay: 300,
    cooldown: '20s',
    release: 5,
    calibration: { atLeast: '30m', halfLife: '6h', guard: '30s', longest: '10m' },
  },
  checkpoint: { every: '0ms' },
});
const ALL = ['observation', 'verdict', 'episode', 'missing'] as const;

/** Runs to the end, stopped after every so many batches. @returns how many runs that took */
async function inPieces(pipeline: object, stopAfter: number): Promise<number> {
  for (let runs = 1; ; runs++) {
    const { pipeline: made } = await shop.compose(pipeline);
    const stop = new AbortController();
    let batches = 0;
    const process = Front.prototype.process;
    const cut = vi.spyOn(Front.prototype, 'process').mockImplementation(function (this: Front, batch) {
      if (++batches === stopAfter) stop.abort(new Error('cut'));
      return process.call(this, batch);
    });
    const ending = await made.run(stop.signal);
    cut.mockRestore();
    if (ending === 'finished') return runs;
  }
}

const versions = (lines: readonly Line[]) => [
  ...new Set(
    lines.flatMap(({ what, models }) => (what === 'verdict' ? [(models as Record<string, { version: string }>).z!.version] : [])),
  ),
];

describe('a pipeline with a budget and models that live', () => {
  it('resumes anywhere: in an episode, in a calibration, in a candidate; the same episodes, scores and versions', async () => {
    await shop.run(shop.pipeline(changes()));
    const lines = shop.lines();
    const expected = distinct(lines, ...ALL);
    expect(versions(lines)).toEqual(['g1/running', 'g2/running']);
    const episodes = lines.filter(({ what, status }) => what === 'episode' && status === 'closed');
    expect(episodes.length).toBeGreaterThan(4);
    expect(episodes.some(({ rows }) => (rows as number) > 1)).toBe(true);
    for (const stopAfter of [1, 3]) {
      shop.forget();
      expect(await inPieces(shop.pipeline(changes()), stopAfter)).toBeGreaterThan(5);
      expect(distinct(shop.lines(), ...ALL), `stopped every ${stopAfter} batches`).toEqual(expected);
    }
  });

  it('says uncalibrated until it has seen enough, and names columns, what is usual and how often it is to be expected', async () => {
    await shop.run(shop.pipeline(changes()));
    const verdicts = shop.lines().filter(({ what, key }) => what === 'verdict' && key === 'key-0');
    expect(verdicts[1_000]).toMatchObject({
      calibrated: false,
      anomalous: false,
      reason: expect.stringMatching(/^uncalibrated \(\d+ %\)$/),
    });
    expect(verdicts.slice(1_900).every(({ calibrated }) => calibrated)).toBe(true);
    const found = verdicts.filter(({ anomalous }) => anomalous);
    expect(found[0]!.reason).toMatch(/^mean_change .* \(usually .*\); rarer than anything in 33 min of calibration$/);
    for (const { score, threshold } of found) expect(score as number).toBeGreaterThan(threshold as number);
  });

  it('goes back to the model before when asked, keeps that over a restart, and forgets the request', async () => {
    const { pipeline } = await shop.compose(shop.pipeline(changes()));
    const { dataDirectory } = pipeline.plan;
    await pipeline.run(new AbortController().signal);
    const lives = async () => (await readLives(checkpointsIn(dataDirectory), '')).filter(({ model }) => model === 'z');
    expect((await lives()).map(({ key, life }) => [key, life.generation, life.previous?.generation])).toEqual([
      ['key-0', 2, 1],
      ['key-1', 2, 1],
    ]);
    const requests = requestsOf(dataDirectory);
    requests.put({ action: 'rollback', model: 'z', key: 'key-1' }, Date.now());
    requests.put({ action: 'promote', model: 'z' }, Date.now() + 1);
    const second = await shop.compose(shop.pipeline(changes()));
    await second.pipeline.run(new AbortController().signal);
    expect((await lives()).map(({ key, life }) => [key, life.generation])).toEqual([
      ['key-0', 2],
      ['key-1', 1],
    ]);
    expect(second.log.lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('z of key-1: rolled-back (generation 1)'),
        'z of key-0: cannot promote: there is no candidate',
      ]),
    );
    expect(requests.pending()).toEqual([]);
  });

  it('is refused where it cannot be', async () => {
    const { alarms: _, ...rest } = changes();
    await expect(shop.plan(shop.pipeline({ ...rest, alarms: { threshold: 4 } }))).rejects.toThrow('life needs alarms.perDay');
    await expect(shop.plan(shop.pipeline({ ...changes(), alarms: { perDay: 5, combine: 'all' } }))).rejects.toThrow(
      'with perDay expected sum, max or any',
    );
    await expect(shop.plan(shop.pipeline({ ...changes(), groups: { a: ['x', 'y'], b: ['y'] } }))).rejects.toThrow(
      'key "y" stands in the groups a and b',
    );
  });
});
