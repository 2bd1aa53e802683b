// Which side of a column is judged, and from which size on: what is fine to everybody is no alarm.

import { afterAll, describe, expect, it } from 'vitest';
import { gaussian, type SinkBatch, type Verdict } from '../engine/src/api/index.js';
import { composePipeline } from '../engine/src/compose/pipeline.js';
import { systemClock } from '../engine/src/ports/clock.js';
import { MemoryLog } from '../engine/src/ports/log.js';
import { unheardMetrics } from '../engine/src/ports/metrics.js';
import { planPipeline } from '../engine/src/spec/plan.js';
import type { Plan } from '../engine/src/spec/planned.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const START = Date.UTC(2026, 2, 2);
const DAYS = 6;
/** What happens in an hour of the last day, by column. */
type Change = { readonly latency?: number; readonly flat?: number };
const EVENT = { from: (DAYS - 1) * 1_440 + 600, to: (DAYS - 1) * 1_440 + 620 };

function recordingOf(seed: number, { latency = 0, flat = 0 }: Change): string {
  const normal = gaussian(seed);
  const lines = ['ts,host,latency,flat'];
  let level = 0;
  for (let minute = 0; minute < DAYS * 1_440; minute++) {
    level = 0.8 * level + normal();
    const odd = minute >= EVENT.from && minute < EVENT.to;
    const values = [50 + 2 * level + (odd ? latency : 0), 100 + 0.01 * normal() + (odd ? flat : 0)];
    lines.push([new Date(START + minute * 60_000).toISOString(), 'web', ...values.map((value) => value.toFixed(4))].join());
  }
  return `${lines.join('\n')}\n`;
}

const pipelineOf = (columns?: object, units: object = {}) => ({
  name: 'senses',
  source: { use: 'file', with: { path: './senses.csv', key: 'host', time: 'ts', values: ['latency', 'flat'], units } },
  features: { use: 'window', with: { columns: ['latency', 'flat'], units } },
  alarms: { perDay: 1, ...(columns && { columns }) },
  checkpoint: { store: 'memory' },
});

const planOf = (pipeline: object) =>
  planPipeline(bench.write('senses.yaml', pipeline), { dataRoot: bench.path('data'), set: [], environment: {} });

/** @returns how many rows of the event were anomalous, and of the rest */
async function found(change: Change, columns?: object, units?: object, seed = 7_301): Promise<{ event: number; rest: number }> {
  bench.write('senses.csv', recordingOf(seed, change));
  const verdicts: Verdict[] = [];
  const write = async (batch: SinkBatch) => void verdicts.push(...batch.verdicts.filter(({ anomalous }) => anomalous));
  const plugin = { kind: 'sink', delivery: 'idempotent', create: () => ({ write, close: async () => {} }) };
  const plan = { ...(await planOf(pipelineOf(columns, units))), sinks: [{ use: 'x', name: 'x', config: {}, plugin }] };
  const outside = { clock: systemClock, log: new MemoryLog(), metrics: unheardMetrics };
  await (await composePipeline(plan as unknown as Plan, outside)).run(new AbortController().signal);
  const within = ({ time }: Verdict) => time >= START + EVENT.from * 60_000 && time < START + EVENT.to * 60_000;
  const event = verdicts.filter(within).length;
  return { event, rest: verdicts.length - event };
}

describe('a latency that falls', () => {
  it('is odd where nothing is said, and none where only a rise is', async () => {
    expect((await found({ latency: -40 })).event).toBeGreaterThan(15);
    expect(await found({ latency: -40 }, { latency: { judge: 'up' } })).toMatchObject({ event: 0 });
  });

  it('is none by its unit, unless somebody wants to know', async () => {
    const units = { latency: 'ms' };
    expect((await found({ latency: -40 }, undefined, units)).event).toBe(0);
    expect((await found({ latency: 40 }, undefined, units)).event).toBeGreaterThan(15);
    expect((await found({ latency: -40 }, { latency: { judge: 'both' } }, units)).event).toBeGreaterThan(15);
  });

  it('leaves a rise as odd as ever, and the rest as quiet', async () => {
    const plain = await found({ latency: 40 });
    const up = await found({ latency: 40 }, { latency: { judge: 'up' } });
    expect(up.event).toBeGreaterThanOrEqual(plain.event);
    expect(up.rest).toBeLessThan(12);
    expect((await found({ latency: -40 }, { latency: { judge: 'down' } })).event).toBeGreaterThan(15);
    expect((await found({ latency: 40 }, { latency: { judge: 'down' } })).event).toBe(0);
  });
});

describe('a jump of 0.3 % on a flat line', () => {
  it.each([
    [undefined, true],
    [{ flat: { ignoreBelow: '1 %' } }, false],
    [{ flat: { ignoreBelow: 0.5 } }, false],
    [{ flat: { ignoreBelow: '0.1 %' } }, true],
  ])('with %j is odd: %s', async (columns, odd) => {
    const { event } = await found({ flat: 0.3 }, columns);
    if (odd) expect(event).toBeGreaterThan(15);
    else expect(event).toBe(0);
  });

  it('is beyond what is ignored where it is larger', async () => {
    expect((await found({ flat: 3 }, { flat: { ignoreBelow: '1 %' } })).event).toBeGreaterThan(15);
  });
});

describe('what is said of columns', () => {
  it('is part of what the state depends on, and is said of columns that models judge', async () => {
    const plain = await planOf(pipelineOf());
    const up = await planOf(pipelineOf({ latency: { judge: 'up' } }));
    expect(up.signature).not.toEqual(plain.signature);
    await expect(planOf(pipelineOf({ latenzy: { judge: 'up' } }))).rejects.toThrow(
      'no model that learns judges a column latenzy; they judge latency, flat',
    );
    await expect(planOf(pipelineOf({ latency: { judge: 'left' } }))).rejects.toThrow(
      'expected one of up, down, both, found "left"',
    );
    await expect(planOf(pipelineOf({ latency: { ignoreBelow: 'much' } }))).rejects.toThrow('a share of its usual such as');
  });
});
