import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FILE_SYSTEM } from '../src/adapters/file-checkpoints/disk.js';
import { decodeObservation, encodeObservation } from '../src/adapters/kafka/records.js';
import { distinct, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());
afterEach(() => void vi.restoreAllMocks());

const source = (config: object) => ({ source: { use: './counter-source', with: { count: 300, ...config } } });
const judged = () => distinct(shop.lines(), 'verdict', 'episode');
const keysOf = (lines: readonly string[]) => [...new Set(lines.map((line) => JSON.parse(line).key))].sort();

/** A disk that says `code` at a call while `failing` says so. */
function failAt(call: 'fsyncSync' | 'writeSync' | 'openSync', code: string, failing: () => boolean): void {
  const real = FILE_SYSTEM[call] as (...args: never[]) => unknown;
  vi.spyOn(FILE_SYSTEM, call).mockImplementation(((...args: never[]) => {
    if (failing()) throw Object.assign(new Error(`${code}: as the system says it`), { code });
    return real(...args);
  }) as never);
}

/** Tells how many checkpoints there are, each time there is one more. */
function onManifest(told: (count: number) => unknown): void {
  const real = FILE_SYSTEM.renameSync;
  let count = 0;
  vi.spyOn(FILE_SYSTEM, 'renameSync').mockImplementation((...args) => {
    real(...args);
    told(++count);
  });
}

