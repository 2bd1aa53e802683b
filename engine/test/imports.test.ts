import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENGINE = join(ROOT, 'engine', 'src');

/** Room of the engine → what it may import beside itself and Node's own modules: other rooms and packages. */
const ROOMS: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages?: readonly string[] }>> = {
  api: { rooms: [], packages: ['zod'] },
  spec: { rooms: ['api'], packages: ['zod', 'yaml', 'import-meta-resolve', 'date-holidays'] },
  judge: { rooms: ['api'] },
  ports: { rooms: ['api'] },
  state: { rooms: ['api', 'judge', 'ports'] },
  vitals: { rooms: ['api', 'ports'] },
  stream: { rooms: ['api', 'judge', 'state', 'vitals', 'ports'] },
  adapters: { rooms: ['api', 'ports'] },
  charts: { rooms: [] },
  evaluate: { rooms: ['api', 'judge', 'stream', 'charts'] },
  check: { rooms: ['api', 'judge', 'stream', 'charts'] },
  compose: {
    rooms: ['api', 'spec', 'judge', 'state', 'stream', 'vitals', 'ports', 'adapters'],
    packages: ['reflect-metadata', 'tsyringe'],
  },
  cli: { rooms: ['api', 'spec', 'evaluate', 'check', 'compose'], packages: ['@commander-js/extra-typings', 'commander', 'yaml'] },
  metrics: { rooms: ['api'] },
  recordings: { rooms: ['api'], packages: ['yauzl'] },
  telling: { rooms: ['api'] },
  testing: { rooms: ['api', 'judge', 'ports', 'state', 'stream'], packages: ['vitest'] },
};

/** Each adapter knows one library. */
const LIBRARY_OF: Readonly<Record<string, string>> = {
  'pino-log.ts': 'pino',
  'prometheus.ts': 'prom-client',
  http: 'fastify',
  kafka: 'kafkajs',
};

/** The rooms of plugins that have some: what each may import beside itself and the files at the root of the plugin. */
const PLUGIN_ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'source-mavlink': {
    wire: [],
    settings: ['wire'],
    identity: ['wire'],
    spectrum: ['dataflash', 'ulog'],
    vehicle: ['identity', 'settings', 'spectrum', 'wire'],
    links: [],
    live: ['links', 'settings', 'vehicle', 'wire'],
    recorded: ['dataflash', 'links', 'ulog', 'vehicle', 'wire'],
    dataflash: ['identity', 'links', 'recorded', 'settings', 'spectrum', 'vehicle', 'wire'],
    ulog: ['dataflash', 'identity', 'recorded', 'settings', 'spectrum', 'vehicle', 'wire'],
    simulator: ['links', 'live', 'vehicle', 'wire'],
  },
  'source-binance': { wire: [], recorded: ['wire'], live: ['simulator', 'wire'], archive: ['live'], simulator: ['wire'] },
  'source-file': { formats: [], following: ['formats'] },
  'source-push': { wire: [], rows: ['wire'], served: ['rows', 'wire'] },
  'sink-timescale': { database: [], tables: ['database'], dashboard: ['tables'] },
  'features-uav': {
    flight: [],
    parts: ['flight'],
    compared: ['flight', 'parts'],
    words: ['flight'],
    parameters: ['flight'],
    shaking: ['parameters'],
  },
  'sink-page': { kept: [], asked: ['kept'], served: ['asked', 'kept'] },
};

/** What is built into the bundle of a plugin and needs no package beside it, so that it is a development dependency: words of other formats. */
const BUNDLED: Readonly<Record<string, readonly string[]>> = { 'sink-timescale': ['@grafana/schema'] };

/** So many files in a folder, tests not counted: then it gets inner rooms. One command a file is a list, however long. */
const MOST_FILES = 12;
const LISTS = ['engine/src/cli/commands'];

const slashes = (path: string) => path.split(sep).join('/');

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
      /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"`]([^'"`]+)['"`]/g,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** Those within the project, as paths of files. */
const targetsOf = (file: string) =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => resolve(dirname(file), name).replace(/\.js$/, '.ts'));

const builtIn = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
const tested = (path: string) => path.endsWith('.test.ts');
const roomOf = (path: string) => path.split('/')[0]!;

/** Groups of files that import each other in a circle (R. Tarjan, "Depth-first search and linear graph algorithms", 1972). */
function circles(files: readonly string[]): string[] {
  const found: string[] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const within = new Set(files);
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const target of targetsOf(file)) {
      if (!within.has(target)) continue;
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.map((one) => slashes(relative(ROOT, one))).join(' ↔ '));
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return found;
}

