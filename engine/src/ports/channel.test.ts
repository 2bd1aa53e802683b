import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchQueue } from './channel.js';

const batch = (size: number, cursor: string) => ({ size, cursor });
const turns = async (count = 5) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('the queue between two halves', () => {
  it('hands over every batch, once and in order, and never holds more than its room', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 })), fc.integer({ min: 1, max: 20 }), async (sizes, room) => {
        const channel = new BatchQueue<{ size: number; cursor: string }>(room);
        const sending = (async () => {
          for (const [i, size] of sizes.entries()) await channel.put(batch(size, String(i)));
          channel.end();
        })();
        const received: string[] = [];
        for (let next = await channel.take(); next; next = await channel.take()) {
          received.push(next.cursor);
          expect(channel.waiting).toBeLessThanOrEqual(Math.max(room, ...sizes));
        }
        await sending;
        expect(received).toEqual(sizes.map((_, i) => String(i)));
        expect(channel.waiting).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('gives what is wanted out of the middle, in order, as far as it fits, and the rest as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), partition: fc.integer({ min: 0, max: 2 }) })),
        fc.integer({ min: -3, max: 30 }),
        async (items, room) => {
          const queue = new BatchQueue<{ size: number; partition: number }>(1_000_000);
          for (const item of items) await queue.put(item);
          const taken = queue.takeMore(({ partition }) => partition === 1, room);
          const wanted = items.filter(({ partition }) => partition === 1);
          const sizeOf = (list: typeof items) => list.reduce((sum, { size }) => sum + size, 0);
          expect(taken).toEqual(wanted.slice(0, taken.length));
          expect(sizeOf(taken)).toBeLessThanOrEqual(Math.max(0, room));
          const next = wanted[taken.length];
          if (next) expect(sizeOf(taken) + next.size).toBeGreaterThan(room);
          expect(queue.waiting).toBe(sizeOf(items) - sizeOf(taken));
          const rest: typeof items = [];
          for (let item = queue.takeNow(); item; item = queue.takeNow()) rest.push(item);
          expect(rest).toEqual(items.filter((item) => !taken.includes(item)));
        },
      ),
    );
  });

  it('holds the sender until there is room, and lets a batch larger than it pass alone', async () => {
    const channel = new BatchQueue<{ size: number; cursor: string }>(10);
    await channel.put(batch(50, 'large'));
    let sent = false;
    const second = channel.put(batch(1, 'small')).then(() => {
      sent = true;
    });
    await turns();
    expect([sent, channel.waiting]).toEqual([false, 50]);
    expect((await channel.take())!.cursor).toBe('large');
    await second;
    expect(channel.waiting).toBe(1);
  });

  it('throws an error to the receiver after what was sent before it, every time', async () => {
    const channel = new BatchQueue<{ size: number; cursor: string }>(10);
    await channel.put(batch(1, 'before'));
    channel.end(new Error('cut'));
    channel.end();
    expect((await channel.take())!.cursor).toBe('before');
    await expect(channel.take()).rejects.toThrow('cut');
    await expect(channel.take()).rejects.toThrow('cut');
  });

  it('frees a sender and a receiver that wait when it ends', async () => {
    const channel = new BatchQueue<{ size: number; cursor: string }>(1);
    await channel.put(batch(1, 'a'));
    const sending = channel.put(batch(1, 'too late'));
    channel.end();
    await sending;
    expect((await channel.take())!.cursor).toBe('a');
    expect(await channel.take()).toBeUndefined();
    const empty = new BatchQueue<{ size: number; cursor: string }>(1);
    const receiving = empty.take();
    empty.end();
    expect(await receiving).toBeUndefined();
  });
});
