import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Running, startEngine } from '../../test/command-line.js';
import { satisfies } from './json-schema.js';
import { Workshop } from './support.js';

const PIPELINES = fileURLToPath(new URL('../../pipelines', import.meta.url));
const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const start = (...args: string[]) => startEngine(shop.directory, args, { environment: { UAV_LOG: 'x' } });
const engine = (...args: string[]) => start(...args).exit;

/** Asks a pipeline to end, which it must do with 0 before Docker would kill it, after ten seconds. @returns its summary */
async function stopped({ child, exit }: Running): Promise<unknown> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const { code, signal, stdout } = await exit;
  clearTimeout(timer);
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  return JSON.parse(stdout);
}

const ticking = (more: object = {}) =>
  shop.pipeline({ source: { use: './ticking-source', with: more }, checkpoint: { every: '20ms' } });
const write = (content: object | string, name = 'pipeline.yaml') => shop.write(name, content);

describe('exit codes', () => {
  it('0 when the recording is finished, with the summary on standard error', async () => {
    write(shop.pipeline());
    const { code, stdout, stderr } = await engine('--pipeline', 'pipeline.yaml', '--log-format', 'text');
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('test: finished after');
    expect(stderr).toContain('sink lines: at-least-once');
  });

  it.each<[string, string[], RegExp]>([
    ['a pipeline file that does not exist', ['-p', 'nowhere.yaml'], /error QS_CONFIG_READ\nnowhere\.yaml does not exist/],
    [
      'a mistake in the file',
      ['-p', 'bad.yaml'],
      /bad\.yaml:\d+:\d+: error QS_CONFIG_UNKNOWN_KEY[\s\S]*Did you mean "features"\?/,
    ],
    ['an unknown option', ['-p', 'pipeline.yaml', '--sumary', '-'], /unknown option '--sumary'/],
    ['a misspelt command', ['vaildate', 'pipeline.yaml'], /no command "vaildate"; did you mean validate\?/],
    ['a pipeline file without its option', ['pipeline.yaml'], /to run a pipeline: engine --pipeline pipeline\.yaml/],
    ['an impossible choice', ['-p', 'pipeline.yaml', '--role', 'king'], /Allowed choices are all, ingest, detect/],
    ['a duration that is none', ['-p', 'pipeline.yaml', '--for', 'ever'], /QS_CONFIG_VALUE[\s\S]*found "ever"/],
    ['a --set that is none', ['-p', 'pipeline.yaml', '--set', 'name'], /QS_CONFIG_SET[\s\S]*path\.to=value/],
    ['a role that needs a channel', ['-p', 'pipeline.yaml', '--role', 'ingest'], /QS_PLAN_ROLE/],
    ['a plugin that is not installed', ['plugins', 'nonesuch'], /no plugin "nonesuch" is installed/],
  ])('2 for %s', async (_, args, message) => {
    write(shop.pipeline());
    const { features, ...rest } = shop.pipeline();
    write({ ...rest, featurs: features }, 'bad.yaml');
    const { code, stderr } = await engine(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('2 when saved state was made by another configuration; --reset-state is the way on', async () => {
    write(shop.pipeline());
    expect((await engine('-p', 'pipeline.yaml')).code).toBe(0);
    const changed = ['-p', 'pipeline.yaml', '--set', 'features.with.every=5000'];
    const refused = await engine(...changed);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/QS_STATE_SIGNATURE[\s\S]*--reset-state/);
    const { code, stdout } = await engine(...changed, '--reset-state', '--summary', '-');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ observations: 1_000, rows: 200 });
  });

  it('1 when a plugin throws, with the key and a summary that says so', async () => {
    write(shop.pipeline({ source: { use: './counter-source', with: { edit: { 500: { level: 666 } } } } }));
    const { code, stdout, stderr } = await engine('-p', 'pipeline.yaml', '--summary', '-');
    expect(code).toBe(1);
    expect(stderr).toMatch(/QS_PLUGIN_FAILED\n.*key-0: the level of the beast/);
    expect(JSON.parse(stdout)).toMatchObject({ ending: 'failed' });
  });

  it('1 when the source fails, after what it had sent was stored; the next run goes on there', async () => {
    write(ticking({ failAt: 55 }));
    const { code, stderr } = await engine('-p', 'pipeline.yaml');
    expect(code).toBe(1);
    expect(stderr).toMatch(/QS_SOURCE_FAILED\n.*the cable is cut/);
    expect(new Set(shop.lines().flatMap(({ what, sequence }) => (what === 'observation' ? [sequence] : []))).size).toBe(50);
  });

  it('1 when the state cannot be read back', async () => {
    write(shop.pipeline());
    await engine('-p', 'pipeline.yaml');
    const folder = join(shop.directory, 'data/test/checkpoint');
    const log = join(folder, readdirSync(folder).find((name) => name.endsWith('.log'))!);
    const bytes = readFileSync(log);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(log, bytes);
    const { code, stderr } = await engine('-p', 'pipeline.yaml');
    expect(stderr).toMatch(/QS_STATE_CORRUPT[\s\S]*--reset-state/);
    expect(code).toBe(1);
  });
});

