/**
 * Bundles what was compiled. The engine goes together with the libraries that every run needs, and each plugin with its own files: a run then
 * reads some forty files, where it read some six hundred. What only some runs need is loaded on demand, from parts or packages of its own.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENGINE = join(ROOT, 'engine');

/** Names stay as they are: they stand in errors. */
const SETTINGS = {
  outdir: 'bundle',
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

/** zod brings its messages in fifty languages; the engine speaks one. */
const oneLanguage = {
  name: 'one language',
  setup({ onLoad }) {
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};

/** What libraries load at once and we never use: pino's threads for transports, commander's commands that are programs of their own. */
const withoutUnused = {
  name: 'without what is not used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^thread-stream$/ }, () => ({ path: 'thread-stream', namespace: 'unused' }));
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

function clear(folder) {
  rmSync(join(folder, 'bundle'), { recursive: true, force: true });
  return folder;
}

async function bundleEngine() {
  const { metafile } = await build({
    ...SETTINGS,
    absWorkingDir: clear(ENGINE),
    entryPoints: {
      cli: 'dist/cli/main.js',
      thread: 'dist/compose/threads/thread.js',
      'check-thread': 'dist/cli/recorded/check-thread.js',
      index: 'dist/api/index.js',
      kafka: 'dist/adapters/kafka/topics/index.js',
      metrics: 'dist/metrics/index.js',
      recordings: 'dist/recordings/index.js',
      telling: 'dist/telling/index.js',
      testing: 'dist/testing/index.js',
    },
    external: ['date-holidays', 'kafkajs', 'vitest'],
    plugins: [oneLanguage, withoutUnused],
    metafile: true,
    // Libraries that are CommonJS ask for Node's own modules by `require`.
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  });
  writeLicences(ENGINE, Object.keys(metafile.inputs));
}

/** Puts beside a bundle the licences of what it holds of other packages: they ask to be handed on with it. */
function writeLicences(folder, inputs) {
  const packages = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []));
  if (packages.size === 0) return;
  const licences = [...packages].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
    const files = readdirSync(join(folder, path)).filter((one) => /^(licen[cs]e|notice)(\.|$)/i.test(one));
    const texts = files.map((file) => readFileSync(join(folder, path, file), 'utf8').trim());
    return `${name} ${version}\n\n${texts.join('\n\n') || `License: ${license}`}\n`;
  });
  const text = `The bundle holds code of these packages.\n\n${licences.join(`\n${'-'.repeat(80)}\n\n`)}`;
  writeFileSync(join(folder, 'bundle', 'LICENSES.txt'), text);
}

/** A plugin's own files, and what it needs only to be built; its libraries stay packages. */
async function bundlePlugin(name) {
  const folder = clear(join(ROOT, 'plugins', name));
  const worker = 'dist/database/embedded-worker.js';
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { metafile } = await build({
    ...SETTINGS,
    absWorkingDir: folder,
    entryPoints: { index: 'dist/index.js', ...(existsSync(join(folder, worker)) ? { 'embedded-worker': worker } : {}) },
    external: Object.keys({ ...dependencies, ...optionalDependencies }),
    metafile: true,
  });
  writeLicences(folder, [...Object.keys(metafile.inputs), ...(await bundlePage(name))]);
}

/** The page in the browser: what a plugin has in `web/`, with all of its libraries. */
async function bundlePage(name) {
  const folder = join(ROOT, 'plugins', name);
  if (!existsSync(join(folder, 'web'))) return [];
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: { page: 'web/main.tsx' },
    outdir: 'bundle/web',
    chunkNames: '[name]-[hash]',
    splitting: true,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  copyFileSync(join(folder, 'web', 'index.html'), join(folder, 'bundle', 'web', 'index.html'));
  return Object.keys(metafile.inputs);
}

await Promise.all([bundleEngine(), ...readdirSync(join(ROOT, 'plugins')).map(bundlePlugin)]);
