// Several threads judge as one does: batch by batch, whatever comes, wherever it is stopped and with however many it goes on.

import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startEngine } from '../../test/command-line.js';
import { PortLine } from '../src/adapters/threads.js';
import {
  NOT_OBSERVED,
  type Observation,
  type Outlook,
  QuantStreamError,
  random,
  type SinkBatch,
  type SourceBatch,
} from '../src/api/index.js';
import { coreSettings } from '../src/compose/container.js';
import { EntityFactory, type EntityHosts } from '../src/judge/entity.js';
import type { CoreSettings } from '../src/judge/settings.js';
import { MemoryCheckpoints } from '../src/ports/checkpoints.js';
import { decode, encode } from '../src/state/codec.js';
import { JudgedHere, type Judgement, type JudgementParts, type SavedJudgement } from '../src/stream/judgement.js';
import { JudgedInThreads } from '../src/stream/threads/judged-in-threads.js';
import { judgeFor } from '../src/stream/threads/judging.js';
import type { Plea } from '../src/stream/threads/messages.js';
import { Tally } from '../src/vitals/tally.js';
import { distinct, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());

const START = 1_700_000_000_000;
const host = { pipeline: 'test', part: 'test', log: { debug() {}, info() {}, warn() {}, error() {} } };
const metrics = { counter: () => ({ add() {} }), gauge: () => ({ set() {} }), histogram: () => ({ observe() {} }) };
const hosts: EntityHosts = {
  features: { ...host, metrics },
  model: ({ columns }) => ({ ...host, metrics, columns }),
  life() {},
  warmUp() {},
};

/** Something that judges, and what it has counted. */
interface Judging {
  readonly judgement: Judgement;
  readonly tally: Tally;
  readonly refused: Map<string, number>;
  close(): void;
}

/** @param threads 1: this thread */
function judging(settings: CoreSettings, store: MemoryCheckpoints, threads: number): Judging {
  const tally = new Tally(
    settings.models.map(({ name }) => name),
    settings.schema.row.columns.map(({ name }) => name),
  );
  const refused = new Map<string, number>();
  const add = (reason: string, count = 1) => void refused.set(reason, (refused.get(reason) ?? 0) + count);
  const parts: JudgementParts = {
    settings,
    factory: new EntityFactory(settings, hosts),
    tally,
    refusals: {
      refuse: (reason, _, count) => add(reason, count),
      passedOver: (reason, _, count) => add(reason, count),
      behind: (_, count) => add('behind', count),
    },
  };
  if (threads === 1) return { judgement: new JudgedHere(parts, store), tally, refused, close() {} };
  const stores = new Map();
  const channels = Array.from({ length: threads }, () => new MessageChannel());
  const lines = channels.map(({ port1, port2 }, nth) => {
    const line = new PortLine(port1);
    line.answer((plea) => stores.get((plea as Plea).lane)(plea, line));
    judgeFor({ settings, factory: new EntityFactory(settings, hosts), share: { nth, of: threads }, line: new PortLine(port2) });
    return line;
  });
  const close = () => channels.forEach(({ port1 }) => void port1.close());
  return { judgement: new JudgedInThreads(parts, lines, store, 3, stores, 17), tally, refused, close };
}

/** A stream in batches with everything that may go wrong in one. */
function stream(seed: number, keys: number, live: boolean): SourceBatch[] {
  const next = random(seed);
  const among = (count: number) => Math.floor(next() * count);
  const sequences = new Map<string, number>();
  const batches: SourceBatch[] = [];
  let time = START;
  for (let b = 0; b < 30; b++) {
    const observations: Observation[] = [];
    for (let left = 1 + among(60); left > 0; left--) {
      time += among(1_500);
      const key = `key-${among(keys)}`;
      const known = sequences.get(key) ?? 0;
      // Mostly the next id; sometimes some were lost, sometimes it was there before.
      const sequence = known + (next() < 0.9 ? 1 : among(6) - 2);
      sequences.set(key, Math.max(known, sequence));
      const off = next() < 0.95 ? 0 : next() < 0.8 ? -among(40_000) : among(200_000);
      observations.push({
        key,
        type: 'reading',
        sequence,
        time: time + off,
        received: time,
        values: { level: next() + (next() < 0.02 ? 50 : 0), ...(next() < 0.2 ? { extra: next() } : {}) },
        ...(next() < 0.1 ? { text: { words: `word ${b}` } } : {}),
        ...(next() < 0.5 ? { sender: `host-${among(3)}` } : {}),
      });
    }
    const said = next();
    const reason = said < 0.05 ? NOT_OBSERVED : 'disconnected';
    const key = said < 0.07 ? '*' : `key-${among(2 * keys)}`;
    const missing = said < 0.15 ? [{ key, from: time - 5_000, to: time, reason }] : [];
    batches.push({
      observations,
      ...(missing.length > 0 ? { missing } : {}),
      ...(live || next() < 0.1 ? { watermark: time - among(2_000) } : {}),
      cursor: String(b),
    });
  }
  return batches;
}

