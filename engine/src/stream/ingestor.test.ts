import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { SourceBatch } from '../api/index.js';
import type { ChannelWriter } from '../ports/channel.js';
import { MemoryCheckpoints } from '../ports/checkpoints.js';
import { systemClock } from '../ports/clock.js';
import { MemoryLog } from '../ports/log.js';
import { MemoryMetrics } from '../ports/metrics.js';
import { Stages } from '../vitals/stages.js';
import { Ingestor } from './ingestor.js';

/** Heap in use once what nobody needs is gone, bytes. */
function held(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

function ingestor(read: (signal: AbortSignal) => AsyncGenerator<SourceBatch>, send: () => Promise<void>) {
  const writer: ChannelWriter = {
    safe: '1',
    waiting: 0,
    trouble: undefined,
    open: async () => {},
    send,
    flush: async () => {},
    end: async () => {},
    close: async () => {},
  };
  return new Ingestor({
    pipeline: 'test',
    source: { read: (_, signal) => read(signal) },
    writer,
    store: new MemoryCheckpoints(),
    goesOnFrom: async () => false,
    signature: {} as never,
    stages: new Stages(new MemoryMetrics()),
    clock: systemClock,
    log: new MemoryLog(),
    checkpointEveryMs: 3_600_000,
    graceMs: 100,
  });
}

describe('the ingesting half', () => {
  it('holds on to nothing of a batch that the channel has', async () => {
    const after: number[] = [];
    const batches = async function* () {
      for (let i = 0; i <= 200_000; i++) {
        if (i === 20_000 || i === 200_000) after.push(held());
        yield { observations: [], cursor: '1' };
      }
    };
    expect(await ingestor(batches, async () => {}).run(new AbortController().signal)).toBe('finished');
    // Ten bytes a batch; a listener or a promise that stays is more than a hundred.
    expect(after[1]! - after[0]!).toBeLessThan(1_800_000);
  });

  it('stops while the channel takes nothing', async () => {
    const stop = new AbortController();
    const batches = async function* () {
      yield { observations: [], cursor: '1' };
    };
    const ended = ingestor(batches, () => new Promise(() => setImmediate(() => stop.abort(new Error('enough'))))).run(
      stop.signal,
    );
    expect(await ended).toBe('stopped');
  });
});
