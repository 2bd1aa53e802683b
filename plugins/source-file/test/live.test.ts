import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceLaws } from '@quantstream/engine/testing';
import file from '../src/index.js';

const table = { time: 'ts', values: ['x'], text: ['note'] };
const line = (i: number) => `${JSON.stringify({ ts: 1_700_000_000_000 + i, x: i % 7, note: 'wéb' })}\n`;

/** A program that writes lines into a file, in pieces that end anywhere. */
async function writer() {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-live-'));
  const path = join(directory, 'app.jsonl');
  writeFileSync(path, '');
  let said = 0;
  let begun = 1;
  return {
    config: { path, ...table, follow: true },
    say: async (count: number) => {
      let text = Buffer.alloc(0);
      for (let i = 0; i < count; i++) text = Buffer.concat([text, Buffer.from(line(said++))]);
      for (let at = 0; at < text.length; at += 4_001) {
        appendFileSync(path, text.subarray(at, at + 4_001));
        await sleep(1);
      }
    },
    sayBad: async () => appendFileSync(path, '{"ts":\n'),
    sayEndless: async (bytes: number) => appendFileSync(path, 'x'.repeat(bytes)),
    // As a program does that begins its file again, without a copy of what was in it.
    hangUp: () => {
      appendFileSync(path, line(said++));
      truncateSync(path);
      begun++;
    },
    get connections() {
      return begun;
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

sourceLaws(file, {
  config: { path: 'whole.jsonl', ...table, batch: 300 },
  prepare: (directory) =>
    writeFileSync(join(directory, 'whole.jsonl'), Array.from({ length: 2_000 }, (_, i) => line(i)).join('')),
  live: { open: writer, nobody: { path: join(tmpdir(), 'nowhere', 'app.jsonl'), ...table, follow: true } },
});
