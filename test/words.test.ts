// What a vehicle says of itself: live, in a telemetry log, and beside what was found, by real processes.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { frame2, message, record } from '../plugins/source-mavlink/test/frames.js';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const CRASH = 'Crash: Disarming: AngErr=90>30, Accel=0.9<3.0 <script>alert("1")</script> and more than fifty characters';
/** A text as an autopilot sends it, in pieces where it is longer than one. */
const statusText = (text: string, severity: number, id = 7) =>
  Array.from({ length: Math.floor(text.length / 50) + 1 }, (_, i) =>
    frame2(
      message('STATUSTEXT', { severity, text: text.slice(50 * i, 50 * i + 50), id: text.length < 50 ? 0 : id, chunkSeq: i }),
    ),
  );
/** What a copter at 30 m says of itself, `boot` ms after it was switched on. */
const flying = (boot: number) => [
  frame2(message('HEARTBEAT', { type: 2, autopilot: 3, baseMode: 209, customMode: 5, systemStatus: 4 })),
  frame2(message('EXTENDED_SYS_STATE', { landedState: 2 })),
  frame2(message('GLOBAL_POSITION_INT', { timeBootMs: boot, lat: 474e6, lon: 85e6, alt: 530_000, relativeAlt: 30_000 })),
];

interface Said {
  readonly model: string;
  readonly severity: string;
  readonly topics: readonly { readonly name: string; readonly severity: string; readonly reason: string; readonly said?: true }[];
}

describe('the words of an autopilot', () => {
  it('come from a live link, joined from their pieces, as the topic of an episode', async () => {
    const free = createSocket('udp4').bind(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address();
    await new Promise<void>((done) => free.close(() => done()));
    const pipeline = bench.write('live.yaml', {
      extends: join(ROOT, 'pipelines', 'uav.yaml'),
      name: 'live',
      source: { with: { connect: `udpin:127.0.0.1:${port}` } },
      sinks: { database: null, console: null, rows: { use: 'file', with: { path: './live.jsonl', write: ['episodes'] } } },
      checkpoint: { store: 'memory' },
      http: null,
    });
    const engine = bench.start(['--pipeline', pipeline, '--log-level', 'info'], 'live');
    const vehicle = createSocket('udp4');
    let boot = 60_000;
    const beat = setInterval(() => {
      boot += 100;
      for (const frame of flying(boot)) vehicle.send(frame, port, '127.0.0.1');
      // UDP may lose what comes before somebody listens.
      if (boot % 2_000 === 0) for (const frame of statusText(CRASH, 0)) vehicle.send(frame, port, '127.0.0.1');
    }, 100);
    const file = bench.path('live.jsonl');
    const episodes = () =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Said)
        : [];
    try {
      await vi.waitFor(() => expect(episodes().length, engine.said()).toBeGreaterThan(0), { timeout: 60_000, interval: 100 });
    } finally {
      clearInterval(beat);
      vehicle.close();
      engine.child.kill('SIGTERM');
      await engine.exit;
    }
    const [first] = episodes();
    expect(first).toMatchObject({ model: 'said', severity: 'critical' });
    expect(first!.topics[0]).toMatchObject({ severity: 'critical', reason: `the autopilot says "${CRASH}"`, said: true });
  }, 90_000);

  it('stand in the report of a log beside what was found, with who was first, and never as markup', async () => {
    const T = Date.UTC(2026, 2, 1);
    const parts: Buffer[] = [];
    for (let i = 0; i < 400; i++) {
      const at = T + i * 100;
      for (const frame of flying(60_000 + i * 100)) parts.push(record(at, frame));
      // The battery sags at 20 s; the autopilot says so at 22 s.
      const voltage = i < 200 ? 16_000 : 14_000;
      parts.push(
        record(at, frame2(message('SYS_STATUS', { voltageBattery: voltage, currentBattery: 1_000, batteryRemaining: 80 }))),
      );
      if (i === 220) for (const frame of statusText(CRASH, 4)) parts.push(record(at, frame));
      if (i === 230) for (const frame of statusText('Mission: 2 WP', 6)) parts.push(record(at, frame));
    }
    const log = bench.write('flight.tlog', Buffer.concat(parts));
    const { code, stdout, stderr } = await bench.run(['check', log, '--json', '--html', bench.path('flight.html')]);
    expect(code, stderr).toBe(0);
    const [episode] = JSON.parse(stdout).recordings[0].keys[0].episodes;
    const own = episode.findings.find(({ said }: { said: boolean }) => !said);
    expect(own.name).toBe('battery_sag');
    const said = episode.findings.find((one: { said: boolean }) => one.said);
    expect(said).toMatchObject({ severity: 'warning', reason: `the autopilot says "${CRASH}"`, afterOurs: said.time - own.time });
    expect(said.afterOurs).toBeGreaterThan(0);
    expect(episode.words).toMatchObject([{ name: 'Mission: # WP', reason: 'the autopilot says "Mission: 2 WP"' }]);
    const page = readFileSync(bench.path('flight.html'), 'utf8');
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('&lt;script&gt;alert');
    const text = (await bench.run(['check', log, '--no-html'])).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('after this was found)');
  }, 60_000);
});
