import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkpointsIn } from '../src/compose/checkpoints.js';
import { Front } from '../src/stream/front/front.js';
import type { Summary } from '../src/vitals/summary.js';
import { distinct, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const source = (config: object) => ({ source: { use: './counter-source', with: { count: 1_000, ...config } } });
const uninterrupted = async (changes: object = {}) => {
  await shop.run(shop.pipeline(changes as Record<string, unknown>));
  const all = distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing');
  shop.forget();
  return all;
};

describe('a run', () => {
  it('judges every row once: rows, scores, anomalies with reasons, and episodes that open and close', async () => {
    const summary = await shop.run(shop.pipeline());
    expect(summary).toMatchObject({
      pipeline: 'test',
      ending: 'finished',
      observations: 1_000,
      rows: 100,
      verdicts: 89,
      missing: 0,
      dropped: {},
    });
    const lines = shop.lines();
    const anomalies = lines.filter(({ what, anomalous }) => what === 'verdict' && anomalous);
    expect(anomalies).toHaveLength(summary.anomalies);
    expect(summary.anomalies).toBeGreaterThan(0);
    expect(anomalies[0]).toMatchObject({
      id: 'test/key-0/window/1700000330000/0',
      raised: true,
      reason: expect.stringMatching(/^mean_(level|change) is /),
    });
    const contributions = Object.values(
      (anomalies[0] as never as { models: { z: { contributions: object } } }).models.z.contributions,
    ) as number[];
    expect(contributions.reduce((a, b) => a + b)).toBeCloseTo((anomalies[0]!.score as number) ** 2, 9);
    const episodes = lines.filter(({ what }) => what === 'episode');
    expect(new Set(episodes.map(({ status }) => status))).toEqual(new Set(['open', 'closed']));
    expect(lines.find(({ what, reason }) => what === 'verdict' && reason)).toMatchObject({
      reason: 'missing: mean_change',
      score: 'NaN',
    });
    expect(lines.filter(({ what, reason }) => what === 'verdict' && reason === 'learning')).toHaveLength(10);
  });

  it.each([1, 7, 4_096])('gives the same rows in batches of %i', async (batch) => {
    const expected = await uninterrupted(source({ keys: 3 }));
    await shop.run(shop.pipeline(source({ keys: 3, batch })));
    expect(distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing')).toEqual(expected);
  });

  it('keeps keys apart', async () => {
    await shop.run(shop.pipeline(source({ keys: 3 })));
    const together = distinct(shop.lines(), 'verdict').filter((line) => line.includes('key-0'));
    shop.forget();
    await shop.run(shop.pipeline(source({ keys: 1 })));
    expect(distinct(shop.lines(), 'verdict')).toEqual(together);
  });

  it('gives the same rows when all keys but two are spilled to disk', async () => {
    const changes = { ...source({ keys: 25, count: 200, batch: 3 }), alarms: { threshold: 2, cooldown: '60s' } };
    const expected = await uninterrupted(changes);
    const { pipeline } = await shop.compose(shop.pipeline({ ...changes, state: { keysInMemory: 2 } }));
    await pipeline.run(new AbortController().signal);
    expect(distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing')).toEqual(expected);
    expect(pipeline.vitals.keys).toBe(25);
  });
});

describe('a stream with faults', () => {
  const edited = async (edit: Record<number, object>, time: object = {}): Promise<Summary> =>
    shop.run(shop.pipeline({ ...source({ edit, batch: 10 }), time }));

  it('drops repeats, counts jumped ids as missing, and takes a straggler into a gap for what it is', async () => {
    // 500 repeats the id of 499; 601 stands before 600.
    const summary = await edited({ 500: { sequence: 500 }, 600: { sequence: 602 }, 601: { sequence: 601 } });
    expect(summary).toMatchObject({ duplicates: 1, missing: 2, observations: 999 });
    expect(shop.lines().filter(({ what }) => what === 'missing')).toEqual([
      expect.objectContaining({ key: 'key-0', reason: 'sequence gap', count: 1 }),
      expect.objectContaining({ key: 'key-0', reason: 'sequence gap', count: 1 }),
    ]);
  });

  it('stores a late observation and does not judge it', async () => {
    const late = 1_700_000_000_000 + 490_000;
    const summary = await edited({ 500: { time: late } });
    expect(summary).toMatchObject({ late: 1, observations: 1_000, rows: 100 });
    expect(shop.lines().filter(({ what, time }) => what === 'observation' && time === late)).toHaveLength(2);
  });

  it('judges an observation that is out of order within the lateness', async () => {
    const summary = await edited({ 500: { time: 1_700_000_000_000 + 497_500 } }, { lateness: '3s' });
    expect(summary).toMatchObject({ late: 0, rows: 100 });
  });

  it('refuses one wild stamp ahead of time, and what follows is not late', async () => {
    const summary = await edited({ 500: { time: 1_700_000_000_000 + 86_400_000 } });
    expect(summary).toMatchObject({ ahead: 1, late: 0, rows: 100, observations: 1_000 });
    shop.forget();
    expect(await edited({ 0: { time: 4e12 } })).toMatchObject({ ahead: 1, rows: 100, observations: 1_000 });
  });

  it('takes a pause for a pause', async () => {
    const edit = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [i + 500, { time: 1_700_000_000_000 + (i + 500) * 1_000 + 3_600_000 }]),
    );
    expect(await edited(edit)).toMatchObject({ ahead: 0, late: 0, rows: 100, observations: 1_000 });
  });

  it('ends with exit of a failure when a plugin throws, and names the key', async () => {
    const { pipeline } = await shop.compose(shop.pipeline(source({ edit: { 500: { level: 666 } } })));
    await expect(pipeline.run(new AbortController().signal)).rejects.toMatchObject({
      code: 'QS_PLUGIN_FAILED',
      message: expect.stringContaining('key-0: the level of the beast'),
    });
  });
});

describe('a source that breaks its own declaration', () => {
  it('has what it should not have sent dropped by reason, and the rest flows', async () => {
    const edit = [100, 200, 300, 400];
    const yaml = shop.pipeline({ source: { use: './careless-source', with: { edit: edit.map(String) } } });
    const summary = await shop.run(yaml);
    expect(summary).toMatchObject({
      observations: 996,
      dropped: { bad_time: 1, undeclared_type: 1, bad_value: 1, bad_sequence: 1 },
    });
    expect(shop.lines().every((line) => line.time === undefined || Number.isFinite(line.time))).toBe(true);
  });

  it('is told when it ended without a single observation, and when it was read before', async () => {
    const { doubts } = await shop.run(shop.pipeline(source({ count: 0 })));
    expect(doubts).toEqual([expect.stringContaining('without a single observation')]);
    await shop.run(shop.pipeline({ name: 'twice' }));
    const again = await shop.compose(shop.pipeline({ name: 'twice' }));
    await again.pipeline.run(new AbortController().signal);
    expect(again.log.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('--reset-state reads it again'));
  });
});

describe('a model whose score is none', () => {
  it.each([
    ['infinite', 'z gave an infinite score'],
    ['silent', 'z gave no score for a complete row'],
  ])('is named where it is %s, and raises nothing; learning is something else', async (breaks, reason) => {
    const model = { use: './deviation-model', columns: ['mean_level', 'mean_change'], with: { breaks } };
    const summary = await shop.run(shop.pipeline({ models: { z: model } }));
    expect(summary).toMatchObject({
      rows: 100,
      verdicts: 40,
      unscored: { learning: 10, 'missing: mean_change': 1, [reason]: 49 },
    });
    const unscored = shop.lines().filter(({ what, score }) => what === 'verdict' && score === 'NaN');
    expect(unscored.every(({ anomalous }) => anomalous === false)).toBe(true);
  });
});

describe('features that make no row', () => {
  it('are told of when the source ends, since nothing else would say so', async () => {
    const silent = await shop.run(shop.pipeline({ features: { use: './mean-features', with: { silent: true } } }));
    expect(silent.doubts).toEqual([expect.stringContaining('made no row')]);
    expect((await shop.run(shop.pipeline({ name: 'enough' }))).doubts).toEqual([]);
  });
});

describe('state', () => {
  it('resumes wherever it was stopped, row for row what an uninterrupted run gives', async () => {
    const changes = { ...source({ keys: 3, batch: 41 }), checkpoint: { every: '0ms' } };
    const expected = await uninterrupted(changes);
    for (const stopAfter of [1, 2, 30, 50]) {
      shop.forget();
      let runs = 0;
      for (let finished = false; !finished; runs++) {
        const { pipeline } = await shop.compose(shop.pipeline(changes));
        const stop = new AbortController();
        let batches = 0;
        const process = Front.prototype.process;
        const cut = vi.spyOn(Front.prototype, 'process').mockImplementation(function (this: Front, batch) {
          if (++batches === stopAfter) stop.abort(new Error('cut'));
          return process.call(this, batch);
        });
        finished = (await pipeline.run(stop.signal)) === 'finished';
        cut.mockRestore();
        expect(runs).toBeLessThan(500);
      }
      expect(runs).toBeGreaterThan(1);
      expect(
        distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing'),
        `stopped every ${stopAfter} batches`,
      ).toEqual(expected);
    }
  });

  it.each([false, true])(
    'drops what comes again before it can do anything, what is missing as well (with watermarks: %s)',
    async (wake) => {
      const given = (again: boolean) => shop.pipeline({ source: { use: './repeating-source', with: { again, wake } } });
      const once = await shop.run(given(false));
      const expected = distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing');
      shop.forget();
      const twice = await shop.run(given(true));
      expect(distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing')).toEqual(expected);
      expect(shop.lines().filter(({ what }) => what === 'missing')).toHaveLength(2);
      expect(once).toMatchObject({ missing: 8, duplicates: 0 });
      expect(twice).toEqual({
        ...once,
        duplicates: 10 + 89 + 100 + 2,
        seconds: twice.seconds,
        latencyMs: twice.latencyMs,
        observationsPerSecond: twice.observationsPerSecond,
        rssMb: twice.rssMb,
      });
    },
  );

  it('a second run of a finished recording writes nothing', async () => {
    await shop.run(shop.pipeline());
    const written = shop.lines().length;
    expect(await shop.run(shop.pipeline())).toMatchObject({ observations: 0, rows: 0, ending: 'finished' });
    expect(shop.lines()).toHaveLength(written);
  });

  it('refuses state that another configuration made, says what differs and names both ways on', async () => {
    await shop.run(shop.pipeline());
    const changed = shop.pipeline({ features: { use: './mean-features', with: { every: 5_000 } } });
    await expect(shop.run(changed)).rejects.toMatchObject({
      code: 'QS_STATE_SIGNATURE',
      message: expect.stringMatching(/features\.with\.every: was 10000, is 5000[\s\S]*--reset-state[\s\S]*another name/),
    });
    expect(await shop.run({ ...changed, name: 'other' })).toMatchObject({ rows: 200 });
  });

  it('refuses a second process on the same state', async () => {
    const { pipeline } = await shop.compose(shop.pipeline());
    const checkpoints = checkpointsIn(pipeline.plan.dataDirectory);
    const other = checkpoints.of('');
    await other.open();
    await expect(pipeline.run(new AbortController().signal)).rejects.toMatchObject({
      code: 'QS_STATE_LOCKED',
      message: expect.stringContaining(checkpoints.place('')),
    });
    await other.close();
  });

  it('without cursors it says that nothing is promised', async () => {
    const { pipeline } = await shop.compose(shop.pipeline(source({ resumable: false })));
    expect(pipeline.guarantee).toEqual({ lines: 'at-most-once' });
  });
});

describe('delivery', () => {
  it('retries a sink that fails, holds the pipeline meanwhile, and loses nothing', async () => {
    const { pipeline, log } = await shop.compose(
      shop.pipeline({ sinks: { lines: { use: './lines-sink', with: { path: './out.jsonl', failFirst: 3 } } } }),
    );
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
    expect(distinct(shop.lines(), 'observation')).toHaveLength(1_000);
    expect(log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringContaining('sink lines cannot write: the disk is on holiday'),
    ]);
    expect(log.lines.map(({ message }) => message)).toContain('sink lines accepts again');
  });

  it('stops at once while a sink has not opened yet', async () => {
    const { pipeline } = await shop.compose(shop.pipeline({ sinks: { lines: { use: './closed-sink' } } }));
    const stop = new AbortController();
    const ending = pipeline.run(stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 250);
    expect(await ending).toBe('stopped-waiting');
  });

  it('stops in time while a sink does not accept, and the next run goes on without loss', async () => {
    const broken = shop.pipeline({
      sinks: { lines: { use: './lines-sink', with: { path: './out.jsonl', failFirst: 1_000_000 } } },
    });
    const { pipeline } = await shop.compose(broken);
    const stop = new AbortController();
    const ending = pipeline.run(stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 300);
    expect(await ending).toBe('stopped-waiting');
    expect(await shop.run(shop.pipeline())).toMatchObject({ observations: 1_000 });
    expect(distinct(shop.lines(), 'observation')).toHaveLength(1_000);
  });
});

describe('the page for machines', () => {
  it('answers /live, /ready with reasons, and /metrics', async () => {
    const { pipeline, log } = await shop.compose(
      shop.pipeline({
        http: { listen: '127.0.0.1:0' },
        sinks: { lines: { use: './lines-sink', with: { path: './out.jsonl', failFirst: 1_000_000 } } },
      }),
    );
    const stop = new AbortController();
    const ending = pipeline.run(stop.signal);
    const address = () => log.lines.find(({ fields }) => typeof fields.url === 'string')?.fields.url as string | undefined;
    await vi.waitFor(() => expect(address()).toBeDefined(), 60_000);
    const get = async (path: string) => {
      const response = await fetch(address()! + path);
      return { status: response.status, body: await response.text() };
    };
    expect(await get('/live')).toEqual({ status: 200, body: '{"live":true}' });
    const reasons = ['sink lines does not accept: the disk is on holiday'];
    const refused = { status: 503, body: JSON.stringify({ ready: false, reasons }) };
    await vi.waitFor(async () => expect(await get('/ready')).toEqual(refused), 60_000);
    expect((await get('/metrics')).body).toContain('observations_total');
    stop.abort(new Error('enough'));
    await ending;
  });
});
