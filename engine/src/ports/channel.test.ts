import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceBatch } from '../api/index.js';
import { ProcessChannel } from './channel.js';

const batch = (size: number, cursor: string): SourceBatch => ({
  observations: Array.from({ length: size }, () => ({ key: 'a', type: 't', sequence: 1, time: 1, received: 1, values: {} })),
  cursor,
});
const turns = async (count = 5) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('the channel inside one process', () => {
  it('hands over every batch, once and in order, and never holds more than its room', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 })), fc.integer({ min: 1, max: 20 }), async (sizes, room) => {
        const channel = new ProcessChannel(room);
        const sending = (async () => {
          for (const [i, size] of sizes.entries()) await channel.send(batch(size, String(i)));
          channel.end();
        })();
        const received: string[] = [];
        for (let next = await channel.receive(); next; next = await channel.receive()) {
          received.push(next.cursor!);
          expect(channel.waiting).toBeLessThanOrEqual(Math.max(room, ...sizes));
        }
        await sending;
        expect(received).toEqual(sizes.map((_, i) => String(i)));
        expect(channel.waiting).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('holds the sender until there is room, and lets a batch larger than it pass alone', async () => {
    const channel = new ProcessChannel(10);
    await channel.send(batch(50, 'large'));
    let sent = false;
    const second = channel.send(batch(1, 'small')).then(() => {
      sent = true;
    });
    await turns();
    expect([sent, channel.waiting]).toEqual([false, 50]);
    expect((await channel.receive())!.cursor).toBe('large');
    await second;
    expect(channel.waiting).toBe(1);
  });

  it('throws an error to the receiver after what was sent before it, every time', async () => {
    const channel = new ProcessChannel(10);
    await channel.send(batch(1, 'before'));
    channel.end(new Error('cut'));
    channel.end();
    expect((await channel.receive())!.cursor).toBe('before');
    await expect(channel.receive()).rejects.toThrow('cut');
    await expect(channel.receive()).rejects.toThrow('cut');
  });

  it('frees a sender and a receiver that wait when it ends', async () => {
    const channel = new ProcessChannel(1);
    await channel.send(batch(1, 'a'));
    const sending = channel.send(batch(1, 'too late'));
    channel.end();
    await sending;
    expect((await channel.receive())!.cursor).toBe('a');
    expect(await channel.receive()).toBeUndefined();
    const empty = new ProcessChannel(1);
    const receiving = empty.receive();
    empty.end();
    expect(await receiving).toBeUndefined();
  });
});