const WINDOWS = process.platform === 'win32';
const unheard = WINDOWS ? ' (skipped: Windows knows no signals between processes, there they come from the console)' : '';
describe.skipIf(WINDOWS)(`being told to stop${unheard}`, () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s checkpoints and exits with 0; the next run goes on there',
    async (signal) => {
      write(ticking());
      const { child, exit, says } = start('-p', 'pipeline.yaml', '--summary', 'summary.json');
      await says('at-least-once');
      await new Promise((resolve) => setTimeout(resolve, 400));
      child.kill(signal);
      expect(await exit).toMatchObject({ code: 0, signal: null });
      const summary = JSON.parse(readFileSync(join(shop.directory, 'summary.json'), 'utf8'));
      expect(summary.ending).toBe('stopped');
      expect(summary.observations).toBeGreaterThan(0);
      const show = JSON.parse((await engine('checkpoint', 'show', 'test', '--json')).stdout);
      expect(show.cursor).toBe(String(summary.observations));
      // What is open stays open: no row of a window that has not ended.
      expect(shop.lines().filter(({ what }) => what === 'verdict')).toHaveLength(summary.rows);
      const { code } = await engine('-p', 'pipeline.yaml', '--for', '300ms');
      expect(code).toBe(0);
      const ids = shop.lines().flatMap(({ what, sequence }) => (what === 'observation' ? [Number(sequence)] : []));
      expect(ids).toEqual(ids.map((_, i) => i + 1));
      expect(ids.length).toBeGreaterThan(summary.observations);
    },
  );

  it('exits with 0 although a sink hangs and cannot be closed', { timeout: 40_000 }, async () => {
    write({ ...ticking(), sinks: { hanging: { use: './hanging-sink', with: { after: 3 } } } });
    const running = start('-p', 'pipeline.yaml', '--summary', '-');
    await running.says('effectively-once');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await stopped(running)).toMatchObject({ ending: 'stopped-waiting', observations: 40 });
  });

  it('exits with 0 although the source does not answer', { timeout: 40_000 }, async () => {
    write(ticking({ deafAt: 30 }));
    const running = start('-p', 'pipeline.yaml', '--summary', '-');
    await running.says('at-least-once');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await stopped(running)).toMatchObject({ ending: 'stopped', observations: 30 });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends in good order what sinks serve', async (signal) => {
    write({ ...shop.pipeline(), sinks: { shop: { use: './serving-sink' } } });
    const { child, exit, says } = start('serve', '-p', 'pipeline.yaml');
    await says('the shop is open');
    child.kill(signal);
    expect(await exit).toMatchObject({ code: 0, signal: null, stderr: expect.stringContaining('the shop is closed') });
    // The lock on the state is gone: the next one may have it.
    expect((await engine('-p', 'pipeline.yaml')).code).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends what runs over a recording, which says that nothing came of it',
    async (signal) => {
      const models = { z: { use: './trainable-model', columns: ['mean_level', 'mean_change'] } };
      write({ ...ticking({ slow: true }), models });
      write('{"key":"a","kind":"flood","from":1700000010000,"to":1700000020000}\n', 'labels.jsonl');
      for (const [words, said] of [
        [['evaluate', '-p', 'pipeline.yaml', '--labels', 'labels.jsonl'], 'nothing was measured'],
        [['train', '-p', 'pipeline.yaml', '--out', 'z.json'], 'nothing was written'],
      ] as const) {
        const { child, exit, says } = start(...words);
        await says('the clock ticks');
        child.kill(signal);
        expect(await exit).toMatchObject({ code: 1, signal: null, stderr: expect.stringContaining(said) });
      }
      expect(existsSync(join(shop.directory, 'z.json'))).toBe(false);
    },
  );

  it('a second signal ends it at once, with 1', async () => {
    write({ ...ticking(), sinks: { hanging: { use: './hanging-sink' } } });
    const { child, exit, says } = start('-p', 'pipeline.yaml');
    await says('effectively-once');
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGINT');
    await says('once more to end at once');
    child.kill('SIGINT');
    expect(await exit).toMatchObject({ code: 1, signal: null });
  });
});

