import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointLaws } from '../../testing/index.js';
import { FILE_SYSTEM } from './disk.js';
import { FileParts } from './folders.js';

const root = mkdtempSync(join(tmpdir(), 'quantstream-contract-'));
// Nobody pulls a plug here: thousands of commits need not wait for the disk.
const QUICK = { ...FILE_SYSTEM, fsyncSync: () => {} };
const folder = (n: number) => join(root, String(n));

/** What a disk may do to a file. */
function damage(n: number, uniform: () => number): string {
  const directory = join(folder(n), 'checkpoint');
  const files = readdirSync(directory).filter((name) => /\.log$|manifest/.test(name));
  // Mostly the log: it is the larger part.
  const file = uniform() < 0.8 ? files.find((name) => name.endsWith('.log'))! : files[Math.floor(uniform() * files.length)]!;
  const path = join(directory, file);
  const content = readFileSync(path);
  const at = Math.floor(uniform() * content.length);
  const kind = uniform();
  if (kind < 0.05) {
    rmSync(path);
    return `${file} deleted`;
  }
  if (kind < 0.3) {
    truncateSync(path, at);
    return `${file} cut to ${at} of ${content.length} bytes`;
  }
  if (kind < 0.55) {
    const length = Math.min(1 + Math.floor(uniform() * 64), content.length - at);
    content.fill(0, at, at + length);
    writeFileSync(path, content);
    return `${file} zeroed for ${length} bytes from ${at}`;
  }
  const bit = 1 << Math.floor(uniform() * 8);
  content[at]! ^= bit;
  writeFileSync(path, content);
  return `${file}: bit ${bit} of byte ${at} of ${content.length} flipped`;
}

checkpointLaws('files', {
  open: (n) => new FileParts(folder(n), QUICK),
  damage,
  close: async () => rmSync(root, { recursive: true, force: true }),
});
