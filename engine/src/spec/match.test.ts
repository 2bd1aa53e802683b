import { describe, expect, it } from 'vitest';
import type { Emits } from '../api/index.js';
import { matchInputs } from './match.js';

const emits: Emits = {
  reading: {
    about: 'a reading',
    sequence: 'growing',
    fields: { cpu: { unit: '%', about: 'load' }, memory: { unit: 'MB', about: 'memory', optional: true } },
  },
};
const problems = (unit: string, field = 'cpu') => matchInputs(emits, { reading: { [field]: unit } }, 'file', 'window');

describe('what features consume', () => {
  it('is taken in the unit that it is emitted in, or in any where they say *', () => {
    expect(problems('%')).toEqual([]);
    expect(problems('*')).toEqual([]);
    expect(problems('1')).toEqual(['features "window" need reading.cpu in 1, but source "file" emits it in %']);
  });

  it('has to be there in any unit, and in every observation unless they do without', () => {
    expect(problems('*', 'cpus')[0]).toMatch(
      /^features "window" need reading.cpus, but source "file" emits reading with cpu, memory/,
    );
    expect(problems('*', 'memory')[0]).toMatch(/may leave it out$/);
    expect(matchInputs(emits, { reading: { memory: { unit: '*', optional: true } } }, 'file', 'window')).toEqual([]);
  });
});
