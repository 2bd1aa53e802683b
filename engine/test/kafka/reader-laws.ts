// What every reading end of a broker promises, over the port: whichever client library is behind it.

import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Observation } from '../../src/api/index.js';
import type { ChannelReader } from '../../src/ports/channel.js';
import { batches, expected, ids, KEYS, lost, Member } from './reader/member.js';
import { until } from './support.js';

/** A broker, and readers of its topics. */
export interface Broker {
  /** A reader that is not started. @param buffer observations that may wait in it */
  reader(topic: string, group: string, partitions: number, buffer: number): ChannelReader;
  /** Writes observations as an ingesting half does, a batch each; makes the topic if need be. */
  write(topic: string, partitions: number, batches: readonly (readonly Observation[])[]): Promise<void>;
  /** Kills the broker and starts it again, with what it had stored. @param away how long it is away, ms */
  bounce(away: number): Promise<void>;
  /** Who is in a group that has dealt its partitions: each member as another one at each time that it joins. */
  members(group: string): Promise<string[]>;
  /** Throws a member out of its group, as a broker does with those that it has not heard of for a session. */
  evict(group: string, member: string): Promise<void>;
  /** Deletes a topic and makes another of the same name. */
  recreate(topic: string, partitions: number): Promise<void>;
  /** Deletes the records of a partition before an offset. */
  deleteBefore(topic: string, partition: number, offset: number): Promise<void>;
  /** Commits the group's offsets, as a member of it. */
  commit(topic: string, group: string, offsets: readonly number[]): Promise<void>;
  /** Where each partition ends. */
  ends(topic: string): Promise<number[]>;
}

/** Brokers that hold copies of what the others have. */
export interface Cluster extends Broker {
  /** Kills the broker that coordinates a group, and leaves it dead until `revive`: another one does so from then on. */
  depose(group: string): Promise<void>;
  revive(): Promise<void>;
}

/** How long a group may take to deal its partitions anew, where nobody in it has died, ms. */
const DEALT_WITHIN = 10_000;
/** Longer than a client tries by itself before it takes a broker for gone, ms. */
const BEYOND_PATIENCE = 15_000;
/** A topic of its own with a group of its own, and members that share where its partitions stand. */
function settingOf(broker: () => Broker) {
  return (partitions: number, buffer = 100_000) => {
    const topic = randomUUID();
    const states = new Map<number, string>();
    const locks = new Map<number, Member>();
    const member = () => new Member(broker().reader(topic, topic, partitions, buffer), states, locks);
    return { topic, states, member };
  };
}