describe('options of a run', () => {
  it('--for ends an endless run with a checkpoint', async () => {
    write(ticking());
    const { code, stdout } = await engine('-p', 'pipeline.yaml', '--for', '250ms', '--summary', '-');
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary.ending).toBe('stopped');
    expect(summary.checkpoints).toBeGreaterThan(0);
  });

  it('--summary - writes JSON and nothing else to standard output, whatever the log level', async () => {
    write(shop.pipeline());
    for (const level of ['debug', 'silent']) {
      const { stdout, stderr } = await engine('-p', 'pipeline.yaml', '--reset-state', '--summary', '-', '--log-level', level);
      expect(JSON.parse(stdout)).toMatchObject({ pipeline: 'test', observations: 1_000 });
      if (level === 'silent') expect(stderr).toBe('');
    }
  });

  it('--set overrides values, adds parts and removes them, once per option', async () => {
    write(shop.pipeline());
    const settings = [
      'source.with.count=50',
      'name=other',
      'sinks.more={ use: ./lines-sink, with: { path: ./more.jsonl } }',
      'sinks.lines=null',
    ];
    const run = ['-p', 'pipeline.yaml', '--summary', '-', ...settings.flatMap((one) => ['--set', one])];
    const { code, stdout } = await engine(...run, '--lenient');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ pipeline: 'other', observations: 50, guarantee: { more: 'at-least-once' } });
    expect(existsSync(join(shop.directory, 'out.jsonl'))).toBe(false);
    expect(shop.lines('more.jsonl').filter(({ what }) => what === 'observation')).toHaveLength(50);
  });

  it('ends with 3 where the summary names something to look at', async () => {
    // Ten rows are too few for the model to say a word.
    write(shop.pipeline({ name: 'short', source: { use: './counter-source', with: { count: 50 } } }));
    const { code, stderr } = await engine('-p', 'pipeline.yaml');
    expect([code, stderr]).toEqual([3, expect.stringContaining('look at it    z scored none of 5 rows (learning)')]);
  });

  it('help names every option and command, and a version is a version', async () => {
    const help = await engine('--help');
    expect(help.code).toBe(0);
    for (const word of [
      '--pipeline',
      '--for',
      '--summary',
      '--reset-state',
      'validate',
      'plugins',
      'schema',
      'checkpoint',
      'train',
    ])
      expect(help.stdout).toContain(word);
    expect((await engine('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('validate', () => {
  it('says of each of several files whether it is valid, and every mistake of those that are not', async () => {
    write(shop.pipeline(), 'good.yaml');
    write(shop.pipeline({ alarms: { contamination: 7, coldown: '1s' } }), 'bad.yaml');
    const text = await engine('validate', 'good.yaml', 'bad.yaml');
    expect(text.code).toBe(2);
    expect(text.stdout).toBe('good.yaml: valid. Rows "window" with readings, mean_level, mean_change; source not opened\n');
    expect(text.stderr).toMatch(/contamination: expected a number of at most 0.5, found 7/);
    expect(text.stderr).toMatch(/unknown key "coldown".*Did you mean "cooldown"\?/);
    const json = await engine('validate', '--json', 'good.yaml', 'bad.yaml', 'gone.yaml');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toEqual([
      expect.objectContaining({ file: 'good.yaml', valid: true, models: ['z'], sinks: ['lines'] }),
      {
        file: 'bad.yaml',
        valid: false,
        problems: [
          expect.objectContaining({ code: 'QS_CONFIG_VALUE', place: expect.objectContaining({ file: 'bad.yaml' }) }),
          expect.objectContaining({ code: 'QS_CONFIG_UNKNOWN_KEY' }),
        ],
      },
      { file: 'gone.yaml', valid: false, problems: [expect.objectContaining({ code: 'QS_CONFIG_READ' })] },
    ]);
    expect((await engine('validate', 'good.yaml')).code).toBe(0);
  });

  it('tries the folder of the state, and makes none', async () => {
    write(shop.pipeline({ data: './good.yaml/data' }), 'nowhere.yaml');
    write(shop.pipeline({ data: './not-yet' }), 'not-yet.yaml');
    const { code, stderr } = await engine('validate', 'nowhere.yaml', 'not-yet.yaml');
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^the folder .*data.* cannot be made: .*good\.yaml is a file; name another one/),
    ]);
    expect(existsSync(join(shop.directory, 'not-yet'))).toBe(false);
    expect((await engine('validate', '--no-files', 'nowhere.yaml')).code).toBe(0);
  });

  it('finds every shipped pipeline valid', async () => {
    const files = readdirSync(PIPELINES).map((name) => join(PIPELINES, name));
    expect(files.length).toBeGreaterThan(1);
    const { code, stderr } = await engine('validate', '--no-files', ...files);
    expect(code, stderr).toBe(0);
  });
});

