import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from './problems.js';
import { parse } from './read.js';
import { overlay, plain } from './tree.js';
import { applySettings, fillVariables } from './variables.js';

const directory = mkdtempSync(join(tmpdir(), 'quantstream-variables-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, 'password'), 'pa$$word ${HOME}\n');

const fill = (text: string, environment: Record<string, string> = {}) => {
  const { tree, problems } = fillVariables(parse(`at: ${JSON.stringify(text)}`, 'a.yaml'), environment, directory);
  return { value: (plain(tree) as { at: unknown }).at, problems: problems.map(({ code, message }) => `${code}: ${message}`) };
};

describe('variables', () => {
  it.each([
    ['${HOST}:${PORT}', { HOST: 'db', PORT: '5432' }, 'db:5432'],
    ['${HOST:-localhost}', {}, 'localhost'],
    ['${HOST:-localhost}', { HOST: '' }, 'localhost'],
    ['${HOST:-}', {}, ''],
    ['${HOST}', { HOST: '' }, ''],
    ['${URL:-amqp://a:b@c:5/d?e=f}', {}, 'amqp://a:b@c:5/d?e=f'],
    ['$$5 and $${HOST}', { HOST: 'db' }, '$5 and ${HOST}'],
    ['costs $5', {}, 'costs $5'],
    ['${A}', { A: '${B}', B: 'no' }, '${B}'],
    ['${file:password}', {}, 'pa$$word ${HOME}'],
  ])('%j with %j is %j', (text, environment, expected) => {
    expect(fill(text, environment as Record<string, string>)).toEqual({ value: expected, problems: [] });
  });

  it('that are not set, and secret files that are not there, are mistakes with a way on', () => {
    expect(fill('${HOST}').problems).toEqual([expect.stringMatching(/QS_CONFIG_VARIABLE: .*HOST is not set.*\$\{HOST:-…\}/)]);
    expect(fill('${file:nowhere}').problems).toEqual([expect.stringMatching(/QS_CONFIG_VARIABLE: .*nowhere does not exist/)]);
  });

  it('never reach keys or structure: a value stays one value', () => {
    const { tree } = fillVariables(parse('a: "${X}"\n"${X}": 1', 'a.yaml'), { X: '{ b: 1 }\nc: 2' }, directory);
    expect(plain(tree)).toEqual({ a: '{ b: 1 }\nc: 2', '${X}': 1 });
  });
});

describe('--set', () => {
  const base = () => parse('name: a\nmodels: { forest: { with: { trees: 100, seed: 1 } } }\nlist: [1, 2]', 'a.yaml');
  const set = (...settings: string[]) => {
    const { tree, problems } = applySettings(base(), settings);
    return { value: plain(tree), problems: problems.map(({ code }) => code) };
  };

  it('lays YAML values over the file, in order; null removes', () => {
    expect(
      set('models.forest.with.trees=200', 'list=[3]', 'name=b', 'name=c', 'new.deep.path=x=y', 'models.forest.with.seed=null'),
    ).toEqual({
      value: { name: 'c', models: { forest: { with: { trees: 200 } } }, list: [3], new: { deep: { path: 'x=y' } } },
      problems: [],
    });
  });

  it('takes a dash alone for what it is: standard input', () => {
    expect(set('name=-', 'list=[-1]', 'new=--')).toMatchObject({ value: { name: '-', list: [-1], new: '--' }, problems: [] });
  });

  it.each(['name', '=1', '.a=1', 'a..b=1', 'a={', 'a=[1'])('refuses %j', (setting) => {
    expect(set(setting).problems).toEqual(['QS_CONFIG_SET']);
  });
});

describe('a pipeline file', () => {
  it('laid over another merges maps, replaces lists and scalars, and removes with null', () => {
    const under = parse('a: { b: 1, c: [1, 2], d: { e: 1 } }\nx: 1', 'under.yaml');
    const over = parse('a: { b: 2, c: [3], d: null, f: 4 }\nx: { y: 1 }', 'over.yaml');
    expect(plain(overlay(under, over))).toEqual({ a: { b: 2, c: [3], f: 4 }, x: { y: 1 } });
  });

  it('is refused with the place of every syntax error, duplicate keys, strange keys and unknown aliases', () => {
    for (const [text, line] of [
      ['a: 1\nb: [1,\nc: 2', 3],
      ['a: 1\na: 2', 2],
      ['a: *nowhere', 1],
      ['? [1, 2]\n: x', 1],
      ['- a list', 1],
      ['', 1],
    ] as const) {
      let thrown: unknown;
      try {
        parse(text, 'a.yaml');
      } catch (error) {
        thrown = error;
      }
      expect(thrown, text).toBeInstanceOf(ConfigError);
      expect((thrown as ConfigError).problems[0], text).toMatchObject({
        code: 'QS_CONFIG_SYNTAX',
        place: { file: 'a.yaml', line },
      });
    }
  });
});