describe('keys beyond what the state may hold', () => {
  const changes = { ...source({ keys: 6, batch: 7 }), state: { maxKeys: 4, keysInMemory: 2 } };

  it('are refused and counted, and the others go on as if they had never come', async () => {
    await shop.run(shop.pipeline(source({ keys: 6 })));
    const all = judged();
    shop.forget();
    const summary = await shop.run(shop.pipeline(changes));
    expect(summary.dropped).toEqual({ too_many_keys: 2 * 300 });
    expect(judged()).toEqual(all.filter((line) => !/key-[45]"/.test(line)));
  });

  it('stay refused over a restart, of each sender by itself', async () => {
    const config = {
      ...changes,
      ...source({ keys: 6, senders: 2, batch: 12 }),
      state: { maxKeysPerSender: 2 },
      checkpoint: { every: '1ms' },
    };
    const stop = new AbortController();
    const { pipeline, log } = await shop.compose(shop.pipeline(config));
    onManifest((count) => count === 3 && stop.abort(new Error('enough')));
    expect(await pipeline.run(stop.signal)).toBe('stopped');
    const [first] = log.lines.filter(({ message }) => message.includes('too_many_keys'));
    expect(first!.message).toContain('key-4: host-0 has made up 2 keys already (state.maxKeysPerSender)');
    const summary = await shop.run(shop.pipeline(config));
    expect(pipeline.summary('stopped', 1).dropped.too_many_keys! + summary.dropped.too_many_keys!).toBe(2 * 300);
    expect(summary.dropped.too_many_keys).toBeGreaterThan(100);
    expect(keysOf(judged())).toEqual(['key-0', 'key-1', 'key-2', 'key-3']);
  });

  it('are told by the sender also behind a broker', () => {
    const observation = { key: 'k', type: 't', sequence: 1, time: 2, received: 3, values: { v: 1 }, sender: 'udp:10.0.0.7' };
    expect(decodeObservation('k', Buffer.from(encodeObservation(observation)))).toEqual(observation);
    const { sender: _, ...plain } = observation;
    expect(decodeObservation('k', Buffer.from(encodeObservation(plain)))).toEqual(plain);
  });
});

describe('a disk that fails while a pipeline runs', () => {
  const changes = { ...source({ keys: 3, batch: 10, count: 400 }), checkpoint: { every: '1ms' } };

  it.each([
    ['ENOSPC', 'its disk is full'],
    ['EIO', 'does not answer'],
  ])('(%s) holds nothing up, is said once and seen in /ready, and is over when it is over', async (code, words) => {
    await shop.run(shop.pipeline(changes));
    const expected = judged();
    shop.forget();
    let calls = 0;
    const troubles = new Set<string>();
    const { pipeline, log } = await shop.compose(shop.pipeline(changes));
    failAt('fsyncSync', code, () => {
      for (const trouble of pipeline.vitals.troubles) troubles.add(trouble);
      return ++calls > 6 && calls < 20;
    });
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
    expect(calls).toBeGreaterThan(20);
    expect(judged()).toEqual(expected);
    const said = log.lines.map(({ message }) => message);
    expect(said.filter((line) => line.startsWith('the state cannot be saved'))).toEqual([expect.stringContaining(words)]);
    expect(said).toContain('the state is saved again');
    expect([...troubles]).toEqual([expect.stringMatching(/^the state is not saved since 20.*Z: .*states-/)]);
    expect(pipeline.vitals.troubles).toEqual([]);
  });

  it('and is still full at the end ends the run by name, with every verdict delivered, and the next one goes on', async () => {
    await shop.run(shop.pipeline(changes));
    const expected = judged();
    shop.forget();
    let full = false;
    let calls = 0;
    failAt('fsyncSync', 'ENOSPC', () => full && ++calls > 0);
    const { pipeline } = await shop.compose(shop.pipeline(changes));
    const run = pipeline.run(new AbortController().signal);
    full = true;
    await expect(run).rejects.toMatchObject({
      code: 'QS_DISK_FULL',
      fault: 'external',
      message: expect.stringMatching(/its disk is full \(ENOSPC\); make room there; the next start judges again what came since/),
    });
    expect(judged()).toEqual(expected);
    full = false;
    expect(await shop.run(shop.pipeline(changes))).toMatchObject({ ending: 'finished' });
    expect(judged()).toEqual(expected);
  });

  it('keeps keys in memory that it does not take, and loses none', async () => {
    const many = { ...source({ keys: 25, count: 400, batch: 5 }), state: { keysInMemory: 2 }, checkpoint: { every: '1h' } };
    await shop.run(shop.pipeline(many));
    const expected = judged();
    shop.forget();
    const { pipeline } = await shop.compose(shop.pipeline(many));
    let calls = 0;
    const real = FILE_SYSTEM.writeSync;
    vi.spyOn(FILE_SYSTEM, 'writeSync').mockImplementation(((...args: Parameters<typeof real>) => {
      // Of the log, in pieces of a megabyte: the first is taken at the third attempt.
      if (Number(args[3]) > 100_000 && ++calls < 3) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return (real as (...all: unknown[]) => number)(...args);
    }) as never);
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
    expect(calls).toBeGreaterThan(2);
    expect(judged()).toEqual(expected);
  });
});

describe('a damaged checkpoint', () => {
  it('is replaced by the one before, said, and judged again from there', async () => {
    const changes = { ...source({ keys: 3, batch: 10, count: 400 }), checkpoint: { every: '1ms' } };
    await shop.run(shop.pipeline(changes));
    const expected = judged();
    shop.forget();
    await shop.run(shop.pipeline(changes));
    const folder = `${shop.directory}/data/test/checkpoint`;
    const { log: name, end } = JSON.parse(FILE_SYSTEM.readFileSync(`${folder}/manifest.json`, 'utf8'));
    const bytes = FILE_SYSTEM.readFileSync(`${folder}/${name}`);
    bytes[end.offset + 40]! ^= 0xff;
    FILE_SYSTEM.writeFileSync(`${folder}/${name}`, bytes);
    const { pipeline, log } = await shop.compose(shop.pipeline(changes));
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
    const said = log.lines.map(({ message }) => message).join('\n');
    expect(said).toMatch(
      /the newest checkpoint in .* is damaged \(.*\): an older one is used, and what came after it is judged again/,
    );
    expect(said).toMatch(/resumes from the checkpoint of 20/);
    expect(judged()).toEqual(expected);
  });
});
