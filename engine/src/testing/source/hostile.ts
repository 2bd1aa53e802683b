// Records that nobody meant, made of good ones, and the law that none of them ends a run.

import { random } from '../../api/index.js';
import type { Laws } from '../law.js';
import { firstWrong } from './declared.js';
import type { SourceTrial } from './trial.js';

const RECORDS = 10_000;
/** One in so many is very deep, and one in so many very long. */
const DEEP_EVERY = 500;
const LONG_EVERY = 2_500;
const DEEP = 30_000;
const LONG = 1_000_000;

const VALUES = [
  ...[
    'null',
    'true',
    '[]',
    '{}',
    '[[]]',
    '0',
    '-0',
    '-1',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1e1',
    '9007199254740993',
    '9'.repeat(400),
  ],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\u202e"',
    '"NaN"',
    '"Infinity"',
    '"1e400"',
    '"0x10"',
    '"-0"',
  ],
  ...['"__proto__"', '"constructor"', '"toString"', '{"toString":1}', '{"valueOf":null,"toString":{}}', '{"__proto__":{"a":1}}'],
  ...[
    '{"then":1}',
    '{"toJSON":1}',
    '{"length":1e9}',
    '[null]',
    '[1,[2,[3]]]',
    '"\\u001b[31m"',
    '"\\r"',
    `"${'x'.repeat(2_000)}"`,
  ],
];
const WHOLE = [
  '',
  ' ',
  '{',
  '}',
  '[',
  ']',
  '{}',
  '[]',
  'null',
  'true',
  '0',
  '"',
  '""',
  '"text"',
  '[[[[',
  '{"":{}}',
  '\0',
  'NaN',
  '{"__proto__":1}',
];
const CELLS = [
  ...[
    '',
    ' ',
    '\t',
    '\0',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e400',
    '-1e400',
    '1e-400',
    '-0',
    '0x10',
    '1_000',
    '9'.repeat(400),
    'true',
  ],
  ...[
    '__proto__',
    'constructor',
    'null',
    '[object Object]',
    '=1+1',
    '\u202e',
    '\ufeff',
    '😀',
    '{"a":1}',
    '[1]',
    '\u001b[31m',
    'x'.repeat(2_000),
  ],
];

/** Hostile records made of good ones, every fifth of which is left as it is. The same for a seed. */
export function hostileRecords(good: readonly (string | Uint8Array)[], count: number, seed = 1): (string | Uint8Array)[] {
  const uniform = random(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(uniform() * list.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const record = good[i % good.length]!;
    if (i % 5 === 0) return record;
    if (typeof record !== 'string') return hostileBytes(record, uniform);
    const json = record.startsWith('{');
    if (uniform() < 0.1) return one(WHOLE.filter((text) => json || !text.includes('"')));
    if (uniform() < 0.1) return record.slice(0, Math.floor(uniform() * record.length)).replaceAll(json ? '\n' : '"', '');
    const deep = i % DEEP_EVERY === 1;
    const long = i % LONG_EVERY === 2;
    if (json) return hostileJson(record, deep ? deepText(uniform) : long ? `"${'y'.repeat(LONG)}"` : one(VALUES), uniform);
    const cells = record.split(',');
    cells[Math.floor(uniform() * cells.length)] = deep
      ? deepText(uniform).replaceAll('"', '')
      : long
        ? 'y'.repeat(LONG)
        : one(CELLS);
    return cells.join(',');
  });
}

function deepText(uniform: () => number): string {
  const objects = uniform() < 0.5;
  return objects ? `${'{"e":'.repeat(DEEP)}1${'}'.repeat(DEEP)}` : `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
}

const PLACE = '@@ here @@';

/** A JSON object, one of whose values is another one. */
function hostileJson(text: string, value: string, uniform: () => number): string {
  const record = JSON.parse(text) as Record<string, unknown>;
  let part = record;
  for (;;) {
    const names = Object.keys(part);
    const name = names[Math.floor(uniform() * names.length)];
    if (name === undefined) break;
    const inner = part[name];
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && uniform() < 0.9) {
      part = inner as Record<string, unknown>;
      continue;
    }
    part[name] = PLACE;
    break;
  }
  return JSON.stringify(record).replace(JSON.stringify(PLACE), () => value);
}

function hostileBytes(bytes: Uint8Array, uniform: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = () => Math.floor(uniform() * copy.length);
  const kind = uniform();
  if (kind < 0.2) return copy.slice(0, at());
  if (kind < 0.3) return Uint8Array.from({ length: at() * 3 }, () => Math.floor(uniform() * 256));
  if (kind < 0.4) return copy.fill(uniform() < 0.5 ? 0 : 255, at());
  if (kind < 0.5) return Uint8Array.from([...copy.slice(0, at()), ...copy]);
  for (let flips = 1 + Math.floor(uniform() * 4); flips > 0; flips--) copy[at()] = Math.floor(uniform() * 256);
  return copy;
}

/** What a source promises of records that nobody meant. */
export const HOSTILE_LAWS: Laws<SourceTrial> = {
  'no hostile record ends the run, and each one comes or is dropped': async (trial) => {
    const { hostile } = trial.laws;
    if (!hostile) return undefined;
    await trial.whole();
    const records = hostileRecords(hostile.records, RECORDS);
    await hostile.write(trial.hosts.directory, records);
    const reading = await trial.read({ config: hostile.config, limit: Number.POSITIVE_INFINITY, ms: 60_000 });
    const found = firstWrong(trial.plugin.emits(trial.plugin.config.parse(hostile.config)), reading);
    if (found !== undefined) return found;
    for (const reason of reading.dropped.keys())
      if (!/^[a-z][a-z0-9_]*$/.test(reason)) return `the reason "${reason}" is not snake_case`;
    const long = reading.drops.find((drop) => drop.length > 1_000);
    if (long !== undefined) return `it says ${long.length} characters of what it drops: ${long.slice(0, 100)}`;
    const come = reading.observations.length;
    if (come === 0) return 'not even the good ones come';
    // What is empty is no record; bytes have no borders that could be counted.
    const lines = records.filter((record) => typeof record === 'string' && record.trim() !== '').length;
    return come + reading.droppedCount < lines
      ? `of ${lines} records ${come} come and ${reading.droppedCount} are dropped: ${lines - come - reading.droppedCount} are nowhere`
      : undefined;
  },
};
