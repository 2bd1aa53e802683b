import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startEngine } from '../../test/command-line.js';
import { parseRange } from '../src/cli/commands/fetch.js';
import { Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const DAY = 86_400_000;
const at = Date.parse;

// An installed source with recordings to offer: a day is a file of one reading a minute; the last `late` days are not published yet.
const packageOf = { name: '@quantstream/source-tales', type: 'module', exports: './index.js' };
shop.write('node_modules/@quantstream/source-tales/package.json', JSON.stringify(packageOf));
shop.write(
  'node_modules/@quantstream/source-tales/index.js',
  `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
export default ({ defineSource, z }) => defineSource({
  name: 'tales', api: 1, about: 'tales',
  config: z.strictObject({
    connect: z.string().describe('how'), files: z.array(z.string()).default([]).describe('what'), step: z.int().default(60).describe('seconds'),
  }),
  emits: () => ({ reading: { about: 'a reading', sequence: 'contiguous', fields: { level: { unit: 'm', about: 'level' }, extra: { unit: '1', about: 'x', optional: true } } } }),
  fetch: {
    about: 'tales of days', example: 'FOX 2024-01-01..2024-01-03',
    options: z.strictObject({ step: z.int().min(1).default(60).describe('seconds'), late: z.int().default(0).describe('days') }),
    async run({ what, from, to, folder }, { step, late }, { log, clock, progress, signal }) {
      if (what === 'ENDLESS') {
        const open = setInterval(() => {}, 1_000);
        log.info({}, 'a tale without end');
        await new Promise((_, fail) => signal.addEventListener('abort', () => { clearInterval(open); fail(signal.reason); }));
      }
      const files = [], absent = [];
      let kept = 0, bytes = 0;
      for (let day = from; day < to; day += 86_400_000) {
        const name = what + '-' + new Date(day).toISOString().slice(0, 10) + '.json';
        if (day >= Math.floor(clock.now() / 86_400_000) * 86_400_000 - late * 86_400_000) { absent.push(name + ' is not published'); continue; }
        const file = join(folder, name);
        if (existsSync(file)) kept++;
        else { const text = JSON.stringify({ day, step }); bytes += text.length; writeFileSync(file, text); log.info({}, 'fetched ' + name); }
        files.push(file);
        progress(files.length, (to - from) / 86_400_000, 'files');
      }
      return { files, bytes, kept, absent, with: { connect: 'file', files, step } };
    },
  },
  create: ({ files, step }) => ({
    async *read() {
      let n = 0;
      for (const file of files) {
        const { day } = JSON.parse(readFileSync(file, 'utf8'));
        const observations = [];
        for (let s = 0; s < 86_400; s += step) {
          n++;
          observations.push({ key: 'fox', type: 'reading', sequence: n, time: day + s * 1_000, received: 0, values: { level: Math.sin(n) } });
        }
        yield { observations, cursor: null };
      }
    },
  }),
});
`,
);

const engine = (...args: string[]) => shop.engine(...args);

describe('a range', () => {
  const now = at('2024-08-10T15:00:00Z');

  it('is a day, days with both ends included, times, or the last whole days', () => {
    expect(parseRange('2024-08-01', now)).toEqual({ from: at('2024-08-01'), to: at('2024-08-02'), latest: false });
    expect(parseRange('2024-08-01..2024-08-07', now)).toEqual({ from: at('2024-08-01'), to: at('2024-08-08'), latest: false });
    expect(parseRange('2024-08-01T12:00..2024-08-02', now)).toMatchObject({
      from: at('2024-08-01T12:00Z'),
      to: at('2024-08-03'),
    });
    expect(parseRange('2024-08-01T12:00+02:00..2024-08-01T12:00Z', now).from).toBe(at('2024-08-01T10:00Z'));
    expect(parseRange('7d', now)).toEqual({ from: at('2024-08-03'), to: at('2024-08-10'), latest: true });
    expect(parseRange('30h', now).from).toBe(at('2024-08-08'));
  });

  it.each([
    'yesterday',
    '2024-13-01',
    '2024-02-31',
    '2024-08-02..2024-08-01',
    '2024-08-01..',
    '..',
    '2024-08-01..2024-08-02..2024-08-03',
    '0d',
  ])('is not %s', (text) => expect(() => parseRange(text, now)).toThrow(/expected a day such as 2024-08-01/));
});

describe('engine fetch', () => {
  it('fetches into the data folder, keeps what is there, and says how to read it', async () => {
    const first = await engine('fetch', 'tales', 'FOX', '2024-01-01..2024-01-03');
    expect([first.code, first.stderr.match(/fetched FOX-/g)?.length]).toEqual([0, 3]);
    expect(readdirSync(join(shop.directory, 'data', 'recordings'))).toHaveLength(3);
    expect(first.stdout).toMatch(/3 files, 0 of them here already/);
    expect(first.stdout).toContain('with: {"connect":"file"');
    const second = await engine('fetch', 'tales', 'FOX', '2024-01-01..2024-01-04', '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ kept: 3, absent: [], with: { connect: 'file', step: 60 } });
    expect(second.stderr).toBe('');
  });

  it('takes another folder and options of the plugin, which are checked', async () => {
    const done = await engine('fetch', 'tales', 'FOX', '2024-01-01', '--out', 'here', '--with', 'step=5', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({
      files: [join(shop.directory, 'here', 'FOX-2024-01-01.json')],
      with: { step: 5 },
    });
    const wrong = await engine('fetch', 'tales', 'FOX', '2024-01-01', '--with', 'stepp=5');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/--with stepp=5.*\n.*unknown key "stepp".*Did you mean "step"/),
    ]);
    expect((await engine('fetch', 'tales', 'FOX', '2024-01-01', '--with', 'step')).stderr).toContain(
      'expected --with name=value',
    );
  });

  it('names the sources that have recordings, and refuses what is no range', async () => {
    const other = await engine('fetch', 'tails', 'FOX', '2024-01-01');
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('tales (engine fetch tales FOX 2024-01-01..2024-01-03)'),
    ]);
    expect((await engine('fetch', 'tales', 'FOX', 'soon')).code).toBe(2);
  });

  it('makes up for days that are not published yet, and fails where nothing is', async () => {
    const done = JSON.parse((await engine('fetch', 'tales', 'FOX', '3d', '--with', 'late=1', '--json')).stdout);
    expect(done.files).toHaveLength(3);
    const today = new Date(Math.floor(Date.now() / DAY) * DAY - 2 * DAY).toISOString().slice(0, 10);
    expect(done.files.at(-1)).toContain(today);
    const nothing = await engine('fetch', 'tales', 'FOX', '2999-01-01');
    expect([nothing.code, nothing.stdout]).toEqual([
      1,
      expect.stringContaining('not there: FOX-2999-01-01.json is not published'),
    ]);
  });
});