/** Tests of each law. */
export function readerLaws(broker: () => Broker): void {
  const setting = settingOf(broker);

  it('gives every record once and in order within its partition', async () => {
    const { topic, member } = setting(3);
    await broker().write(topic, 3, batches(0, 600, 50));
    const one = member().start();
    await until(() => ids([one]).length >= 600, 'everything');
    await one.end();
    expect(ids([one]).sort()).toEqual(expected(600).sort());
    for (let key = 0; key < KEYS; key++) {
      const own = ids([one]).filter((id) => id.startsWith(`key-${key}/`));
      expect(own).toEqual(expected(600).filter((id) => id.startsWith(`key-${key}/`)));
    }
  });

  it('begins where its state stands and nowhere else, whatever the group has committed', async () => {
    const { topic, states, member } = setting(2);
    await broker().write(topic, 2, batches(0, 400, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 400, 'everything');
    await first.end();
    // A third of each partition is judged again.
    const back = new Map(
      [0, 1].map((partition) => {
        const own = first.given.filter((one) => one.partition === partition);
        return [partition, own[Math.floor(own.length / 3)]!.batch.cursor!];
      }),
    );
    const [ends] = [await broker().ends(topic)];
    for (const offsets of [ends, ends.map((end) => end - 5), ends.map(() => 0)]) {
      for (const [partition, cursor] of back) states.set(partition, cursor);
      await broker().commit(topic, topic, offsets);
      const again = member().start();
      const last = () =>
        [0, 1].every(
          (partition) => states.get(partition) === first.given.findLast((one) => one.partition === partition)!.batch.cursor,
        );
      await until(last, 'the end');
      await again.end();
      for (const partition of [0, 1]) {
        const own = first.given.filter((one) => one.partition === partition);
        const rest = own.slice(own.findIndex(({ batch }) => batch.cursor === back.get(partition)) + 1);
        expect(again.given.filter((one) => one.partition === partition)).toEqual(rest);
      }
      expect(lost([again])).toEqual([]);
    }
  });

  it('counts what was deleted before it was read, once, and nothing else', async () => {
    const { topic, states, member } = setting(1);
    await broker().write(topic, 1, batches(0, 200, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 200, 'everything');
    await first.end();
    const stood = first.given[2]!.batch.cursor!;
    states.set(0, stood);
    const next = Number(stood.split(' ')[0]);
    await broker().deleteBefore(topic, 0, next + 30);
    const second = member().start();
    await until(() => ids([second]).length > 0 && states.get(0) === first.given.at(-1)!.batch.cursor, 'the rest');
    await second.end();
    expect(lost([second])).toEqual([30]);
    const third = member().start();
    await broker().write(topic, 1, batches(200, 240, 20));
    await until(() => ids([third]).length >= 40, 'what came after');
    await third.end();
    expect(lost([third])).toEqual([]);
  });

  it('does not touch a partition that stays when the group deals its partitions anew', async () => {
    const { topic, member } = setting(4);
    await broker().write(topic, 4, batches(0, 400, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 400, 'everything');
    const second = member().start();
    await until(() => second.held.size === 2 && first.held.size === 2, 'both to have a half');
    await broker().write(topic, 4, batches(400, 800, 20));
    await until(() => ids([first, second]).length >= 800, 'the rest');
    for (const partition of first.held)
      expect(first.calls.filter((call) => call.endsWith(` ${partition}`))).toEqual([`resume ${partition}`]);
    await second.end();
    await until(() => first.held.size === 4, 'everything to come back');
    await broker().write(topic, 4, batches(800, 900, 20));
    await until(() => ids([first, second]).length >= 900, 'what came after');
    await first.end();
    expect(ids([first, second]).sort()).toEqual(expected(900).sort());
    expect(lost([first, second])).toEqual([]);
  }, 60_000);

  it('lets its group deal the partitions anew at once, however long its own batches wait, and goes on where it stood', async () => {
    const { topic, member } = setting(2, 10);
    await broker().write(topic, 2, batches(0, 2_000, 10));
    const first = member();
    first.most = 4;
    first.start();
    await until(() => first.given.length === first.most, 'a beginning');
    // Longer than the session of a member.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    const joined = Date.now();
    const second = member().start();
    await until(() => second.held.size === 1, 'the second to get its part');
    expect(Date.now() - joined).toBeLessThan(DEALT_WITHIN);
    first.most = Number.POSITIVE_INFINITY;
    await until(() => ids([first, second]).length >= 2_000, 'everything');
    await Promise.all([first.end(), second.end()]);
    expect(ids([first, second]).sort()).toEqual(expected(2_000).sort());
    expect(lost([first, second])).toEqual([]);
  }, 60_000);

  it.each([
    ['at once', 0],
    ['when its client had given it up', BEYOND_PATIENCE],
  ])(
    'goes on after the broker was killed and came back %s, without a repeat and without a hole',
    async (_, away) => {
      const { topic, member } = setting(2, 200);
      await broker().write(topic, 2, batches(0, 1_000, 10));
      const one = member().start();
      await until(() => ids([one]).length > 100, 'a beginning');
      await broker().bounce(away);
      await broker().write(topic, 2, batches(1_000, 2_000, 10));
      await until(() => ids([one]).length >= 2_000, 'what came after');
      await one.end();
      expect(ids([one]).sort()).toEqual(expected(2_000).sort());
      expect(lost([one])).toEqual([]);
      expect(one.failure).toBeUndefined();
    },
    120_000,
  );

  it('goes on as another generation when its group has thrown it out, without a repeat and without a hole', async () => {
    const { topic, member } = setting(2, 20);
    await broker().write(topic, 2, batches(0, 1_000, 10));
    const [first, second] = [member(), member()];
    // One stands in the middle of a batch, the other one commits as of the generation before.
    first.most = 4;
    first.start();
    second.start();
    await until(() => first.held.size === 1 && second.held.size === 1, 'both to have a half');
    const before = await broker().members(topic);
    for (const one of before) await broker().evict(topic, one);
    await broker().write(topic, 2, batches(1_000, 2_000, 10));
    first.most = Number.POSITIVE_INFINITY;
    await until(() => ids([first, second]).length >= 2_000, 'everything');
    const anew = async () => {
      const now = await broker().members(topic);
      return now.length === 2 && !now.some((one) => before.includes(one)) && first.held.size === 1 && second.held.size === 1;
    };
    await until(anew, 'both to have a half again');
    await broker().write(topic, 2, batches(2_000, 2_200, 10));
    await until(() => ids([first, second]).length >= 2_200, 'what came after');
    await Promise.all([first.end(), second.end()]);
    expect(ids([first, second]).sort()).toEqual(expected(2_200).sort());
    expect(lost([first, second])).toEqual([]);
    expect([first.failure, second.failure]).toEqual([undefined, undefined]);
  }, 60_000);

  it('gives nothing more of a partition that it is told to forget, and goes on where its state stands by then', async () => {
    const { topic, member } = setting(2, 20);
    await broker().write(topic, 2, batches(0, 2_000, 10));
    const one = member();
    const of = (partition: number) => one.given.filter((delivered) => delivered.partition === partition);
    one.most = 60;
    one.start();
    await until(() => one.given.length === one.most, 'a beginning');
    // In the middle of reading: another process takes the state, and goes back with it.
    const before = of(0);
    const [again, at] = [before.slice(5), before[4]!.batch.cursor!];
    one.lose(0, at);
    one.most = Number.POSITIVE_INFINITY;
    await until(() => new Set(ids([one])).size === 2_000, 'everything');
    await one.end();
    expect(of(0).slice(before.length, before.length + again.length)).toEqual(again);
    expect(ids([one]).sort()).toEqual([...expected(2_000), ...ids([{ given: again }])].sort());
    expect(one.calls).toEqual(['resume 0', 'resume 1', 'resume 0']);
    expect(lost([one])).toEqual([]);
  }, 60_000);

  it('says that a topic is another than the one it has read, and gives nothing of it', async () => {
    const { topic, states, member } = setting(2);
    await broker().write(topic, 2, batches(0, 400, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 400, 'everything');
    await first.end();
    const before = new Map(states);
    await broker().recreate(topic, 2);
    await broker().write(topic, 2, batches(0, 800, 20));
    const second = member().start();
    await until(() => second.failure !== undefined, 'the word');
    await second.end();
    expect(second.failure).toMatchObject({ code: 'QS_CHANNEL_REPLACED' });
    expect(ids([second])).toEqual([]);
    expect(new Map(states)).toEqual(before);
  });

  it.each([
    ['shorter', 200],
    ['longer', 800],
  ])(
    'says so as well when that happens while it reads, and the other one is %s',
    async (_, length) => {
      const { topic, member } = setting(2);
      await broker().write(topic, 2, batches(0, 400, 20));
      const one = member().start();
      await until(() => ids([one]).length >= 400, 'everything');
      await broker().recreate(topic, 2);
      await broker().write(topic, 2, batches(0, length, 20));
      await until(() => one.failure !== undefined, 'the word');
      await one.end();
      expect(one.failure).toMatchObject({ code: 'QS_CHANNEL_REPLACED' });
      expect(ids([one]).sort()).toEqual(expected(400).sort());
    },
    60_000,
  );
}

/** Tests of each law that one broker alone cannot show. */
export function clusterLaws(cluster: () => Cluster): void {
  const setting = settingOf(cluster);

  it('stays in its group when another broker has to coordinate it, and when the one before comes back', async () => {
    const { topic, member } = setting(2, 200);
    await cluster().write(topic, 2, batches(0, 500, 10));
    const first = member().start();
    await until(() => ids([first]).length >= 500, 'everything');
    await cluster().depose(topic);
    await cluster().write(topic, 2, batches(500, 1_000, 10));
    await until(() => ids([first]).length >= 1_000, 'what came after');
    // Longer than the session of a member: by then it is in its group again, or it is not.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    const second = member().start();
    await until(() => first.held.size === 1 && second.held.size === 1, 'both to have a half');
    await cluster().revive();
    await cluster().write(topic, 2, batches(1_000, 1_500, 10));
    await until(() => ids([first, second]).length >= 1_500, 'everything');
    await second.end();
    await until(() => first.held.size === 2, 'everything to come back');
    await first.end();
    expect(ids([first, second]).sort()).toEqual(expected(1_500).sort());
    expect(lost([first, second])).toEqual([]);
    expect([first.failure, second.failure]).toEqual([undefined, undefined]);
  }, 120_000);
}
