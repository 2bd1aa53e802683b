// node scripts/pin-images.mjs [--check]
// Writes behind every image tag of docker-compose.yml and the Dockerfile the digest that the registry gives for it today, so that what is
// pulled from then on is what was tried. Needs Docker (buildx) and the network. --check writes nothing: returns 1 when an image has no digest,
// or its tag has moved on.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imagesOf, pinned } from './lib/images.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const FILES = ['docker-compose.yml', 'Dockerfile'];
const check = process.argv.includes('--check');

/** The digest of a tag: of the list of all platforms, where there is one. */
function digestOf(tag) {
  const { status, stdout, stderr, error } = spawnSync(
    'docker',
    ['buildx', 'imagetools', 'inspect', '--format', '{{json .Manifest}}', tag],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (status !== 0) throw new Error(`${tag} cannot be looked up: ${error?.message ?? stderr.trim()}`);
  const { digest } = JSON.parse(stdout);
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${tag}: docker tells no digest, but ${JSON.stringify(digest)}`);
  return digest;
}

const texts = FILES.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]);
const named = new Map(texts.flatMap(([, text]) => imagesOf(text).map(({ tag, digest }) => [tag, digest])));
try {
  const digests = new Map([...named.keys()].map((tag) => [tag, digestOf(tag)]));
  for (const [tag, digest] of digests) {
    const before = named.get(tag);
    const state = before === digest ? 'as before' : before === undefined ? 'was not pinned' : `was ${before}`;
    console.log(`${tag}@${digest} (${state})`);
    if (check && before !== digest) process.exitCode = 1;
  }
  if (!check) for (const [file, text] of texts) writeFileSync(join(ROOT, file), pinned(text, digests));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
