import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourceLaws } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { SourcePlugin } from '../src/api/index.js';
import { loadPlugin } from '../src/spec/plugins.js';
import { Workshop } from './support.js';

// A whole plugin in one file: no package.json, nothing installed beside it, not even types.
const PLUGIN = `
import { open } from 'node:fs/promises';

export default ({ defineSource, z }) =>
  defineSource({
    name: 'two-columns',
    api: 1,
    about: 'Tables of two columns: time in ms, value',
    config: z.strictObject({
      path: z.string().describe('the file'),
      batch: z.int().min(1).default(50).describe('readings per batch'),
    }),
    emits: () => ({ reading: { about: 'a line', sequence: 'contiguous', fields: { level: { unit: 'm', about: 'value' } } } }),
    create: (config, host) => ({
      async *read(from, signal) {
        const [skip, count] = from ? JSON.parse(from) : [0, 0];
        const file = await open(host.resolvePath(config.path));
        try {
          let line = 0;
          let sequence = count;
          let observations = [];
          for await (const text of file.readLines()) {
            if (signal.aborted) return;
            if (++line <= skip) continue;
            const [time, level] = text.split(',').map((cell) => (cell.trim() === '' ? NaN : Number(cell)));
            if (!Number.isFinite(time) || !Number.isFinite(level)) {
              if (line > 1) host.drop('bad_line', config.path + ':' + line + ': ' + text);
              continue;
            }
            observations.push({ key: 'tank', type: 'reading', sequence: ++sequence, time, received: host.clock.now(), values: { level } });
            if (observations.length < config.batch) continue;
            yield { observations, cursor: JSON.stringify([line, sequence]) };
            observations = [];
          }
          if (observations.length > 0) yield { observations, cursor: JSON.stringify([line, sequence]) };
        } finally {
          await file.close();
        }
      },
    }),
  });
`;

const away = mkdtempSync(join(tmpdir(), 'quantstream-away-'));
mkdirSync(join(away, 'two-columns'));
writeFileSync(join(away, 'two-columns', 'index.js'), PLUGIN);
const T = 1_700_000_000_000;
const table = (lines: number) =>
  [
    'time,level',
    ...Array.from({ length: lines }, (_, i) => `${T + i * 1_000},${Math.sin(i / 50) + (i % 337 === 336 ? 5 : 0)}`),
  ].join('\n');

const shop = new Workshop();
afterAll(() => {
  shop.dispose();
  rmSync(away, { recursive: true, force: true });
});

const { plugin } = await loadPlugin('source', './two-columns', away);
sourceLaws(plugin as SourcePlugin, {
  config: { path: 'readings.csv' },
  prepare: (directory) => {
    writeFileSync(join(directory, 'readings.csv'), table(2_000));
    writeFileSync(join(directory, 'broken.csv'), `${table(3)}\n\nwhat,is this\n1,\n${T + 9_000},1\n`);
  },
  broken: { config: { path: 'broken.csv' }, dropped: { bad_line: 3 }, observations: 4 },
});

describe('a plugin in a folder outside of everything', () => {
  beforeEach(() => shop.forget());
  const pipeline = (use: string) => shop.pipeline({ source: { use, with: { path: join(away, 'readings.csv') } } });

  it('runs by its relative path, through features, model and sink', async () => {
    writeFileSync(join(away, 'readings.csv'), table(1_000));
    // From the pipeline's folder up and over to the plugin's: both lie in the folder for temporary files.
    const relative = `../${away.split(/[\\/]/).at(-1)}/two-columns`;
    const summary = await shop.run(pipeline(relative));
    expect(summary).toMatchObject({ ending: 'finished', observations: 1_000, rows: 100, guarantee: { lines: 'at-least-once' } });
    expect(summary.anomalies).toBeGreaterThan(0);
    expect(await shop.run(pipeline(relative))).toMatchObject({ observations: 0 });
  });

  it('is planned against what the others need, before anything is opened', async () => {
    const content = { ...pipeline(join(away, 'two-columns')), features: { use: './mean-features', with: { unit: 'km' } } };
    await expect(shop.plan(content)).rejects.toMatchObject({
      code: 'QS_PLAN_INPUT',
      message: expect.stringMatching(/need reading\.level in km, but source .* emits it in m/),
    });
  });

  it('is told so where a package.json makes CommonJS of it', async () => {
    const place = join(away, 'common', 'mine');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(away, 'common', 'package.json'), JSON.stringify({ type: 'commonjs' }));
    writeFileSync(join(place, 'index.js'), PLUGIN);
    shop.write('common.yaml', pipeline(place));
    // In a process of its own: tests are read by other rules.
    const { code, stderr } = await shop.engine('validate', 'common.yaml');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/package\.json makes it CommonJS; add "type": "module" there/)]);
  });

  it.each([
    ['throws while it is loaded', "throw new Error('out of order');", /cannot be loaded: out of order/],
    ['exports nothing', 'export const plugin = 1;', /its default export must be what defineSource/],
    ['is of another kind', 'export default ({ defineSink, z }) => defineSink({ name: "x", api: 1 });', /it is declared as sink/],
    ['is of another API version', 'export default ({ defineSource, z }) => defineSource({ name: "x", api: 9 });', /version 9/],
    [
      'lacks its parts',
      'export default ({ defineSource, z }) => defineSource({ name: "x", api: 1 });',
      /lacks create\(\), emits\(\)/,
    ],
  ])('is refused with its place in the file when it %s', async (name, code, message) => {
    const folder = name.replaceAll(' ', '-');
    mkdirSync(join(away, folder));
    writeFileSync(join(away, folder, 'index.mjs'), code);
    await expect(shop.plan(pipeline(join(away, folder)))).rejects.toMatchObject({
      code: 'QS_PLUGIN_INVALID',
      message: expect.stringMatching(message),
      problems: [expect.objectContaining({ place: expect.objectContaining({ line: 3 }) })],
    });
  });
});