/** A store that takes nothing for a while, now and then, and takes its time. */
class MoodyStore extends MemoryCheckpoints {
  failing = false;
  override put(...given: Parameters<MemoryCheckpoints['put']>): void {
    if (this.failing) throw new QuantStreamError('QS_DISK_FULL', 'the disk is full', { retry: true });
    super.put(...given);
  }
  override async makeRoom(): Promise<void> {
    await new Promise(setImmediate);
  }
}

/** Does something that may fail for a while. */
const tried = (action: Promise<void>): Promise<void> =>
  action.catch((error) => {
    if (error.code !== 'QS_DISK_FULL') throw error;
  });

/** Judges a stream; at some of its batches it is stopped, forgets all, and goes on from its last checkpoint. */
async function judged(
  settings: CoreSettings,
  batches: readonly SourceBatch[],
  threads: readonly number[],
  stops: readonly number[],
  moody = false,
) {
  const store = new MoodyStore();
  const out: SinkBatch[] = [];
  let turn = 0;
  let now = judging(settings, store, threads[0]!);
  await store.open();
  await now.judgement.begin(undefined);
  const save = async (at: number) => {
    const saved = await now.judgement.save();
    await store.commit(encode({ ...saved, at }));
    now.judgement.committed();
  };
  await save(0);
  const waiting = [...stops];
  for (let b = 0; b < batches.length; b++) {
    if (b === waiting[0]) {
      waiting.shift();
      now.close();
      now = judging(settings, store, threads[++turn % threads.length]!);
      const { meta } = (await store.open())!;
      const saved = decode(meta) as SavedJudgement & { at: number };
      await now.judgement.begin(saved);
      b = saved.at;
    }
    store.failing = moody && b % 5 < 3;
    out[b] = await now.judgement.judge(batches[b]!);
    await tried(now.judgement.spill());
    if (b % 3 === 2) await tried(save(b + 1));
  }
  store.failing = false;
  const end = await now.judgement.flush();
  await save(batches.length);
  const { judgement, tally, refused } = now;
  const keys = [...store.entries()].sort((a, b) => (a.key < b.key ? -1 : 1));
  now.close();
  return { out: [...out, end], now: judgement.now, keys, tally, refused, kept: judgement.keys };
}

const VARIANTS: readonly [name: string, settings: object][] = [
  ['a threshold', {}],
  ['lateness and silence', { time: { lateness: '3s' }, alarms: { threshold: 4, cooldown: '10s', silence: '20s' } }],
  ['a budget', { alarms: { perDay: 200, cooldown: '10s' } }],
  ['few keys in memory', { state: { keysInMemory: 3 }, time: { lateness: '1s' } }],
  ['few keys at all', { state: { maxKeys: 7, maxKeysPerSender: 2 } }],
  ['groups', { groups: { pair: ['key-0', 'key-1'], trio: ['key-2', 'key-3', 'key-4'] }, state: { keysInMemory: 2 } }],
];

describe.each(VARIANTS)('with %s', (name, changes) => {
  it.each([1, 2, 3])('gives what one thread gives, batch by batch (stream %i)', async (seed) => {
    const pipeline = shop.pipeline({ features: { use: './mean-features', with: { every: 5_000 } }, ...changes });
    const settings = coreSettings(await shop.plan(pipeline, `${name.replaceAll(' ', '-')}-${seed}.yaml`));
    const batches = stream(seed, 12, seed % 2 === 0);
    const expected = await judged(settings, batches, [1], []);
    expect(expected.tally.counts.rows).toBeGreaterThan(50);
    for (const threads of [2, 3, 5]) expect(await judged(settings, batches, [threads], [])).toEqual(expected);
    // Stopped, and gone on with in other numbers: what is counted is then that of the last stretch.
    const alone = await judged(settings, batches, [1], [5, 13, 23]);
    for (const threads of [
      [2, 1, 3, 2],
      [4, 3, 1, 5],
    ]) {
      const found = await judged(settings, batches, threads, [5, 13, 23]);
      expect(found).toEqual(alone);
      expect(found.out).toEqual(expected.out);
    }
    // With a store that takes nothing for a while.
    for (const number of [1, 3]) expect((await judged(settings, batches, [number], [8, 18], true)).out).toEqual(expected.out);
  });
});

