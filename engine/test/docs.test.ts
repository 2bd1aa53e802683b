import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { FeaturesPlugin, SourcePlugin } from '../src/api/index.js';
import { planPipeline } from '../src/spec/plan.js';
import { loadPlugin } from '../src/spec/plugins.js';
import { featuresLaws, sourceLaws } from '../src/testing/index.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'quantstream-docs-'));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

/** Blocks of code in a page whose fence carries a mark: "```yaml pipeline". */
function blocks(page: string, mark: RegExp): { mark: string; code: string }[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll('\r\n', '\n');
  return [...text.matchAll(/\n```(\S+ [^\n]+)\n([\s\S]*?)\n```/g)]
    .filter(([, info]) => mark.test(info!))
    .map(([, info, code]) => ({ mark: info!, code: code! }));
}

const run = (args: string[]) =>
  spawnSync(process.execPath, args, {
    cwd: directory,
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
    const [annotated] = blocks('docs/pipeline-file.md', /^yaml pipeline/);
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

  it('shows a pipeline in the README that is valid', async () => {
    const code = readFileSync(join(ROOT, 'README.md'), 'utf8')
      .replaceAll('\r\n', '\n')
      .match(/```yaml\n(name: btc[\s\S]*?)```/)![1]!;
    writeFileSync(join(directory, 'readme.yaml'), code);
    const plan = await planPipeline(join(directory, 'readme.yaml'), { dataRoot: directory, environment: {} });
    expect(plan.models[0]!.columns.map(({ name }) => name)).toEqual(['rsi_14', 'volatility_20', 'volume_change']);
  });

  it('links to files that are there', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((n) => n.endsWith('.md'))
        .map((n) => join('docs', n)),
    ];
    const plugins = readdirSync(join(ROOT, 'plugins')).map((name) => join('plugins', name, 'README.md'));
    for (const page of [...pages, ...plugins]) {
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

// The plugins that docs/writing-a-plugin.md shows are held to the same laws as ours.
const [shown, shownFeatures] = blocks('docs/writing-a-plugin.md', /^js plugin=/);
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
const [packaged] = blocks('docs/writing-a-plugin.md', /^js package=/);
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