describe('plugins and schema', () => {
  it('lists what is installed, and shows one with its fields', async () => {
    const list = JSON.parse((await engine('plugins', '--json')).stdout) as { kind: string; name: string }[];
    expect(new Set(list.map(({ kind }) => kind))).toEqual(new Set(['source', 'features', 'model', 'sink', 'store']));
    const { code, stdout } = await engine('plugins', list[0]!.name);
    expect(code).toBe(0);
    expect(stdout).toContain(list[0]!.name);
    for (const { kind, name } of [list[0]!, list.at(-1)!])
      expect(JSON.parse((await engine('plugins', `${kind}-${name}`, '--json')).stdout)).toMatchObject({ kind, name });
  });

  it('prints a JSON Schema that the shipped pipelines satisfy and that a misspelt key does not', async () => {
    const schema = JSON.parse((await engine('schema')).stdout);
    for (const name of readdirSync(PIPELINES)) {
      const content = parse(readFileSync(join(PIPELINES, name), 'utf8'));
      expect(satisfies(content, schema), name).toBe(true);
    }
    const pipeline = shop.pipeline();
    expect(satisfies(pipeline, schema)).toBe(true);
    expect(satisfies({ ...pipeline, sink: {} }, schema)).toBe(false);
    // A file that extends another may leave out anything, one that does not may not.
    const { source: _, ...rest } = pipeline;
    expect(satisfies(rest, schema)).toBe(false);
    expect(satisfies({ ...pipeline, sinks: { lines: { with: {} } } }, schema)).toBe(false);
    expect(satisfies({ ...rest, extends: 'base.yaml', sinks: { lines: { with: {} }, console: null } }, schema)).toBe(true);
    expect(satisfies({ ...pipeline, alarms: { contamination: 7 } }, schema)).toBe(false);
    // Inside `with` the plugin's own schema speaks.
    const forest = (trees: unknown) => ({
      ...pipeline,
      models: { z: { use: 'isolation-forest', columns: ['a'], with: { trees } } },
    });
    expect(satisfies(forest(50), schema)).toBe(true);
    expect(satisfies(forest('many'), schema)).toBe(false);
  });
});

describe('checkpoint', () => {
  it('lists, shows and resets the state, by name and by file', async () => {
    write(shop.pipeline());
    expect((await engine('checkpoint', 'list')).stdout).toContain('no pipeline has a state');
    await engine('-p', 'pipeline.yaml');
    expect(JSON.parse((await engine('checkpoint', 'list', '--json')).stdout)).toEqual([
      expect.objectContaining({ pipeline: 'test', cursor: '1000', keys: 1, eventTime: '2023-11-14T22:29:59.000Z' }),
    ]);
    const shown = JSON.parse((await engine('checkpoint', 'show', 'pipeline.yaml', '--json')).stdout);
    expect(shown).toMatchObject({ cursor: '1000', states: [{ key: 'key-0' }], signature: { features: { use: 'mean' } } });
    expect(JSON.parse((await engine('checkpoint', 'show', 'test', '--json')).stdout).cursor).toBe('1000');
    const manifest = join(shop.directory, 'data', 'test', 'checkpoint', 'manifest.json');
    const whole = readFileSync(manifest, 'utf8');
    const log = join(manifest, '..', JSON.parse(whole).log);
    const states = readFileSync(log);
    writeFileSync(log, 'damaged');
    const damaged = await engine('checkpoint', 'list');
    expect([damaged.code, damaged.stdout, damaged.stderr]).toEqual([1, '', expect.stringMatching(/^test: .*cannot be read/)]);
    writeFileSync(log, states);
    expect((await engine('checkpoint', 'reset', 'test')).stdout).toContain('is forgotten');
    const gone = await engine('checkpoint', 'show', 'test');
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('there is no checkpoint')]);
    expect((await engine('checkpoint', 'show', 'never-heard-of')).code).toBe(2);
    expect(JSON.parse((await engine('-p', 'pipeline.yaml', '--summary', '-')).stdout).observations).toBe(1_000);
  });
});

