import { existsSync } from 'node:fs';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { POSTGRES } from './places.js';
import { prepareDatabase } from './prepared.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
const feedback = plugin.feedback!;
const minute = 60_000;

/** Stores some episodes, labels one while the sink is open, and again when it is closed. */
async function tellOf(given: object): Promise<void> {
  const config = plugin.config.parse(given);
  const sink = await plugin.create(config, hosts.sink(testSchema));
  await sink.open!();
  await sink.write(testBatch(0, 40));
  const [first, second] = testBatch(0, 40).episodes.filter(({ status }) => status === 'closed');
  const say = (label: object) => feedback.put(config, hosts.outside(), { at: Date.now(), ...label } as never);

  expect(await say({ episode: 'test/nobody/0/0', label: 'normal' })).toBeUndefined();
  const stored = await say({ episode: first!.id, label: 'normal', note: "it's the pump", muteUntil: Date.now() + minute });
  expect(stored).toMatchObject({ episode: first!.id, key: first!.key, from: first!.start, to: first!.end, label: 'normal' });
  expect(await sink.mutes!()).toEqual([{ key: first!.key, until: stored!.muteUntil }]);
  await say({ episode: second!.id, label: 'normal', muteUntil: Date.now() - minute });
  expect(await sink.mutes!(), 'what has run out is no longer muted').toHaveLength(1);
  await sink.close();

  await say({ episode: first!.id, label: 'anomaly' });
  const all = await feedback.list(config, hosts.outside());
  expect(all.map(({ episode, label, note, muteUntil }) => [episode, label, note, muteUntil === undefined])).toEqual([
    [first!.id, 'anomaly', "it's the pump", true],
    [second!.id, 'normal', undefined, false],
  ]);
}

describe('what people say of episodes', () => {
  it('is kept in the embedded database, whether or not an engine runs on it', async () => {
    await prepareDatabase(hosts.outside().dataPath('database'));
    await tellOf({ url: 'embedded' });
    expect(existsSync(hosts.outside().dataPath('database.url')), 'nobody listens any more').toBe(false);
  });

  it.skipIf(!POSTGRES)(
    'is kept in the PostgreSQL that QUANTSTREAM_TEST_POSTGRES names (skipped where it names none)',
    async () => {
      await tellOf({ url: POSTGRES, schema: `labels_${process.pid}` });
    },
  );
});
