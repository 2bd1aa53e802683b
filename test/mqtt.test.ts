import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EPOCH, INSTALLED, publish, reading, WITHOUT } from '../plugins/source-mqtt/test/broker.js';
import { Mosquitto } from '../scripts/lib/mosquitto.mjs';
import { Bench, type Running } from './support.js';

describe.skipIf(!INSTALLED)(`an engine behind an MQTT broker${WITHOUT}`, () => {
  const bench = new Bench();
  let broker: Mosquitto;
  let running: Running | undefined;
  beforeAll(async () => {
    broker = await Mosquitto.create();
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.exit;
  });
  afterAll(async () => {
    await broker.dispose();
    bench.dispose();
  });

  it('loses no message of QoS 1, and judges none twice, however often it is killed, and where the broker is stopped too', async () => {
    bench.write('kept.yaml', {
      name: 'kept',
      source: {
        use: 'mqtt',
        with: { url: broker.url, topics: ['plant/+'], time: 'at', key: 'host', values: { cpu: 'system.cpu.pct' } },
      },
      features: { use: 'window', with: { columns: ['cpu'] } },
      models: { distance: { use: 'mahalanobis', columns: ['cpu'] } },
      alarms: { threshold: 1_000 },
      checkpoint: { every: '300ms' },
      sinks: { out: { use: 'file', with: { path: './kept.jsonl', write: ['observations', 'verdicts'] } } },
    });
    const start = async () => {
      running = bench.start(['-p', 'kept.yaml', '--log-format', 'text', '--summary', '-']);
      return running;
    };
    const records = () => {
      try {
        return readFileSync(bench.path('kept.jsonl'), 'utf8')
          .split('\n')
          .filter((line) => line.endsWith('}'))
          .map((line) => JSON.parse(line) as { what: string; id?: string; key: string; sequence: number; time: number });
      } catch {
        return [];
      }
    };
    const said = () => new Set(records().flatMap(({ what, time }) => (what === 'observation' ? [(time - EPOCH) / 1_000] : [])));
    const until = async (condition: () => boolean) => {
      for (let i = 0; i < 1_200 && !condition(); i++) await sleep(50);
      expect(condition()).toBe(true);
    };
    let engine = await start();
    // The session begins with the first connection; what is said before it nobody keeps.
    for (let i = 0; !said().has(0) && i < 600; i++) {
      await publish(broker.url, [['plant/a', JSON.stringify(reading(0))]]);
      await sleep(100);
    }
    const [rounds, each] = [6, 200];
    for (let round = 0; round < rounds; round++) {
      const from = 1 + round * each;
      const messages = Array.from({ length: each }, (_, i) => ['plant/a', JSON.stringify(reading(from + i))] as const);
      const sent = publish(broker.url, messages.slice(0, each / 2));
      await sleep(70 * round);
      engine.child.kill('SIGKILL');
      await engine.exit;
      await sent;
      if (round === 3) {
        await broker.stop('SIGTERM');
        await broker.start();
      }
      await publish(broker.url, messages.slice(each / 2));
      engine = await start();
    }
    const last = rounds * each;
    await until(() => said().has(last) && said().size === last + 1);
    engine.child.kill('SIGTERM');
    const { code, stderr } = await engine.exit;
    expect(code, stderr).toBe(0);
    expect([...said()].sort((a, b) => a - b)).toEqual(Array.from({ length: last + 1 }, (_, i) => i));
    // Rows that are written again behind a kill are the same ones.
    const rows = new Map<string, string>();
    for (const { what, key, sequence, ...rest } of records()) {
      if (what !== 'observation') continue;
      const { received: _, ...row } = rest as typeof rest & { received?: number };
      const text = JSON.stringify(row);
      expect(rows.get(`${key} ${sequence}`) ?? text).toBe(text);
      rows.set(`${key} ${sequence}`, text);
    }
    const times = [...rows.values()].map((text) => (JSON.parse(text) as { time: number }).time).filter((time) => time !== EPOCH);
    expect(new Set(times).size).toBe(times.length);
    const verdicts = new Map<string, string>();
    for (const { what, ...verdict } of records()) {
      if (what !== 'verdict') continue;
      const text = JSON.stringify(verdict);
      expect(verdicts.get(verdict.id!) ?? text).toBe(text);
      verdicts.set(verdict.id!, text);
    }
    expect(verdicts.size).toBe(rows.size);
  });
});
