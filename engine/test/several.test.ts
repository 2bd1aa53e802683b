// Several pipelines in one process.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/lib/servers.mjs';
import { startEngine } from '../../test/command-line.js';
import type { Readiness } from '../src/ports/http.js';
import { Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const out = (name: string) => ({ lines: { use: './lines-sink', with: { path: `./${name}.jsonl` } } });
const write = (name: string, changes: Record<string, unknown> = {}) =>
  shop.write(`${name}.yaml`, shop.pipeline({ name, sinks: out(name), ...changes }));
const ticking = { use: './ticking-source' };

describe('several pipelines in one process', () => {
  it('run each for itself, as they do alone', async () => {
    write('one');
    write('two', { source: { use: './counter-source', with: { count: 300 } } });
    await shop.engine('-p', 'one.yaml');
    const alone = readFileSync(join(shop.directory, 'one.jsonl'), 'utf8');
    shop.forget();
    shop.write('one.jsonl', '');
    const { code, stdout } = await shop.engine('-p', 'one.yaml', '-p', 'two.yaml', '--summary', '-');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ pipeline: 'one', ending: 'finished', observations: 1_000 }),
      expect.objectContaining({ pipeline: 'two', ending: 'finished', observations: 300 }),
    ]);
    expect(readFileSync(join(shop.directory, 'one.jsonl'), 'utf8')).toBe(alone);
  });

  it('are not stopped by one that fails, which is named, and whose code is that of all', async () => {
    write('good', { source: ticking });
    write('failing', { source: { use: './ticking-source', with: { failAt: 100 } } });
    const { code, stderr, stdout } = await shop.engine(
      ...['-p', 'failing.yaml', '-p', 'good.yaml', '--for', '1500ms', '--summary', '-', '--log-format', 'text'],
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^failing: error QS_/m);
    const [failing, good] = JSON.parse(stdout);
    expect(failing).toMatchObject({ pipeline: 'failing', ending: 'failed' });
    expect(good).toMatchObject({ pipeline: 'good', ending: 'stopped' });
    expect(good.seconds).toBeGreaterThan(1.2);
  });

  it('share an address, where each is named that cannot do its work', async () => {
    const http = { listen: `127.0.0.1:${await freePort()}` };
    write('good', { source: ticking, http });
    write('failing', { source: { use: './ticking-source', with: { failAt: 100 } }, http });
    const { child, says, exit } = startEngine(shop.directory, ['-p', 'failing.yaml', '-p', 'good.yaml']);
    await says('failing: error QS_');
    const ready = await fetch(`http://${http.listen}/ready`);
    expect([ready.status, (await ready.json()) as Readiness]).toEqual([
      503,
      { ready: false, reasons: ['failing: the pipeline is not running'] },
    ]);
    const metrics = await (await fetch(`http://${http.listen}/metrics`)).text();
    expect(metrics).toMatch(/^quantstream_ready\{pipeline="good"\} 1$/m);
    expect(metrics).toMatch(/^quantstream_ready\{pipeline="failing"\} 0$/m);
    child.kill('SIGTERM');
    expect((await exit).code).toBe(1);
  });

  it('are refused before anything is started: two of one name, and every mistake of every file', async () => {
    write('one');
    write('bad', { alarms: { threshhold: 4 } });
    write('worse', { sinks: { lines: { use: './none' } } });
    shop.write('twin.yaml', shop.pipeline({ name: 'one' }));
    const twins = await shop.engine('-p', 'one.yaml', '-p', 'twin.yaml');
    expect([twins.code, twins.stderr]).toEqual([2, expect.stringMatching(/one\.yaml and twin\.yaml are both called one/)]);
    const wrong = await shop.engine('-p', 'bad.yaml', '-p', 'one.yaml', '-p', 'worse.yaml');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/worse\.yaml:.*bad\.yaml:|bad\.yaml:.*worse\.yaml:/s)]);
  });
});
