import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { FeaturesPlugin, PluginKind, SourcePlugin } from '../src/api/index.js';
import { planPipeline } from '../src/spec/plan.js';
import { loadPlugin } from '../src/spec/plugins.js';
import { pipelineSchema } from '../src/spec/schema.js';
import { featuresLaws, sourceLaws } from '../src/testing/index.js';
import { type Block, blocksOf, commandsIn, PAGES, ROOT, wrongWith } from './docs-blocks.js';

const directory = mkdtempSync(join(tmpdir(), 'quantstream-docs-'));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

const run = (args: string[], cwd = directory) =>
  spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') },
  });

describe('the documentation', () => {
  it('is what the code generates', () => {
    const { status, stderr } = run([join(ROOT, 'scripts', 'generate-docs.mjs'), '--check']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('annotates a pipeline file that runs', () => {
    const annotated = blocksOf('docs/pipeline-file.md').find(({ language, mark }) => language === 'yaml' && mark === 'pipeline');
    mkdirSync(join(directory, 'pipelines'), { recursive: true });
    const file = join(directory, 'pipelines', 'annotated.yaml');
    writeFileSync(file, annotated!.code);
    const { status, stdout, stderr } = run([
      join(ROOT, 'engine/bin/engine.js'),
      '--pipeline',
      file,
      '--log-level',
      'silent',
      '--summary',
      join(directory, 's.json'),
    ]);
    expect(`${stdout}${stderr}`).not.toContain('error');
    expect(status).toBe(0);
    const summary = JSON.parse(readFileSync(join(directory, 's.json'), 'utf8'));
    expect(summary).toMatchObject({ pipeline: 'annotated', ending: 'finished', keys: 2 });
    expect(summary.verdicts).toBeGreaterThan(100);
  });

  it('shows a pipeline over a csv in the README that says what the README says', () => {
    const shown = blocksOf('README.md');
    const at = shown.findIndex(({ mark }) => mark === 'file=hosts.yaml');
    const [yaml, lines, output] = shown.slice(at);
    const folder = join(directory, 'hosts');
    mkdirSync(folder);
    writeFileSync(join(folder, 'hosts.yaml'), yaml!.code);
    let said = '';
    for (const [program, file, ...args] of lines!.code.split('\n').flatMap(commandsIn)) {
      const script = program === 'node' ? join(ROOT, file!) : join(ROOT, 'engine/bin/engine.js');
      const { status, stdout, stderr } = run([script, ...args], folder);
      expect(status, stderr).toBe(0);
      said += stdout;
    }
    expect(said).toContain(`${output!.code}\n`);
  });

  it('links to files that are there', () => {
    for (const page of PAGES) {
      const targets = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(
        ([, target]) => target!,
      );
      for (const target of targets) {
        const path = join(ROOT, dirname(page), target);
        expect(() => readdirSync(dirname(path)), `${page} links to ${target}`).not.toThrow();
        expect(
          target.endsWith('/') || readdirSync(dirname(path)).includes(path.split(/[\\/]/).at(-1)!),
          `${page} links to ${target}`,
        ).toBe(true);
      }
    }
  });

  const pipelines = readdirSync(join(ROOT, 'pipelines')).filter((name) => name.endsWith('.yaml'));
  it.each(pipelines)('ships pipelines/%s, which is valid', async (name) => {
    const plan = await planPipeline(join(ROOT, 'pipelines', name), {
      dataRoot: directory,
      environment: { UAV_LOG: '/tmp/flight.tlog' },
    });
    expect(plan.config.name).toBe(name.replace('.yaml', ''));
  });
});

describe('the examples of the documentation', () => {
  const written = join(directory, 'examples');
  mkdirSync(written);
  let count = 0;

  /** Plans what a block has under a name of its own, beside the shipped pipelines as far as paths go. */
  const plan = async (text: string) => {
    const file = join(written, `${count++}.yaml`);
    writeFileSync(file, text.replaceAll('/path/to/quantstream/', `${ROOT.replaceAll('\\', '/').replace(/\/$/, '')}/`));
    await planPipeline(file, { dataRoot: directory, environment: {} });
  };

  /** Of a part of a pipeline: its keys, its plugins and what it says to them. */
  const checkFragment = async (value: Record<string, unknown>) => {
    const strange = Object.keys(value).filter((key) => !(key in pipelineSchema.shape));
    expect(strange, 'keys that no pipeline has').toEqual([]);
    for (const [key, part] of Object.entries(value)) {
      const { success, error } = pipelineSchema.shape[key as keyof typeof pipelineSchema.shape].safeParse(part);
      expect(success, `${key}: ${error?.message}`).toBe(true);
    }
    for (const [key, kind] of [
      ['source', 'source'],
      ['features', 'features'],
      ['models', 'model'],
      ['sinks', 'sink'],
    ] as const) {
      const named = key === 'source' || key === 'features' ? [value[key]] : Object.values(value[key] ?? {});
      for (const part of named as ({ use: string; with?: unknown } | undefined)[]) {
        if (part === undefined) continue;
        const { plugin } = await loadPlugin(kind as PluginKind, part.use, directory);
        expect(plugin.config.safeParse(part.with ?? {}), `${part.use}: with`).toMatchObject({ success: true });
      }
    }
  };

  const checkYaml = async ({ code, mark }: Block) => {
    const over = /(?:^| )over=(\S+)/.exec(mark)?.[1];
    if (over !== undefined) return plan(`extends: ${join(ROOT, over)}\n${code}`);
    const value = parse(code) as Record<string, unknown> | null;
    if (value === null) {
      // Nothing but comments: the line for editors.
      const schema = /\$schema=(\S+)/.exec(code)?.[1];
      expect(existsSync(join(ROOT, 'pipelines', schema ?? '?')), schema).toBe(true);
    } else if ('extends' in value || ('source' in value && 'features' in value && 'models' in value)) await plan(code);
    else await checkFragment(value);
  };

  const pages = PAGES.map((page) => [page, blocksOf(page)] as const).filter(([, all]) => all.length > 0);
  it.each(pages)('are what can be run, or say why not: %s', async (_, all) => {
    const made = new Set<string>();
    for (const block of all) {
      const { page, line, language, mark, code } = block;
      const here = `${page}:${line}`;
      const file = /(?:^| )file=(\S+)/.exec(mark)?.[1];
      if (file !== undefined) made.add(file);
      if (/^not-run:/.test(mark)) expect(mark, `${here} says why it is not run`).toMatch(/^not-run: \S.{5,}/);
      else if (language === 'yaml')
        await checkYaml(block).catch((error: Error) => {
          throw new Error(`${here}: ${error.message}`, { cause: error });
        });
      else if (language === 'sh') {
        for (const words of code.replaceAll('\\\n', ' ').split('\n').flatMap(commandsIn))
          expect(await wrongWith(words, made), `${here}: ${words.join(' ')}`).toBeUndefined();
      } else if (language === 'js')
        expect(mark, `${here}: a plugin that is held to the laws below`).toMatch(/^(plugin|package)=/);
      else expect(`${language} ${mark}`, `${here} has no kind that is known`).toMatch(/^text (output|shape)$/);
    }
  });

  it.each([
    [['engine', '--pipelin', 'pipelines/btc.yaml'], "unknown option '--pipelin'"],
    [['npx', 'engine', 'evaluate', '--labels', 'labels.jsonl'], "required option '-p, --pipeline <file>'"],
    [['npm', 'run', 'engine', '--', 'validate', 'pipelines/none.yaml'], 'there is no pipelines/none.yaml'],
    [['engine', 'check', '--exitcode', 'flight.tlog'], "unknown option '--exitcode'"],
    [['npm', 'run', 'nothing'], 'no script nothing'],
    [['node', 'scripts/nothing.mjs'], 'there is no scripts/nothing.mjs'],
    [['node', 'scripts/detection.mjs', '--weeks', '3'], 'no option --weeks'],
    [['BTC_SORCE=live', 'npx', 'engine', '-p', 'pipelines/btc.yaml'], 'no pipeline reads the variable BTC_SORCE'],
    [['docker', 'compose', 'up'], 'mark the block not-run'],
  ])('would not pass with %j', async (words, said) => {
    expect(await wrongWith(words, new Set())).toContain(said);
  });

  it('name commands that answer', () => {
    for (const args of [['--help'], ['plugins'], ['schema'], ['validate', join(ROOT, 'pipelines', 'btc.yaml')]]) {
      const { status, stderr } = run([join(ROOT, 'engine/bin/engine.js'), ...args]);
      expect(status, `engine ${args.join(' ')}: ${stderr}`).toBe(0);
    }
  });
});

// The plugins that docs/writing-a-plugin.md shows are held to the same laws as ours.
const [shown, shownFeatures] = blocksOf('docs/writing-a-plugin.md').filter(({ mark }) => mark.startsWith('plugin='));
const file = join(directory, shown!.mark.split('=')[1]!);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, shown!.code);
const { plugin } = await loadPlugin('source', './tide-source', directory);
const featuresFile = join(directory, shownFeatures!.mark.split('=')[1]!);
mkdirSync(dirname(featuresFile), { recursive: true });
writeFileSync(featuresFile, shownFeatures!.code);
const features = await loadPlugin('features', './tide-features', directory);
featuresLaws(features.plugin as FeaturesPlugin, {
  config: {},
  observations: Array.from({ length: 500 }, (_, i) => {
    const time = 1_700_000_000_000 + i * 137_000;
    return { key: 'pier', type: 'level', sequence: i, time, received: time, values: { height: Math.sin(i / 20) } };
  }),
});

// As a package it finds the engine where packages are installed.
const packaged = blocksOf('docs/writing-a-plugin.md').find(({ mark }) => mark.startsWith('package='));
const packagedFile = join(directory, packaged!.mark.split('=')[1]!);
mkdirSync(dirname(packagedFile), { recursive: true });
writeFileSync(packagedFile, packaged!.code);
mkdirSync(join(directory, 'node_modules', '@quantstream'), { recursive: true });
symlinkSync(join(ROOT, 'engine'), join(directory, 'node_modules', '@quantstream', 'engine'), 'junction');
symlinkSync(join(ROOT, 'node_modules', 'zod'), join(directory, 'node_modules', 'zod'), 'junction');
const recordings = await loadPlugin('source', './levels-source', directory);
sourceLaws(recordings.plugin as SourcePlugin, {
  config: { path: 'in/**/*.csv*', batch: 50 },
  prepare: (folder) => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `${1_700_000_000_000 + i * 60_000},${Math.sin(i / 60).toFixed(3)}\n`);
    mkdirSync(join(folder, 'in', 'later'), { recursive: true });
    writeFileSync(join(folder, 'in', 'a.csv'), lines.slice(0, 420).join(''));
    writeFileSync(join(folder, 'in', 'later', 'b.csv.gz'), gzipSync(lines.slice(420).join('')));
    writeFileSync(
      join(folder, 'broken.csv'),
      `time,level\n${lines.slice(0, 50).join('')}17000,high\n${lines.slice(50, 98).join('')}`,
    );
  },
  broken: { config: { path: 'broken.csv' }, dropped: { bad_line: 2 }, observations: 98 },
});

sourceLaws(plugin as SourcePlugin, {
  config: { path: './levels.csv', batch: 50 },
  prepare: (folder) => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `${1_700_000_000_000 + i * 60_000},${Math.sin(i / 60).toFixed(3)}`);
    writeFileSync(join(folder, 'levels.csv'), `${lines.join('\n')}\n`);
    writeFileSync(
      join(folder, 'broken.csv'),
      `time,level\n${lines.slice(0, 50).join('\n')}\n17000,high\n${lines.slice(50, 98).join('\n')}\n`,
    );
  },
  broken: { config: { path: './broken.csv' }, dropped: { bad_line: 2 }, observations: 98 },
});
