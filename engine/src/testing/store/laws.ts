// What every store of checkpoints promises, by sentence.

import type { Laws } from '../law.js';
import { random } from '../random.js';
import { DAMAGE_LAWS } from './damage.js';
import { blobOf, bytes, differs, hashOf, put, type StoreTrial, stateOf, statesOf, text, type Wanted } from './trial.js';

const NEVER = Number.POSITIVE_INFINITY;
const none = { meta: undefined, states: {}, warnings: [] };
const plain = (state: string, wake = NEVER) => ({ state, wake, parts: [] });
/** Keys are whatever a source calls them. */
const ODD = ['', 'half a pair \ud800', 'a\0b', 'it\'s "quoted" \\', 'ключ 键', 'long '.repeat(500)];
/** More than any store holds in memory. */
const LARGE = 'x'.repeat(9 << 20);
const codeOf = (error: unknown): unknown => (error as { code?: unknown })?.code;

/** What every store of checkpoints promises, by the sentence that is the name of its test. */
export const STORE_LAWS: Laws<StoreTrial> = {
  'brings back the last commit, states of earlier ones included, whatever their keys are called': async (trial) => {
    const n = trial.place();
    const empty = differs(await trial.found(n), none);
    if (empty) return `a fresh place: ${empty}`;
    const odd = Object.fromEntries(ODD.map((key, i) => [key, plain(`odd ${i}`, i)]));
    await trial.commit(n, 'one', { a: plain('1'), b: plain('1', 5), ...odd });
    await trial.commit(n, 'two', { b: plain('2', 6.5), c: plain('') });
    const states = { a: plain('1'), b: plain('2', 6.5), c: plain(''), ...odd };
    return differs(await trial.found(n), { meta: 'two', states, warnings: [] });
  },

  'forgets what was put and never committed, also what it wrote out to make room': async (trial) => {
    const n = trial.place();
    await trial.commit(n, 'one', { a: plain('1') });
    const seen = await trial.with(n, async (store) => {
      put(store, 'a', plain('2'));
      put(store, 'b', { state: LARGE, parts: ['forest'] });
      await store.makeRoom();
      put(store, 'c', plain('3'));
      return [await stateOf(store, 'a'), (await stateOf(store, 'b'))?.length, await blobOf(store, 'forest')];
    });
    return (
      differs(seen, ['2', LARGE.length, 'forest']) ??
      differs(await trial.found(n), { meta: 'one', states: { a: plain('1') }, warnings: [] })
    );
  },

  'keeps what people say, where it keeps any: in order, whoever says it, for all who read': async (trial) => {
    const [n, other] = [trial.place(), trial.place()];
    return trial.process(n, ({ notebook: one }) =>
      trial.process(n, async ({ notebook: two }) => {
        if (!one || !two) return undefined;
        const before = (await one.read()) ?? [];
        for (let i = 0; i < 6; i++) await (i % 2 ? one : two).add(`${i}: ${ODD[i]!.toWellFormed().replaceAll('\0', '\\0')}`);
        const all = (await one.read())?.filter((line) => line !== '');
        const lines = all?.map((line) => line.slice(0, 2));
        const elsewhere = await trial.process(other, async ({ notebook }) => (await notebook!.read()) ?? []);
        return (
          differs([before, lines, elsewhere], [[], ['0:', '1:', '2:', '3:', '4:', '5:'], []]) ??
          differs(await two.read(), all) ??
          differs([await one.read(), await two.read()], [undefined, undefined])
        );
      }),
    );
  },

  'keeps what is put while it makes room': async (trial) => {
    const n = trial.place();
    await trial.with(n, async (store) => {
      put(store, 'a', plain(LARGE));
      put(store, 'b', plain('before'));
      const making = store.makeRoom();
      put(store, 'b', plain('meanwhile'));
      put(store, 'c', plain('new', 3));
      await making;
      await store.commit(bytes('one'));
    });
    const states = { a: plain(LARGE), b: plain('meanwhile'), c: plain('new', 3) };
    return differs(await trial.found(n), { meta: 'one', states, warnings: [] });
  },

  'begins anew, and says nothing, behind a process that ended before its first commit': async (trial) => {
    const n = trial.place();
    await trial.with(n, async (store) => {
      put(store, 'a', { state: LARGE });
      await store.makeRoom();
    });
    return differs(await trial.found(n), none);
  },

  'keeps what was put between two commits of one process, however often': async (trial) => {
    const n = trial.place();
    await trial.with(n, async (store) => {
      for (let i = 0; i < 8; i++) {
        put(store, `k${i % 3}`, plain(`${i}`, i));
        if (i % 2) await store.commit(bytes(`${i}`));
        await store.makeRoom();
      }
    });
    return differs(await trial.found(n), {
      meta: '7',
      states: { k0: plain('6', 6), k1: plain('7', 7), k2: plain('5', 5) },
      warnings: [],
    });
  },

  'shares immutable parts, and forgets those that nothing refers to': async (trial) => {
    const n = trial.place();
    const shared = (state: string, ...parts: string[]): Wanted => ({ state, parts });
    await trial.commit(n, 'one', { a: shared('1', 'forest'), b: shared('1', 'forest'), c: shared('1', 'trees') });
    const known = await trial.with(n, async (store) => [store.hasBlob(hashOf('forest')), store.hasBlob(hashOf('no such'))]);
    if (differs(known, [true, false])) return `it knows ${known} of a part that is there and one that is not`;
    const both = await trial.found(n, ['forest', 'trees']);
    const wrong = differs(both.states.a?.parts, ['forest', 'trees']);
    if (wrong) return wrong;
    await trial.with(n, async (store) => {
      for (const meta of ['two', 'three', 'four', 'five', 'six']) {
        put(store, 'c', plain(meta));
        await store.commit(bytes(meta));
      }
    });
    const left = await trial.with(n, async (store) => [
      store.hasBlob(hashOf('forest')),
      await blobOf(store, 'forest'),
      store.hasBlob(hashOf('trees')),
    ]);
    if (differs(left, [true, 'forest', false])) return `after five more commits without it: ${left}`;
    // What was forgotten may come back.
    await trial.commit(n, 'seven', { d: shared('1', 'trees') });
    return differs((await trial.found(n, ['trees'])).states.d?.parts, ['trees']);
  },

  'lets nobody in beside its holder, or shuts that one out for good': async (trial) => {
    const n = trial.place();
    const one = await trial.laws.open(n);
    const other = await trial.laws.open(n);
    const [first, second] = [one.of(''), other.of('')];
    try {
      await first.open();
      put(first, 'a', plain('1'));
      await first.commit(bytes('one'));
      const locked = await second.open().then(() => undefined, codeOf);
      if (locked !== undefined) {
        if (locked !== 'QS_STATE_LOCKED') return `the second holder is refused with ${locked}`;
        await first.close();
        const found = await second.open();
        return differs(text(found?.meta), 'one');
      }
      if (!(second.epoch! > first.epoch!)) return `the second holder has epoch ${second.epoch} after ${first.epoch}`;
      put(second, 'a', plain('2'));
      put(second, 'b', plain('2'));
      await second.commit(bytes('two'));
      put(first, 'a', { state: LARGE });
      const refused = [
        await first.makeRoom().then(() => 'nothing', codeOf),
        await first.commit(bytes('zombie')).then(() => 'nothing', codeOf),
      ];
      if (differs(refused, ['QS_FENCED', 'QS_FENCED'])) return `the first holder was told ${refused}`;
      await first.close();
      put(second, 'c', plain('3'));
      await second.commit(bytes('three'));
      await second.close();
      const states = { a: plain('2'), b: plain('2'), c: plain('3') };
      return differs(await trial.found(n), { meta: 'three', states, warnings: [] });
    } finally {
      for (const store of [first, second]) await store.close();
      for (const checkpoints of [one, other]) await checkpoints.close();
    }
  },

  'gives the states of many keys at once, of those that have one, wherever each stands': async (trial) => {
    const n = trial.place();
    const many = Object.fromEntries(
      Array.from({ length: 700 }, (_, i) => [`k${i}`, { state: `${i}`, parts: [`part ${i % 90}`] }]),
    );
    await trial.commit(n, 'one', many);
    return trial.with(n, async (store) => {
      put(store, 'k1', plain('another'));
      put(store, 'new', { state: 'new', parts: ['not there yet'] });
      const keys = [...Object.keys(many), 'new', 'nobody', 'k1', ...ODD];
      const wanted = {
        ...Object.fromEntries(Object.entries(many).map(([key, { state }]) => [key, state])),
        k1: 'another',
        new: 'new',
      };
      const found = await store.get(keys);
      const parts = [...Array.from({ length: 90 }, (_, i) => `part ${i}`), 'not there yet'];
      const blobs = await store.getBlobs(parts.map(hashOf));
      const lacking = await store.getBlobs([hashOf('part 1'), hashOf('no such')]).then(() => 'nothing', codeOf);
      return (
        differs(Object.fromEntries([...found].map(([key, state]) => [key, text(state)])), wanted) ??
        differs([(await store.get([])).size, (await store.getBlobs([])).size], [0, 0]) ??
        differs(
          parts.map((part) => text(blobs.get(hashOf(part)))),
          parts,
        ) ??
        differs(lacking, 'QS_STATE_CORRUPT')
      );
    });
  },

  'keeps parts apart, and lists those that have a checkpoint': async (trial) => {
    const n = trial.place();
    await trial.commit(n, 'ten', { a: plain('10') }, 'partition-10');
    await trial.commit(n, 'two', { a: plain('2') }, 'partition-2');
    await trial.commit(n, 'in', {}, 'ingest');
    const parts = await trial.process(n, (checkpoints) => checkpoints.parts());
    return (
      differs(parts, ['ingest', 'partition-2', 'partition-10']) ??
      differs(await trial.found(n, [], 'partition-2'), { meta: 'two', states: { a: plain('2') }, warnings: [] }) ??
      differs(await trial.found(n), none)
    );
  },

  'can be looked at while it is held, and shows the last commit': async (trial) => {
    const n = trial.place();
    const empty = await trial.process(n, async (checkpoints) => [await checkpoints.look(''), await checkpoints.parts()]);
    if (differs(empty, [undefined, []])) return `before the first commit it shows ${JSON.stringify(empty)}`;
    return trial.with(n, async (store) => {
      for (const [i, key] of ODD.entries()) put(store, key, plain(`odd ${i}`));
      await store.commit(bytes('one'));
      put(store, 'a', plain('not yet'));
      return trial.process(n, async (checkpoints) => {
        const look = await checkpoints.look('');
        const states: Record<string, string> = {};
        for await (const { key, read } of checkpoints.states('')) states[key] = text(await read())!;
        return differs(
          [text(look?.meta), look?.keys, states],
          ['one', ODD.length, Object.fromEntries(ODD.map((key, i) => [key, `odd ${i}`]))],
        );
      });
    });
  },

  'forgets everything when it is reset, and can be used again': async (trial) => {
    const n = trial.place();
    await trial.commit(n, 'one', { a: { state: '1', parts: ['forest'] } });
    const before = await trial.with(n, async (store) => store.epoch ?? 0);
    await trial.process(n, (checkpoints) => checkpoints.of('').reset());
    const found = differs(await trial.found(n), none);
    if (found) return found;
    const after = await trial.with(n, async (store) => {
      if (store.hasBlob(hashOf('forest'))) return -1;
      put(store, 'b', plain('2'));
      await store.commit(bytes('two'));
      return store.epoch ?? 0;
    });
    if (after < before) return after === -1 ? 'an immutable part is still there' : `epochs begin anew: ${after} after ${before}`;
    return differs(await trial.found(n), { meta: 'two', states: { b: plain('2') }, warnings: [] });
  },

  'can be closed twice, and before it was opened': async (trial) => {
    const checkpoints = await trial.laws.open(trial.place());
    const store = checkpoints.of('');
    await store.close();
    await store.open();
    for (let i = 0; i < 2; i++) await store.close();
    for (let i = 0; i < 2; i++) await checkpoints.close();
    return undefined;
  },

  'does what a simple store does, whatever is asked in whatever order': async (trial) => {
    for (let seed = 1; seed <= 10; seed++) {
      const uniform = random(seed);
      const n = trial.place();
      const pick = (count: number) => Math.floor(uniform() * count);
      let committed: { meta: string | undefined; states: Record<string, Required<Wanted>> } = { meta: undefined, states: {} };
      for (let life = 0; life < 5; life++) {
        const wrong = await trial.with(n, async (store) => {
          const now = { ...committed.states };
          for (let step = 0; step < 20; step++) {
            const key = `k${pick(12)}`;
            if (uniform() < 0.15) {
              committed = { meta: `${seed} ${life} ${step}`, states: { ...now } };
              await store.commit(bytes(committed.meta!));
            } else if (uniform() < 0.2) await store.makeRoom();
            else if (uniform() < 0.3) {
              const found = await stateOf(store, key);
              if (found !== now[key]?.state) return `the state of ${key} is ${found}, not ${now[key]?.state}`;
            } else {
              now[key] = plain(`${'s'.repeat(pick(3) * 40_000)}${seed}.${life}.${step}`, pick(100));
              put(store, key, now[key]!);
            }
          }
          return differs(await statesOf(store, []), now);
        });
        const found = wrong ?? differs(await trial.found(n), { ...committed, warnings: [] });
        if (found) return `seed ${seed}, life ${life}: ${found}`;
      }
    }
    return undefined;
  },

  ...DAMAGE_LAWS,
};
