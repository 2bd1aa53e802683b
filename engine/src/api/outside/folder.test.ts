import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder, tryFolder } from './folder.js';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is made with all above it, and may be there already', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder(path);
  makeFolder(path);
  expect(existsSync(path)).toBe(true);
});

it('is refused where a file stands in its place', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow('is a file');
  expect(() => makeFolder(join(folder, 'file', 'inner'))).toThrow(/ENOTDIR|ENOENT/);
});

it.skipIf(process.platform !== 'linux')('is refused, and not tried for ever, where nobody can make one', () => {
  expect(() => makeFolder('/proc/nowhere/at/all')).toThrow(/ENOENT|EACCES|EPERM/);
});

it('is tried without a trace', () => {
  const before = readdirSync(folder, { recursive: true });
  tryFolder(join(folder, 'd', 'e'));
  tryFolder(folder);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
  expect(() => tryFolder(join(folder, 'file', 'inner'))).toThrow(/file is a file/);
});

it.skipIf(process.platform !== 'linux')('is refused when tried where nobody can make one', () => {
  expect(() => tryFolder('/proc/nowhere/at/all')).toThrow(/ENOENT|EACCES|EPERM/);
});
