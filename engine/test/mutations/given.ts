// What the authors of the examples hand to the kits: configurations, inputs, a gateway to listen to, a place to read back.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gaussian, type Missing, type Observation, random } from '../../src/api/index.js';
import type { ModelLaws } from '../../src/testing/model/trial.js';
import type { SinkLaws } from '../../src/testing/sink/trial.js';
import type { SourceLaws, Station } from '../../src/testing/source/given.js';
import type { Database } from './examples/sink.js';

const EPOCH = Date.UTC(2026, 0, 1);
const GAUGES = ['north', 'south', 'Κηφισός'];

/** Lines of a spool: three gauges in turn, some lines 1.5 s behind, some without a flow, and twice something was lost. */
function spooled(count: number): string[] {
  const numbers = [0, 0, 0];
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const time = EPOCH / 1_000 + 0.5 * i;
    if (i === 250 || i === 1_530) {
      lines.push(JSON.stringify({ lost: 12, from: time - 2, to: time }));
      for (const gauge of numbers.keys()) numbers[gauge]! += 4;
    }
    const gauge = i % 3;
    const reading = { time: i % 7 ? time : time - 1.5, gauge: GAUGES[gauge], number: ++numbers[gauge]!, level: 300 + (i % 37) };
    lines.push(JSON.stringify({ ...reading, ...(i % 4 ? { flow: (i % 4) - 1 } : {}), valve: i % 50 ? 'open' : 'shut' }));
  }
  return lines;
}

/** For `sourceLaws` of the source of spooled segments: twelve of them, the last of which is still being written. */
export const spool: SourceLaws = {
  config: { folder: 'spool' },
  count: 2_160,
  cut: { folder: 'spool', size: 1 },
  prepare(directory: string): void {
    mkdirSync(join(directory, 'spool'), { recursive: true });
    mkdirSync(join(directory, 'broken'), { recursive: true });
    const lines = spooled(2_160);
    for (let segment = 1; segment <= 12; segment++) {
      const text = lines.splice(0, segment < 12 ? 180 : lines.length).join('\n');
      writeFileSync(join(directory, 'spool', `${segment}.jsonl`), `${text}\n${segment < 12 ? '' : '{"time":17672'}`);
    }
    const broken = spooled(100);
    broken[3] = 'neither fish nor fowl';
    broken[10] = broken[10]!.replace(/"gauge":"[^"]+"/, '"gauge":""');
    broken[20] = broken[20]!.replace(/"gauge":"[^"]+"/, '"gauge":"\\ud800"');
    broken[30] = broken[30]!.replace(/"gauge":"[^"]+"/, '"gauge":{"name":"north"}');
    broken[40] = broken[40]!.replace(/"level":\d+/, '"level":"high"');
    broken[50] = broken[50]!.replace(/"time":[\d.]+/, '"time":null');
    broken[60] = '[1]';
    writeFileSync(join(directory, 'broken', '1.jsonl'), `${broken.join('\n')}\n`);
  },
  broken: { config: { folder: 'broken' }, dropped: { bad_line: 7 }, observations: 93 },
  nowhere: { folder: 'nowhere' },
  expected: [
    // {"time":1767225598.5,"gauge":"north","number":1,"level":300,"valve":"shut"}, {"time":1767225600.5,…,"level":301,"flow":0,…}
    { key: 'north', type: 'level', sequence: 1, time: EPOCH - 1_500, values: { height: 3 }, text: { valve: 'shut' } },
    { key: 'south', type: 'level', sequence: 1, time: EPOCH + 500, values: { height: 3.01, flow: 0 }, text: { valve: 'open' } },
  ],
  hostile: {
    config: { folder: 'hostile' },
    records: spooled(200),
    write(directory: string, records: readonly (string | Uint8Array)[]): void {
      mkdirSync(join(directory, 'hostile'), { recursive: true });
      writeFileSync(join(directory, 'hostile', '1.jsonl'), `${records.join('\n')}\n`);
    },
  },
};

