import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, type Problem } from './problems.js';
import { parse, readPipelineFile } from './read.js';
import { plain } from './tree.js';
import { applySettings, fillVariables } from './variables.js';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-read-'));
afterAll(() => rmSync(folder, { recursive: true }));

function problemOf(action: () => unknown): Problem {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0]!;
    throw error;
  }
  throw new Error('it was taken');
}
const at = ({ code, place, message }: Problem) => [code, place && `${place.line}:${place.column}`, message];

describe('YAML that is not small', () => {
  it.each([
    ['an alias within itself', 'a: &a [*a]\n', /nested deeper than 64/],
    ['aliases within themselves by a detour', 'a: &a { b: &b [*a, *b] }\n', /nested deeper than 64/],
    [
      'a billion laughs',
      Array.from({ length: 9 }, (_, i) => `l${i}: &l${i} [${i === 0 ? 'x' : Array(9).fill(`*l${i - 1}`)}]`).join('\n'),
      /20,000/,
    ],
    ['many keys', Array.from({ length: 80_000 }, (_, i) => `k${i}: 1`).join('\n'), /20,000/],
    ['many aliases', Array.from({ length: 9_000 }, (_, i) => `k${i}: &x${i} 1\nl${i}: *x${i}`).join('\n'), /20,000/],
    ['many lists', `a: [${'[],'.repeat(80_000)}]`, /20,000/],
    ['deep lists', `a: ${'['.repeat(9_000)}${']'.repeat(9_000)}`, /deep/],
    ['deep maps', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /deep/],
  ])('%s: refused', (_, text, message) => {
    const [code, , said] = at(problemOf(() => parse(text, 'a.yaml')));
    expect([code, said]).toEqual(['QS_CONFIG_TOO_LARGE', expect.stringMatching(message)]);
  });

  it('an alias stands for the anchor above it, also where the name is used again', () => {
    expect(plain(parse('a: &x 1\nb: *x\nc: &x 2\nd: *x\n', 'a.yaml'))).toEqual({ a: 1, b: 1, c: 2, d: 2 });
    expect(at(problemOf(() => parse('a: *x\nb: &x 1\n', 'a.yaml')))).toEqual([
      'QS_CONFIG_SYNTAX',
      '1:4',
      'the alias *x has no anchor &x above it',
    ]);
  });

  it('merge keys are named as what they are, and a key that stands twice with its place', () => {
    expect(at(problemOf(() => parse('b: &b { a: 1 }\nc: { <<: *b }\n', 'a.yaml')))).toEqual([
      'QS_CONFIG_SYNTAX',
      '2:6',
      expect.stringContaining('merge keys (<<) are not supported'),
    ]);
    expect(at(problemOf(() => parse('a: 1\nb: { c: 1, c: 2 }\n', 'a.yaml')))).toEqual([
      'QS_CONFIG_SYNTAX',
      '2:12',
      'this key stands here twice; keep one',
    ]);
  });

  it('in --set as well', () => {
    const { problems } = applySettings(parse('name: x\n', 'a.yaml'), ['a=&a [*a]', `b=${'['.repeat(50_000)}`]);
    expect(problems.map(({ code }) => code)).toEqual(['QS_CONFIG_SET', 'QS_CONFIG_SET']);
  });
});

describe('configuration that is not a file', () => {
  const devices = process.platform === 'win32' ? [] : ['/dev/zero', '/dev/null', join(folder, 'pipe')];
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(folder, 'pipe')]);
  mkdirSync(join(folder, 'inner'));
  const everything = [...devices, join(folder, 'inner'), join(folder, 'nowhere')];

  it.each(everything)('%s is refused, with what it is', (path) => {
    expect(at(problemOf(() => readPipelineFile(path)))).toEqual([
      'QS_CONFIG_READ',
      undefined,
      expect.stringMatching(/is no file but a pipe or a device|is a folder|does not exist/),
    ]);
  });

  it.each(everything)('%s is refused where another file extends it, and as a secret', (path) => {
    const file = join(folder, 'extends.yaml');
    writeFileSync(file, `name: x\nextends: ${path}\n`);
    expect(at(problemOf(() => readPipelineFile(file, 'extends.yaml'))).slice(0, 2)).toEqual(['QS_CONFIG_EXTENDS', '2:10']);
    const { problems } = fillVariables(parse(`name: "\${file:${path}}"\n`, 'a.yaml'), {}, folder);
    expect(problems.map(({ code, place }) => [code, place?.line])).toEqual([['QS_CONFIG_VARIABLE', 1]]);
  });

  it('files that extend one another are as small together as one alone', () => {
    const chain = (name: string, length: number, more: string) => {
      for (let i = 0; i < length; i++)
        writeFileSync(join(folder, `${name}-${i}.yaml`), `${i + 1 < length ? `extends: ${name}-${i + 1}.yaml\n` : ''}${more}`);
      return join(folder, `${name}-0.yaml`);
    };
    const keys = Array.from({ length: 6_000 }, (_, i) => `k${i}: 1`).join('\n');
    expect(at(problemOf(() => readPipelineFile(chain('large', 4, keys))))).toEqual([
      'QS_CONFIG_TOO_LARGE',
      '1994:8',
      expect.stringContaining('the file and those that extend it expand to more than 20,000 values'),
    ]);
    expect(at(problemOf(() => readPipelineFile(chain('comments', 4, '#,,,,\n'.repeat(6_000)))))[0]).toBe('QS_CONFIG_TOO_LARGE');
    expect(at(problemOf(() => readPipelineFile(chain('long', 40, 'name: x\n'))))).toEqual([
      'QS_CONFIG_TOO_LARGE',
      '1:10',
      expect.stringContaining('more than 32 files'),
    ]);
    expect(plain(readPipelineFile(chain('right', 32, 'name: x\n')))).toEqual({ name: 'x' });
  });

  it('what is too large is refused by its size', () => {
    const path = join(folder, 'large.yaml');
    writeFileSync(path, `# ${'x'.repeat(2_000_000)}\n`);
    expect(problemOf(() => readPipelineFile(path)).message).toContain('has more than 1,048,576 bytes');
  });

  it('no terminal obeys what a file holds, and passwords are not echoed', () => {
    const file = join(folder, 'escape.yaml');
    writeFileSync(file, 'name: "\u009b31m"\nsource: { url: broker://me:hunter2@db/x, [a]: 1 }\n');
    const error = (() => {
      try {
        readPipelineFile(file);
      } catch (caught) {
        return caught as ConfigError;
      }
      return undefined;
    })()!;
    expect(error.message).not.toMatch(/\p{Cc}(?<!\n)|hunter2/u);
    expect(JSON.stringify(error.problems)).not.toContain('hunter2');
  });
});