const IMPORTS = /^(?:import|export)\b[^;]*? from '[^']+';\n|^import '[^']+';\n/gm;
const SENTENCE = /^(?:\/\/ |\/\*\*\s+(?:\* )?)(?!biome-ignore|@)\S.{15,}/;
/** The comment of a thing that is exported: where it stands first, the file is about that thing. */
const EXPORTED = /^\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*\nexport /;

/** A sentence at the top, or the comment of what the file exports first; a remark about a constant of its own is none. */
function beginsWithASentence(text: string): boolean {
  const whole = text.replace(/^#!.*\n/, '');
  const body = whole.replace(IMPORTS, '').trimStart();
  const above = /^(?:\/\/ .*\n)+(?:\n|\/\*\*)/.test(body) && SENTENCE.test(body);
  return SENTENCE.test(whole) || above || (EXPORTED.test(body) && SENTENCE.test(body));
}

const plugins = readdirSync(join(ROOT, 'plugins'));
const sources = [ENGINE, ...plugins.map((plugin) => join(ROOT, 'plugins', plugin, 'src'))];
const engineFiles = filesBelow(ENGINE);

describe('the rooms', () => {
  it('every file of the engine is in one', () => {
    const paths = engineFiles.map((file) => slashes(relative(ENGINE, file)));
    expect(paths.length).toBeGreaterThan(100);
    expect(paths.filter((path) => !path.includes('/') || !(roomOf(path) in ROOMS))).toEqual([]);
  });

  it('each has a line in the architecture page', () => {
    const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
    expect(Object.keys(ROOMS).filter((room) => !page.includes(`| \`${room}/\` |`))).toEqual([]);
  });

  it('none has more files than one can see at a glance', () => {
    const counts = new Map<string, number>();
    for (const file of sources.flatMap(filesBelow).filter((one) => !tested(one))) {
      const folder = slashes(relative(ROOT, dirname(file)));
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    const full = [...counts].filter(([folder, count]) => count > MOST_FILES && !LISTS.includes(folder));
    expect(full.map(([folder, count]) => `${folder} has ${count} files`)).toEqual([]);
  });

  it('every file begins with a sentence that says what it is', () => {
    const silent = sources
      .flatMap(filesBelow)
      .filter((file) => !tested(file) && !beginsWithASentence(readFileSync(file, 'utf8')));
    expect(silent.map((file) => slashes(relative(ROOT, file)))).toEqual([]);
  });
});

describe('who may import whom', () => {
  it.each(engineFiles.map((file) => slashes(relative(ENGINE, file))))('engine/src/%s imports only what its room may', (path) => {
    const room = roomOf(path);
    const { rooms, packages = [] } = ROOMS[room] ?? { rooms: [] };
    const library = room === 'adapters' ? LIBRARY_OF[path.split('/')[1]!.replace('.test', '')] : undefined;
    const known = [...packages, ...(library ? [library] : []), ...(tested(path) ? ['vitest', 'fast-check'] : [])];
    for (const name of importsOf(join(ENGINE, path)))
      if (!builtIn(name) && !name.startsWith('.'))
        expect(known, `${path} imports the package ${name}`).toContain(packageOf(name));
    // A test may look into other rooms.
    for (const target of tested(path) ? [] : targetsOf(join(ENGINE, path)))
      expect([room, ...rooms], `${path} imports ${target}`).toContain(roomOf(slashes(relative(ENGINE, target))));
  });

  it.each(plugins)('plugins/%s imports the public entries of the engine, its own libraries and itself', (plugin) => {
    const directory = join(ROOT, 'plugins', plugin);
    const { dependencies, devDependencies = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    for (const file of filesBelow(join(directory, 'src'))) {
      const test = tested(file);
      for (const name of importsOf(file)) {
        if (builtIn(name)) continue;
        if (name.startsWith('.')) {
          expect(resolve(dirname(file), name).startsWith(directory + sep), `${file} imports ${name}`).toBe(true);
          continue;
        }
        const known = [
          ...Object.keys(dependencies),
          ...(BUNDLED[plugin] ?? []).filter((one) => one in devDependencies),
          ...(test ? [...Object.keys(devDependencies), 'vitest', 'fast-check', '@quantstream/engine'] : []),
        ];
        expect(known, `${file} imports ${name}`).toContain(packageOf(name));
        if (packageOf(name).startsWith('@quantstream/')) {
          expect(
            [
              '@quantstream/engine',
              '@quantstream/engine/kafka',
              '@quantstream/engine/metrics',
              '@quantstream/engine/recordings',
              '@quantstream/engine/telling',
              ...(test ? ['@quantstream/engine/testing'] : []),
            ],
            `${file} imports ${name}`,
          ).toContain(name);
        }
      }
    }
  });

  it.each(plugins)('the rooms of plugins/%s import only what they may', (plugin) => {
    const source = join(ROOT, 'plugins', plugin, 'src');
    const rooms = PLUGIN_ROOMS[plugin] ?? {};
    for (const file of filesBelow(source).filter((one) => !tested(one))) {
      const path = slashes(relative(source, file));
      if (!path.includes('/')) continue;
      expect(Object.keys(rooms), `${path} is in a room that nobody has named`).toContain(roomOf(path));
      for (const target of targetsOf(file).map((one) => slashes(relative(source, one))))
        if (target.includes('/'))
          expect([roomOf(path), ...rooms[roomOf(path)]!], `${path} imports ${target}`).toContain(roomOf(target));
    }
  });

  it.each(sources.map((directory) => slashes(relative(ROOT, directory))))('%s has no circle, not even of types', (directory) => {
    expect(circles(filesBelow(join(ROOT, directory)).filter((file) => !tested(file)))).toEqual([]);
  });

  it('the engine knows no domain', () => {
    const words = /binance|bitcoin|btc|trade\b|trades\b|candle|mavlink|ardupilot|pixhawk|drone|vehicle|timescale|postgres/i;
    // How a picture is called says nothing of what it shows.
    const pictures = (file: string) => readFileSync(file, 'utf8').replaceAll(/'candle'|`candle`/g, '');
    const found = engineFiles.flatMap((file) =>
      (/(api\/people|charts)\/views(\/[a-z]+)?\.ts$/.test(slashes(file)) ? pictures(file) : readFileSync(file, 'utf8'))
        .split('\n')
        .flatMap((line, i) => (words.test(line) ? [`${relative(ROOT, file)}:${i + 1}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