describe('train', () => {
  const trained = (more: object = {}) =>
    shop.pipeline({
      models: { z: { use: './trainable-model', columns: ['mean_level', 'mean_change'], scope: 'shared', artifact: './z.json' } },
      alarms: { contamination: 0.05 },
      ...more,
    });
  const train = async () => {
    const { models, ...rest } = trained();
    write({ ...rest, models: { z: { use: './trainable-model', columns: ['mean_level', 'mean_change'] } } }, 'train.yaml');
    return engine('train', '-p', 'train.yaml', '--out', 'z.json');
  };

  it('makes an artifact that scores from the first complete row on, for all keys', async () => {
    const done = await train();
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toMatch(/^trained z on 99 rows .*1 incomplete rows left out/);
    write(trained({ source: { use: './counter-source', with: { count: 1_000, keys: 3 } } }));
    const { code, stdout, stderr } = await engine('-p', 'pipeline.yaml', '--summary', '-');
    expect(code, stderr).toBe(0);
    // One row of each key lacks its change; 5 % of the training rows lie above the threshold.
    expect(JSON.parse(stdout)).toMatchObject({ rows: 300, verdicts: 297, keys: 3 });
    const verdicts = shop.lines().filter(({ what }) => what === 'verdict');
    expect(verdicts.filter(({ key, anomalous }) => key === 'key-0' && anomalous)).toHaveLength(5);
    expect(verdicts.find(({ key, reason }) => key === 'key-2' && reason === undefined)).toMatchObject({
      threshold: expect.any(Number),
    });
  });

  it('is refused with both sides named: edited, other columns, other windows, no file, no artifact', async () => {
    await train();
    const refusal = async (content: object) => {
      write(content);
      const { code, stderr } = await engine('-p', 'pipeline.yaml');
      expect(code).toBe(2);
      return stderr;
    };
    const file = join(shop.directory, 'z.json');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      whole.replace(/"mean":\[(-?\d)/, (_, digit) => `"mean":[9${digit}`),
    );
    expect(readFileSync(file, 'utf8')).not.toBe(whole);
    expect(await refusal(trained())).toMatch(/QS_ARTIFACT[\s\S]*does not match its hash/);
    writeFileSync(file, whole.slice(0, -20));
    expect(await refusal(trained())).toMatch(/QS_ARTIFACT/);
    writeFileSync(file, whole);
    const { z: model } = trained().models as { z: object };
    expect(await refusal(trained({ models: { z: { ...model, columns: ['mean_change', 'mean_level'] } } }))).toMatch(
      /trained on the columns mean_level \(m\), mean_change \(m\), the pipeline gives it mean_change \(m\), mean_level \(m\)/,
    );
    expect(await refusal(trained({ features: { use: './mean-features', with: { every: 5_000 } } }))).toMatch(
      /made by .*"every":10000.*the pipeline makes them by .*"every":5000/,
    );
    expect(await refusal(trained({ models: { z: { ...model, artifact: './none.json' } } }))).toMatch(
      /does not exist; make it with engine train/,
    );
    expect(await refusal(trained({ models: { z: { ...model, artifact: '/dev/zero' } } }))).toMatch(
      /dev\/zero cannot be used: it is no file but a pipe or a device/,
    );
    expect(await refusal(trained({ models: { z: { ...model, use: './deviation-model' } } }))).toMatch(
      /holds a model of "trainable".*uses "deviation"/,
    );
    expect(await refusal(trained({ models: { z: { ...model, artifact: null } } }))).toMatch(
      /scope: shared needs a trained model/,
    );
  });

  it('says what cannot be trained', async () => {
    write(shop.pipeline());
    const { code, stderr } = await engine('train', '-p', 'pipeline.yaml', '--out', 'z.json');
    expect(code).toBe(2);
    expect(stderr).toContain('"deviation" cannot be trained ahead of a stream');
    write(
      trained({
        models: { z: { use: './trainable-model', columns: ['mean_level', 'mean_change'] } },
        source: { use: './counter-source', with: { count: 5 } },
      }),
    );
    expect((await engine('train', '-p', 'pipeline.yaml', '--out', 'y.json')).stderr).toContain(
      'the recording gave no complete row',
    );
  });
});
