import { describe, expect, it } from 'vitest';
import type { CheckedKey, CheckReport, Finding } from './report.js';
import { sentenceOf } from './sentence.js';
import { checkLine, checkText } from './text.js';

const START = 1_700_000_000_000;

const finding = (more: Partial<Finding> = {}): Finding => ({
  name: 'r',
  severity: 'warning',
  reason: 'odd',
  time: START,
  since: 0,
  clock: null,
  column: null,
  said: false,
  afterOurs: null,
  follows: null,
  explained: false,
  columns: [],
  conditions: {},
  ...more,
});
const episode = (...findings: Finding[]) =>
  ({ number: 1, start: START, end: START, since: 0, severity: 'warning', findings, words: [] }) as never;
const key = (more: Partial<CheckedKey> = {}): CheckedKey => ({
  key: 'k',
  rows: 240,
  from: START,
  to: START + 240_000,
  covered: 240_000,
  judgedRows: 240,
  lookedAt: 10,
  unjudged: {},
  remarks: [],
  episodes: [],
  columns: {},
  blind: [],
  identity: '',
  wear: [],
  ...more,
});
const of = (...keys: CheckedKey[]) => ({ keys, from: START, to: START + 240_000 }) as unknown as CheckReport;
const say = (more: Partial<CheckedKey> = {}) => sentenceOf(of(key(more)));
const aloft = (ms: number, rows: number, judgedRows: number) => ({ operating: { called: 'in the air', ms, rows, judgedRows } });
const blind = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `c${i}` })) as never;

describe('the first sentence of a check', () => {
  it('says how long, how much of it was judged, how many findings, how bad, and that one explains another', () => {
    const first = finding({ severity: 'critical' });
    expect(say({ ...aloft(240_000, 200, 200), episodes: [episode(first, finding({ explained: true }))] })).toBe(
      '4 min in the air, all of it judged: 2 findings, the worst critical; the first explains the second.',
    );
    expect(say({ episodes: [episode(first, finding({ explained: true }), finding({ explained: true }))] })).toBe(
      '4 min, all of it judged: 3 findings, the worst critical; the first explains the other 2.',
    );
    expect(say({ episodes: [episode(first, finding({ explained: true }), finding())] })).toContain(
      'the first explains 1 of the others.',
    );
    expect(say({ episodes: [episode(first, finding())] })).toContain('2 findings, the worst critical, in one episode.');
  });

  it('explains nothing across episodes, and tells findings from episodes', () => {
    const two = episode(finding(), finding({ explained: true }));
    expect(say({ episodes: [two, episode(finding())] })).toBe('4 min, all of it judged: 3 findings in 2 episodes, all warning.');
    expect(say({ episodes: [episode(finding()), episode(finding())] })).toBe(
      '4 min, all of it judged: 2 findings, both warning.',
    );
    expect(say({ episodes: [episode(finding())] })).toBe('4 min, all of it judged: 1 finding, warning.');
  });

  it('never says all, or nothing, of what is not', () => {
    expect(say({ judgedRows: 239 })).toBe('4 min, 99 % of it judged: nothing was found.');
    expect(say({ judgedRows: 1, rows: 1_000 })).toBe('4 min, less than 1 % of it judged: nothing was found.');
    expect(say({ blind: blind(7) })).toBe('4 min, all of it judged, by only 3 of 10 columns: nothing was found.');
    expect(say({ ...aloft(60_000, 60, 0) })).toBe('60 s in the air, none of it could be judged.');
    expect(say({ ...aloft(60_000, 60, 30) })).toContain('60 s in the air, 50 % of it judged');
    expect(say({ ...aloft(0, 0, 0) })).toContain('Never in the air in 4 min, all of it judged');
  });

  it('says first that no row could be judged, and why, and what rules found all the same', () => {
    const none = { judgedRows: 0, unjudged: { learning: 200, 'missing: x': 40 } };
    expect(say(none)).toBe('No row could be judged: learning (200 rows, and 40 for other reasons).');
    expect(say({ ...none, episodes: [episode(finding())] })).toMatch(/; still, 1 finding, warning\.$/);
    expect(say({ ...none, remarks: [{ severity: 'info', text: 'no flight is in it: it was never armed' }] })).toBe(
      'No row could be judged: no flight is in it.',
    );
    // What was recorded is no reason.
    expect(say({ ...none, remarks: [{ severity: 'info', text: 'PX4 1.14.3', describes: true }] })).toBe(say(none));
    const text = checkText({
      ...of(key(none)),
      file: 'a.log',
      dropped: {},
      missing: { observations: 0, reasons: {} },
    } as CheckReport);
    expect(text.split('\n')[0]).toMatch(/^No row could be judged/);
    expect(text).not.toContain('Nothing was found');
  });

  it('begins with what is wrong with the recording as such, without the advice', () => {
    const remarks = [{ severity: 'critical' as const, text: 'it ends in the air, at 100 m: look at the last seconds' }];
    expect(say({ remarks, episodes: [episode(finding())] })).toBe(
      '4 min, all of it judged: it ends in the air, at 100 m; 1 finding, warning.',
    );
  });

  it('tells several keys together, where the findings are, and of how many nothing is known', () => {
    const odd = key({ key: 'ann', episodes: [episode(finding())] });
    expect(sentenceOf(of(key(), odd))).toBe('2 keys over 4 min, all of it judged: 1 finding at ann, warning.');
    expect(sentenceOf(of(key(), odd, { ...odd, key: 'bob' }))).toContain('2 findings at ann and bob, both warning.');
    expect(sentenceOf(of(odd, { ...odd, key: 'bob' }, { ...odd, key: 'eve' }))).toContain(
      '3 findings at 3 of the keys, all warning.',
    );
    expect(sentenceOf(of(key(), key({ judgedRows: 0 })))).toBe(
      '2 keys over 4 min, 50 % of it judged: nothing was found; of 1 key no row could be judged.',
    );
    expect(sentenceOf(of(key(aloft(60_000, 60, 60)), key(aloft(120_000, 120, 120))))).toContain(
      '2 keys, 3 min in the air together',
    );
    expect(sentenceOf(of(key({ blind: blind(6) }), key()))).toContain(
      'all of it judged, 1 of them by less than half of the columns',
    );
    expect(sentenceOf(of(key({ judgedRows: 0 }), key({ judgedRows: 0 })))).toBe('No row could be judged.');
  });

  it('is the line of a recording among several', () =>
    expect(checkLine({ ...of(key()), file: 'a.log' } as CheckReport)).toBe('a.log: 4 min, all of it judged: nothing was found.'));

  it('can be of a single row', () =>
    expect(say({ covered: 0, rows: 1, judgedRows: 1 })).toBe('1 row, all of it judged: nothing was found.'));
});
