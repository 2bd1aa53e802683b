import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, type Place, type Problem, render, suggestion } from './problems.js';

const place = (source: string, column: number, width: number, line = 7): Place => ({
  file: 'a.yaml',
  line,
  column,
  source,
  width,
});
const rendered = (at: Place) => render({ code: 'QS_CONFIG_VALUE', message: 'wrong', place: at }).split('\n');

describe('a problem as text', () => {
  it('has the place, the line, carets under what is wrong, and the message', () => {
    expect(rendered(place('features: { use: mean, wiht: {} }', 24, 4))).toEqual([
      'a.yaml:7:24: error QS_CONFIG_VALUE',
      '  7 | features: { use: mean, wiht: {} }',
      '    |                        ^^^^',
      'wrong',
    ]);
  });

  it('keeps tabs, so that the caret stands where the reader sees the mistake', () => {
    const [, line, caret] = rendered(place('\tname:\t7', 8, 1, 12));
    expect([line, caret]).toEqual(['  12 | \tname:\t7', '     | \t     \t^']);
  });

  it('cuts a long line around the place', () => {
    const source = `key: ${'a'.repeat(500)}WRONG${'b'.repeat(500)}`;
    const [head, line, caret] = rendered(place(source, 506, 5));
    expect(head).toContain(':7:506:');
    expect(line!.length).toBeLessThan(140);
    expect(line!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1)).toBe('WRONG');
  });

  it('underlines what is there and no more, wherever the place lies', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        fc.integer({ min: 1, max: 301 }),
        fc.integer({ min: 1, max: 400 }),
        (text, column, width) => {
          const source = text.replace(/[\r\n]/g, ' ');
          const at = Math.min(column, source.length + 1);
          const lines = rendered(place(source, at, width));
          expect(lines).toHaveLength(4);
          const start = lines[2]!.indexOf('^');
          expect(start).toBeGreaterThan(0);
          if (at <= source.length) expect(lines[1]![start]).toBe(source[at - 1]);
          expect(lines[2]!.length).toBeLessThanOrEqual(Math.max(lines[1]!.length, start + 1));
        },
      ),
    );
  });

  it('without a place is the message alone, and from an argument names that', () => {
    expect(render({ code: 'QS_CONFIG_READ', message: 'no file' })).toBe('error QS_CONFIG_READ\nno file');
    const argument = { file: '--set a=b', line: 0, column: 0, source: 'a=b', width: 1 };
    expect(render({ code: 'QS_CONFIG_SET', message: 'wrong', place: argument })).toBe('--set a=b: error QS_CONFIG_SET\nwrong');
  });
});

describe('the nearest name', () => {
  it.each([
    ['featurs', 'features'],
    ['FEATURES', 'features'],
    ['soruce', 'source'],
    ['sink', 'sinks'],
    ['xylophone', undefined],
    ['', undefined],
  ])('to %j is %j', (name, expected) => {
    expect(suggestion(name, ['name', 'source', 'features', 'models', 'sinks'])).toBe(
      expected === undefined ? '' : ` Did you mean "${expected}"?`,
    );
  });

  it('is none where there is no name to choose from', () => {
    expect(suggestion('tree', [])).toBe('');
  });
});

describe('very many problems', () => {
  it('are told as the first of them and how many more there are, also where all stand on one line', () => {
    const line = 'k: me:hunter2@host, '.repeat(40_000);
    const problems = Array.from(
      { length: 9_000 },
      (_, i): Problem => ({ code: 'QS_CONFIG_UNKNOWN_KEY', message: `wrong ${i}`, place: place(line, 1 + 20 * i, 1) }),
    );
    const error = new ConfigError(problems);
    expect(error.problems).toHaveLength(201);
    expect(error.problems.at(-1)!.message).toBe('… and 8,800 more mistakes');
    expect(error.message).not.toContain('hunter2');
  });
});