/** A gateway on a port of its own. It sends readings, says for a while only how late it is, sends more, then cuts the connection. */
export async function gateway(): Promise<{ readonly port: number; close(): void }> {
  const numbers = [0, 0, 0];
  const sockets = new Set<Socket>();
  let sent = 0;
  let now = EPOCH;
  const line = (item: object) => `${JSON.stringify(item)}\n`;
  const readings = (count: number): string => {
    let text = '';
    for (const end = sent + count; sent < end; sent++) {
      const gauge = sent % 3;
      now += 100;
      // A reading may be behind others, but not behind what was said of time.
      const time = now - (sent % 10 === 5 ? 250 : 0);
      text += line({ gauge: GAUGES[gauge], number: ++numbers[gauge]!, time, level: 3 + (sent % 37) / 100 });
      if (sent % 10 === 9) text += line({ now });
    }
    return text;
  };
  /** In pieces that end anywhere, also within a character. */
  const send = async (socket: Socket, text: string) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && !socket.destroyed; at += 997) {
      socket.write(bytes.subarray(at, at + 997));
      await sleep(2);
    }
  };
  const speak = async (socket: Socket) => {
    await send(socket, line({ now }) + readings(600));
    for (let i = 0; i < 6 && !socket.destroyed; i++) {
      now += 50;
      await send(socket, line({ now }));
      await sleep(50);
    }
    await send(socket, readings(600));
    // What is measured while nobody is connected is lost.
    readings(30);
    socket.end();
  };
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay().on('error', () => {}));
    void speak(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Readings of a gauge about once a minute, some late, some without a flow; rain now and then; silences, the longest of three hours. */
function measured(): Observation[] {
  const uniform = random(3);
  const normal = gaussian(4);
  const found: { at: number; type: 'level' | 'rain'; time: number; values: Record<string, number> }[] = [];
  let time = EPOCH;
  for (let i = 0; i < 1_200; i++) {
    time += i === 700 ? 10_800_000 : Math.round(30_000 + 60_000 * uniform());
    // Half an hour and more of silence, up to a reading that comes so late that one of the next window is there already.
    const straggler = i % 100 === 60;
    if (straggler) time = Math.ceil(time / 600_000) * 600_000 + 2_380_000;
    const height = 3 + 0.5 * Math.sin(i / 90) + 0.02 * normal();
    const flow = i % 3 === 0 ? {} : { flow: i % 3 === 1 ? 0 : 2 * height };
    found.push({ at: time + (straggler || i % 11 === 5 ? 110_000 : 0), type: 'level', time, values: { height, ...flow } });
    if (i % 200 < 40) found.push({ at: time + 1, type: 'rain', time: time + 1, values: { depth: 0.2 } });
  }
  const sequences = { level: 0, rain: 0 };
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ type, time, values }) => {
      sequences[type]++;
      return { key: 'north', type, sequence: sequences[type], time, received: time + 40, values };
    });
}

