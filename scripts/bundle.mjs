/**
 * Bundles the engine with the libraries that every run needs, from what was compiled: a run then reads a few files, where it read some six
 * hundred. What only some runs need stays a package of its own, loaded on demand.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENGINE = join(ROOT, 'engine');
const ON_DEMAND = ['kafkajs', 'vitest'];

/** zod brings its messages in fifty languages; the engine speaks one. */
const oneLanguage = {
  name: 'one language',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};

rmSync(join(ENGINE, 'bundle'), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: ENGINE,
  entryPoints: {
    cli: 'dist/cli/main.js',
    index: 'dist/api/index.js',
    recordings: 'dist/recordings/index.js',
    testing: 'dist/testing/index.js',
  },
  outdir: 'bundle',
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ON_DEMAND,
  legalComments: 'none',
  metafile: true,
  plugins: [oneLanguage],
  // Libraries that are CommonJS ask for Node's own modules by `require`.
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  logLevel: 'warning',
});

/** The licences of what is in the bundle: they ask to be handed on with it. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []),
);
const licences = [...packages].sort().map((path) => {
  const folder = join(ENGINE, path);
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  return `${name} ${version}\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : `License: ${license}`}\n`;
});
writeFileSync(
  join(ENGINE, 'bundle', 'LICENSES.txt'),
  `The bundle holds code of these packages.\n\n${licences.join(`\n${'-'.repeat(80)}\n\n`)}`,
);