it('is told what a key has learned, also ahead of time', async () => {
  const models = { z: { use: './deviation-model', columns: ['mean_level'], transform: { rhythm: 'day' } } };
  const features = { use: './mean-features', with: { every: 300_000 } };
  const settings = coreSettings(await shop.plan(shop.pipeline({ features, models }), 'outlook.yaml'));
  const [midnight, days] = [Date.UTC(2026, 0, 5), 5];
  /** Every night from 2:00 to 3:00 one of two keys is far above. */
  const observations = Array.from({ length: 2 * days * 1_440 }, (_, i): Observation => {
    const [key, minute] = [`key-${i % 2}`, i >> 1];
    const level = (i % 2 === 0 && Math.floor(minute / 60) % 24 === 2 ? 40 : 0) + random(i)();
    const time = midnight + minute * 60_000;
    return { key, type: 'reading', sequence: minute + 1, time, received: time, values: { level } };
  });
  const tomorrow = midnight + days * 86_400_000;
  const asked = [2.5, 12, 26.5].map((hour) => tomorrow + hour * 3_600_000);
  const found = [];
  for (const threads of [1, 3]) {
    const { judgement, close } = judging(settings, new MemoryCheckpoints(), threads);
    await judgement.begin(undefined);
    await judgement.judge({ observations, cursor: null });
    found.push(await Promise.all(['key-0', 'key-1', 'nobody'].map((key) => judgement.outlook(key, asked))));
    close();
  }
  const [[job, calm, nobody]] = found as [[Outlook, Outlook, undefined]];
  expect(found[1]).toEqual(found[0]);
  expect(nobody).toBeUndefined();
  const { low, high } = job!.expected.mean_level!;
  expect([low[0]! > 30, high[1]! < 10, low[2]]).toEqual([true, true, low[0]]);
  expect(calm!.expected.mean_level!.high[0]).toBeLessThan(10);
});

it('has thrown at the key where a plugin throws in a thread', async () => {
  const settings = coreSettings(await shop.plan(shop.pipeline(), 'throws.yaml'));
  const { judgement, close } = judging(settings, new MemoryCheckpoints(), 3);
  await judgement.begin(undefined);
  const one = { key: 'a', type: 'reading', sequence: 1, time: START, received: 0, values: { level: 666 } };
  // The first of a stream waits for a second that agrees.
  const observations = Array.from({ length: 90 }, (_, i) => ({ ...one, sequence: i + 1 }));
  await expect(judgement.judge({ observations, cursor: null })).rejects.toMatchObject({
    code: 'QS_PLUGIN_FAILED',
    message: expect.stringContaining('at key a: the level of the beast'),
  });
  close();
});

describe('workers of a pipeline', () => {
  const changes = { source: { use: './counter-source', with: { count: 400, keys: 9, batch: 37 } }, checkpoint: { every: '0ms' } };
  beforeEach(() => shop.forget());
  const everything = () => distinct(shop.lines(), 'observation', 'verdict', 'episode', 'missing');

  it('are threads of the process, and give the same lines in the same order', async () => {
    await shop.run(shop.pipeline(changes));
    const expected = shop.lines().map((line) => ({ ...line, received: 0 }));
    shop.forget();
    const { pipeline, log } = await shop.compose(shop.pipeline({ ...changes, workers: 2 }));
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
    expect(log.lines.map(({ message }) => message)).toContain('2 threads judge');
    expect(shop.lines().map((line) => ({ ...line, received: 0 }))).toEqual(expected);
    shop.forget();
  });

  it('may be others after a restart', async () => {
    await shop.run(shop.pipeline(changes));
    const expected = everything();
    shop.forget();
    for (const workers of [2, 1, 3]) {
      const { pipeline } = await shop.compose(shop.pipeline({ ...changes, workers }));
      const stop = new AbortController();
      const run = pipeline.run(stop.signal);
      while (pipeline.vitals.checkpoints < 10) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error('stopped'));
      expect(await run).toBe('stopped');
    }
    await shop.run(shop.pipeline({ ...changes, workers: 2 }));
    expect(everything()).toEqual(expected);
    shop.forget();
  });

  it('lose nothing to kill -9, whatever their number is when it goes on', async () => {
    const whole = shop.pipeline({ ...changes, source: { use: './counter-source', with: { count: 300, keys: 9, batch: 10 } } });
    await shop.run(whole);
    const expected = everything();
    shop.forget();
    let killed = 0;
    for (const workers of [2, 3, 1]) {
      const file = shop.write('killed.yaml', { ...whole, workers, checkpoint: { every: '20ms' } });
      const before = shop.checkpointedAt('test');
      const { child, exit } = startEngine(shop.directory, ['-p', file], { data: 'data' });
      const timer = setInterval(() => {
        if (shop.checkpointedAt('test') !== before) child.kill('SIGKILL');
      }, 5);
      if ((await exit).signal === 'SIGKILL') killed++;
      clearInterval(timer);
    }
    expect(killed).toBeGreaterThan(1);
    await shop.run({ ...whole, workers: 2 });
    expect(everything()).toEqual(expected);
    shop.forget();
  });

  it('end the run with the error of the plugin, and with the key', async () => {
    const edit = { 500: { level: 666 } };
    const source = { use: './counter-source', with: { count: 400, keys: 9, edit } };
    const { pipeline } = await shop.compose(shop.pipeline({ source, workers: 2 }));
    await expect(pipeline.run(new AbortController().signal)).rejects.toMatchObject({ code: 'QS_PLUGIN_FAILED' });
    shop.forget();
  });
});