/** A gateway that speaks when it is told to. */
async function station(): Promise<Station> {
  const numbers = [0, 0, 0];
  const sockets = new Set<Socket>();
  let now = EPOCH;
  let sent = 0;
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket.setNoDelay().on('error', () => {}));
    socket.on('close', () => sockets.delete(socket)).resume();
    socket.write(`${JSON.stringify({ now })}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const readings = (count: number): string => {
    const lines: object[] = [];
    for (const end = sent + count; sent < end; sent++) {
      now += 100;
      lines.push({ gauge: GAUGES[sent % 3], number: ++numbers[sent % 3]!, time: now - (sent % 10 === 5 ? 250 : 0), level: 3 });
      if (sent % 10 === 9) lines.push({ now });
    }
    return `${lines.map((one) => JSON.stringify(one)).join('\n')}\n`;
  };
  const heard = async () => {
    while (sockets.size === 0) await sleep(5);
  };
  const send = async (text: string) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 997) {
      for (const socket of sockets) socket.write(bytes.subarray(at, at + 997));
      await sleep(1);
    }
  };
  return {
    config: { port, pause: '100ms' },
    async say(count) {
      await heard();
      await send(readings(count));
    },
    sayBad: () => send('neither fish nor fowl\n'),
    async sayEndless(bytes) {
      for (const socket of sockets) socket.write('x'.repeat(bytes));
      await sleep(10);
    },
    hangUp() {
      readings(30);
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** For `sourceLaws` of the live source, with a gateway that was started. */
export const listener = ({ port }: { readonly port: number }): SourceLaws => ({
  config: { port, pause: '100ms' },
  atLeast: 1_300,
  expected: [{ key: 'north', type: 'level', sequence: 1, time: EPOCH + 100, values: { height: 3 } }],
  live: { open: station, nobody: { port: 1, pause: '30s' } },
});

const WINDOW = 600_000;
const observations = measured();

/** Every other silence as a loss, which comes before the observation of that number. */
export const lost: readonly { readonly before: number; readonly missing: Missing }[] = observations
  .map(({ time }, before, all) => ({ before, from: (all[before - 1]?.time ?? time) + 10_000, to: time - 200_000 }))
  .filter(({ from, to }) => to - from > 1_500_000)
  .filter((_, i) => i % 2 === 0)
  .map(({ before, from, to }) => ({ before, missing: { key: '*', from, to, reason: 'disconnected' } }));

/** What a window shows, from all that lies in it: as one would with a table and a pencil. */
function byHand(start: number): { time: number; values: Record<string, number> } {
  const inside = (from: number) => observations.filter(({ time }) => time >= from && time < from + WINDOW);
  const levels = (from: number) => inside(from).flatMap(({ values }) => values.height ?? []);
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const heights = levels(start);
  const flows = inside(start).flatMap(({ values }) => values.flow ?? []);
  const rain = inside(start).flatMap(({ values }) => values.depth ?? []);
  const lostIn = lost.some(({ missing }) => missing.from < start + WINDOW && missing.to >= start);
  const values = {
    height: mean(heights),
    height_range: heights.length > 0 ? Math.max(...heights) - Math.min(...heights) : Number.NaN,
    height_change: mean(heights) - mean(levels(start - WINDOW)),
    rise: fastestRise(start),
    flow: mean(flows),
    rain: lostIn ? Number.NaN : rain.reduce((a, b) => a + b, 0),
    readings: lostIn ? Number.NaN : heights.length,
  };
  return { time: start + WINDOW, values };
}

/** The fastest rise, m/h, between readings that came in order. */
function fastestRise(start: number): number {
  const rises: number[] = [];
  let newest: Observation | undefined;
  for (const one of observations) {
    if (one.type !== 'level' || (newest && one.time <= newest.time)) continue;
    if (newest && one.time >= start && one.time < start + WINDOW)
      rises.push((3_600_000 * (one.values.height! - newest.values.height!)) / (one.time - newest.time));
    newest = one;
  }
  return rises.length > 0 ? Math.max(...rises) : Number.NaN;
}

/** For `featuresLaws`. */
export const gauge = {
  config: { every: '10m' },
  observations,
  lateness: 120_000,
  missing: lost,
  // Windows with rain and late readings, silences, and what was lost.
  expected: Array.from({ length: 60 }, (_, i) => EPOCH + i * WINDOW)
    .filter((start) => observations.some(({ time }) => time >= start && time < start + WINDOW))
    .map(byHand),
  anyOrder: ['height', 'height_range', 'flow', 'rain', 'readings'],
};

/** For `modelLaws`. */
export const sample: ModelLaws = {
  config: { sample: 128, every: 128 },
  rows: 600,
  totalIsScore: 1e-9,
  fits: true,
  adapts: 3_000,
  range: [0, Number.MAX_VALUE] as const,
  hostile: { config: { sample: 16, every: 16 }, rows: 100 },
};

/** For `sinkLaws` of the module that was loaded. */
export function database(module: { readonly Database: typeof Database }): SinkLaws {
  const place = (n: number) => {
    const { all } = module.Database;
    if (!all.has(`place ${n}`)) all.set(`place ${n}`, new module.Database());
    return all.get(`place ${n}`)!;
  };
  return {
    config: (n) => ({ database: `place ${n}` }),
    read: async (n) => [...place(n).tables].flatMap(([table, rows]) => [...rows].map(([id, row]) => ({ table, id, row }))),
    fail(n, from, calls) {
      let call = 0;
      place(n).interrupt = () => {
        call++;
        if (call >= from && call < from + calls) throw new Error('the connection is lost');
      };
    },
  };
}
