import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENGINE = join(ROOT, 'engine', 'src');

/** Part of the engine → what it may import beside itself and Node's own modules: other parts and packages. */
const MAY_IMPORT: Record<string, { parts: string[]; packages: string[] }> = {
  api: { parts: [], packages: ['zod'] },
  spec: { parts: ['api'], packages: ['zod', 'yaml', 'import-meta-resolve'] },
  ports: { parts: ['api'], packages: [] },
  run: { parts: ['api', 'ports'], packages: [] },
  'adapters/file-checkpoints.ts': { parts: ['api', 'ports'], packages: [] },
  'adapters/file-requests.ts': { parts: ['ports'], packages: [] },
  'adapters/file-dead-letters.ts': { parts: ['api', 'ports'], packages: [] },
  'adapters/pino-log.ts': { parts: ['api', 'ports'], packages: ['pino'] },
  'adapters/prometheus.ts': { parts: ['api', 'ports'], packages: ['prom-client'] },
  'adapters/kafka': { parts: ['api', 'ports'], packages: ['kafkajs'] },
  'adapters/fastify-http.ts': { parts: ['api', 'ports'], packages: ['fastify'] },
  testing: { parts: ['api', 'run'], packages: ['vitest'] },
  evaluate: { parts: ['api', 'run'], packages: [] },
  'compose.ts': { parts: ['api', 'ports', 'run', 'adapters', 'spec'], packages: ['reflect-metadata', 'tsyringe'] },
  cli: { parts: ['api', 'spec', 'evaluate', 'compose.ts'], packages: ['@commander-js/extra-typings', 'commander', 'yaml'] },
};

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(directory, name));
}

/** The modules that a file imports, type imports included. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\('([^']+)'\)/g,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

const builtIn = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
/** A test belongs to what it tests. */
const partOf = (path: string) => {
  const tested = path.replace(/\.test\.ts$/, '.ts');
  return Object.keys(MAY_IMPORT).find((part) => tested === part || tested.startsWith(`${part}/`));
};

describe('who may import whom', () => {
  const engineFiles = filesBelow(ENGINE);

  it('every file of the engine belongs to a part', () => {
    const paths = engineFiles.map((file) => relative(ENGINE, file).split(sep).join('/'));
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !partOf(path))).toEqual([]);
  });

  it.each(engineFiles.map((file) => relative(ENGINE, file).split(sep).join('/')))(
    'engine/src/%s imports only what its part may',
    (path) => {
      const part = partOf(path)!;
      const { parts, packages } = MAY_IMPORT[part]!;
      const test = path.endsWith('.test.ts') ? ['vitest', 'fast-check'] : [];
      for (const name of importsOf(join(ENGINE, path))) {
        if (builtIn(name)) continue;
        if (!name.startsWith('.')) {
          expect([...packages, ...test], `${path} imports the package ${name}`).toContain(packageOf(name));
          continue;
        }
        const target = relative(ENGINE, resolve(dirname(join(ENGINE, path)), name))
          .split(sep)
          .join('/')
          .replace(/\.js$/, '.ts');
        const targetPart = partOf(target);
        const allowed = targetPart === part || parts.some((one) => target === one || target.startsWith(`${one}/`));
        expect(allowed, `${path} (${part}) imports ${target}`).toBe(true);
      }
    },
  );

  const plugins = readdirSync(join(ROOT, 'plugins'));
  it.each(plugins)('plugins/%s imports the public entry of the engine, its own libraries and itself', (plugin) => {
    const directory = join(ROOT, 'plugins', plugin);
    const { dependencies, devDependencies = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    for (const file of filesBelow(join(directory, 'src'))) {
      const test = file.endsWith('.test.ts');
      for (const name of importsOf(file)) {
        if (builtIn(name)) continue;
        if (name.startsWith('.')) {
          expect(resolve(dirname(file), name).startsWith(directory + sep), `${file} imports ${name}`).toBe(true);
          continue;
        }
        const known = [
          ...Object.keys(dependencies),
          ...(test ? [...Object.keys(devDependencies), 'vitest', 'fast-check', '@quantstream/engine'] : []),
        ];
        expect(known, `${file} imports ${name}`).toContain(packageOf(name));
        if (packageOf(name).startsWith('@quantstream/')) {
          expect(['@quantstream/engine', ...(test ? ['@quantstream/engine/testing'] : [])], `${file} imports ${name}`).toContain(
            name,
          );
        }
      }
    }
  });

  it('the engine knows no domain', () => {
    const words = /binance|bitcoin|btc|trade\b|trades\b|candle|mavlink|ardupilot|pixhawk|drone|vehicle|timescale|postgres/i;
    const found = engineFiles.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, i) => (words.test(line) ? [`${relative(ROOT, file)}:${i + 1}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
