import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../report.js';
import { type Past, pastsOf } from './past.js';
import { pastText } from './text.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);

interface Flown {
  readonly identity?: string;
  readonly key?: string;
  readonly from?: number;
  /** Of the column `shake`, which is worse above. */
  readonly shake?: number;
  /** Of the column `stars`, which is worse below. */
  readonly stars?: number;
  readonly found?: readonly string[];
}

/** A recording of an hour, one a day unless it is said when. */
function recorded({ identity = 'A', key = 'k', from, shake, stars, found = [] }: Flown, day: number): CheckReport {
  const wear = (column: string, worse: 'up' | 'down', value: number | undefined) =>
    value === undefined ? [] : [{ column, of: 'median', worse, least: 2, unit: 'm', value }];
  const at = from ?? START + day * DAY;
  const findings = found.map((name) => ({ name, severity: 'warning', reason: `${name} at ${day}`, said: name === 'words' }));
  const one = { key, identity, from: at, to: at + 3_600_000, covered: 3_600_000, remarks: [], episodes: [{ findings }] };
  return {
    file: `${day}.log`,
    keys: [{ ...one, wear: [...wear('shake', 'up', shake), ...wear('stars', 'down', stars)] }],
  } as unknown as CheckReport;
}
const over = (flown: readonly Flown[], together = false): Past[] => pastsOf(flown.map(recorded), together);
const shaken = (...values: (number | undefined)[]) => over(values.map((shake) => (shake === undefined ? {} : { shake })));

describe('what has changed over recordings', () => {
  it('is worse than the median of those before by more than they differ, and by what is worth a word', () => {
    expect(shaken(10, 9, 11, 10, 16)[0]!.changes).toEqual([
      { column: 'shake', unit: 'm', value: 16, usual: 10, before: 4, times: expect.closeTo(2.7, 1), rising: false },
    ]);
    // As far as recordings differ anyway, within what is worth no word, on the better side, or with too few before.
    for (const values of [
      [10, 14, 6, 12, 16],
      [10, 10, 10, 10, 12],
      [10, 11, 9, 10, 3],
      [10, 10, 30],
    ])
      expect(shaken(...values)[0]!.changes, values.join()).toEqual([]);
  });

  it('is worse below where the column is', () => {
    const [past] = over([14, 13, 14, 14, 6].map((stars) => ({ stars })));
    expect(past!.changes).toMatchObject([{ column: 'stars', value: 6, usual: 14 }]);
    expect(pastText([past!], 100)).toContain('stars is 6 m, 57 % below the median of the 4 recordings before (14 m)');
  });

  it('goes on rising where each of the latest three is worse, and is news only in the latest of all', () => {
    expect(shaken(10, 10, 10, 13, 17)[0]!.changes).toMatchObject([{ rising: true }]);
    expect(shaken(10, 10, 10, 17, 10)[0]!.changes).toEqual([]);
    expect(shaken(10, 10, 10, 17, undefined)[0]!.changes).toEqual([]);
  });

  it('is told of each entity by itself, in order of time, those with most of it first', () => {
    const b = [1, 1, 1, 1, 9].map((shake, i): Flown => ({ identity: 'B', shake, from: START + (9 - i) * DAY }));
    const a = [1, 1, 1, 1, 1].map((shake): Flown => ({ identity: 'A', shake }));
    const pasts = over([...a, ...b]);
    expect(pasts.map(({ name }) => name)).toEqual(['A', 'B']);
    // The nine was the first of B in time.
    expect(pasts[1]!.recordings.map(({ file }) => file)).toEqual(['9.log', '8.log', '7.log', '6.log', '5.log']);
    expect(over([...a, ...b.map((one, i) => ({ ...one, from: START + i * DAY }))]).map(({ name }) => name)).toEqual(['B', 'A']);
  });

  it('counts one time once, in however many recordings, and keeps the order given where there is no calendar', () => {
    const twice = over([{ shake: 1 }, { shake: 1 }, { shake: 1 }, { shake: 9 }, { shake: 9, from: START + 3 * DAY + 1_000 }]);
    expect(twice[0]!.recordings.map(({ again }) => again)).toEqual([false, false, false, false, true]);
    expect(twice[0]!.changes).toMatchObject([{ before: 3 }]);
    const bench = over([
      { shake: 1, from: 90 },
      { shake: 1, from: 10 },
      { shake: 1, from: 5 },
      { shake: 9, from: 7 },
    ]);
    expect(bench[0]!.recordings.map(({ from, again }) => [from, again])).toEqual([
      [90, false],
      [10, false],
      [5, false],
      [7, false],
    ]);
    expect(bench[0]!.changes).toHaveLength(1);
  });

  it('is not told of recordings that do not say whose they are, unless they are said to be of one', () => {
    const flown = [1, 1, 1, 9].map((shake): Flown => ({ identity: '', shake, found: ['sag'] }));
    expect(over(flown)).toMatchObject([{ name: 'k', known: false, compared: false, changes: [], recurring: [] }]);
    expect(pastText(over(flown), 200)).toBe(
      '4 recordings of k are not compared: none of them says which one it is of; --together takes them for one',
    );
    expect(over(flown, true)).toMatchObject([{ compared: true, changes: [{ column: 'shake' }], recurring: [{ recordings: 4 }] }]);
    expect(pastText(over([{ identity: '' }]), 100)).toBe('');
  });
});

it('what comes back is counted by recordings, the last sentence told, without what the entity says of itself', () => {
  const [past] = over([{ found: ['sag', 'sag', 'words'] }, { found: ['words'] }, { found: ['sag', 'once'] }]);
  expect(past!.recurring).toEqual([{ name: 'sag', severity: 'warning', reason: 'sag at 2', recordings: 2 }]);
  expect(pastText([past!], 100)).toContain('recurs: sag in 2 of 3: sag at 2');
  expect(pastText([past!], 100)).toMatch(/^Look first at A: sag was found in 2 of its recordings\n/);
});