describe('engine train --from', () => {
  const pipeline = () =>
    shop.pipeline({
      source: { use: './counter-source' },
      models: { z: { use: './trainable-model', columns: ['mean_level', 'mean_change'] } },
    });

  it('fetches first where it names a source, what to get and a range', async () => {
    shop.write('train.yaml', { ...pipeline(), source: { use: 'tales', with: { connect: 'live', step: 120 } } });
    const done = await engine(
      'train',
      '-p',
      'train.yaml',
      '--from',
      'tales:FOX:2024-01-01..2024-01-02',
      '--out',
      'z.json',
      '--json',
    );
    expect(done.code, done.stderr).toBe(0);
    // What the pipeline says of the source holds for fetching too: a row every two minutes. The first lacks its change.
    expect(JSON.parse(done.stdout).rows).toBe(2 * 720 - 1);
    const { trainedOn } = JSON.parse(readFileSync(join(shop.directory, 'z.json'), 'utf8'));
    expect([trainedOn.from, trainedOn.to]).toEqual([at('2024-01-01T00:02Z'), at('2024-01-02T23:58Z')]);
    expect(existsSync(join(shop.directory, 'data', 'recordings', 'FOX-2024-01-02.json'))).toBe(true);
    const nothing = await engine('train', '-p', 'train.yaml', '--from', 'tales:FOX:2999-01-01', '--out', 'z.json');
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('nothing to train on')]);
  });

  it('still takes a path, a drive letter and all, and the schemes of a source', async () => {
    shop.write('train.yaml', pipeline());
    for (const from of ['C:\\recordings\\x.csv', 'simulator', 'file:nothing:like:that']) {
      expect((await engine('train', '-p', 'train.yaml', '--from', from, '--out', 'z.json')).code).toBe(0);
    }
  });
});

const WINDOWS = process.platform === 'win32';
const unheard = WINDOWS ? ' (skipped: Windows knows no signals between processes)' : '';
describe.skipIf(WINDOWS)(`a fetch that is told to end${unheard}`, () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s says that the next one goes on', async (signal) => {
    const { child, exit, says } = startEngine(shop.directory, ['fetch', 'tales', 'ENDLESS', '2024-01-01']);
    await says('a tale without end');
    child.kill(signal);
    expect(await exit).toMatchObject({ code: 1, signal: null, stderr: expect.stringContaining('the next time goes on') });
  });
});
