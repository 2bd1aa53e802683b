import { describe, expect, it } from 'vitest';
import { ManualClock } from '../ports/clock.js';
import { MemoryLog } from '../ports/log.js';
import { Doubts } from './doubts.js';
import { Drops } from './drops.js';
import { type Counts, Tally } from './tally.js';
import type { Vitals } from './vitals.js';

function given(counts: Partial<Counts>, { dropped = {} as Record<string, number>, resumed = false, models = ['m'] } = {}) {
  const log = new MemoryLog();
  const drops = new Drops(new ManualClock(), log);
  for (const [reason, count] of Object.entries(dropped)) drops.add(reason, '', count);
  const tally = new Tally(models);
  Object.assign(tally.counts, counts);
  log.lines.length = 0;
  return { tally, drops, log, doubts: new Doubts({ tally, resumed } as Vitals, drops) };
}

describe('what a run that ended is doubted for', () => {
  it.each([
    ['nothing: all was judged', { observations: 1_000, rows: 100, late: 10 }, {}, []],
    [
      'more than one in a hundred',
      { observations: 990, rows: 9, late: 6, ahead: 3 },
      { bad: 2 },
      [/^1\.1 %.*6 late, 3 ahead, 2 bad/],
    ],
    ['nothing: what came was judged, and came once more', { observations: 990, rows: 9 }, { repeated: 500 }, []],
    ['all refused', {}, { bad_time: 50 }, [/^100 %.*50 bad_time/]],
    ['nothing came', {}, {}, [/without a single observation/]],
    ['no rows', { observations: 10 }, {}, [/no row of them/]],
  ] as const)('%s', (_, counts, dropped, said) => {
    const { doubts, tally } = given(counts, { dropped });
    tally.unheard.clear();
    const end = doubts.atEnd('finished', true);
    expect(end).toHaveLength(said.length);
    said.forEach((text, i) => {
      expect(end[i]).toMatch(text);
    });
  });

  it('a model that never had a say, with what keeps it from it', () => {
    const { doubts, tally } = given({ observations: 50, rows: 41 }, { models: ['forest', 'rules', 'tails'] });
    tally.unheard.set('rules', 'missing: height');
    tally.unheard.delete('tails');
    expect(doubts.atEnd('finished', true)).toEqual([
      expect.stringMatching(/^forest scored none of 41 rows \(learning\): it needs more rows/),
      expect.stringMatching(/^rules scored none of 41 rows \(missing: height\): see whether its columns/),
    ]);
    expect(doubts.atEnd('stopped', true)).toEqual([]);
  });

  it('a budget that could rule on nothing, unless limits could', () => {
    const counts = { observations: 50, rows: 41, scored: 41, uncalibrated: 41 };
    const { tally, drops, doubts } = given(counts);
    tally.unheard.clear();
    expect(doubts.atEnd('finished', true)).toEqual([expect.stringContaining('no row could be called normal or anomalous')]);
    expect(new Doubts({ tally, resumed: false } as Vitals, drops, true).atEnd('finished', true)).toEqual([]);
    tally.counts.uncalibrated = 40;
    expect(doubts.atEnd('finished', true)).toEqual([]);
  });

  it('not of what a run that went on had no new rows for, nor of one that failed', () => {
    expect(given({}, { resumed: true }).doubts.atEnd('finished', true)).toEqual([]);
    expect(given({ observations: 3 }, { resumed: true }).doubts.atEnd('finished', true)).toEqual([]);
    expect(given({}).doubts.atEnd('failed', true)).toEqual([]);
  });

  it('while it runs, of what was lost lately', () => {
    const { doubts, tally, log } = given({ observations: 1_000, late: 500 });
    doubts.look(log);
    tally.counts.observations = 2_000;
    doubts.look(log);
    tally.counts.observations = 3_000;
    tally.counts.ahead = 20;
    doubts.look(log);
    expect(log.lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^lately 50 % of what came was not judged \(500 late\)/),
      expect.stringMatching(/^lately 2 % of what came was not judged \(20 ahead\)/),
    ]);
  });
});

it('doubts a run whose time was up while it waited, whatever was judged before', () => {
  const { tally, drops } = given({ observations: 1_000, rows: 100 });
  const doubts = new Doubts({ tally, resumed: false, troubles: ['the database is away'] } as unknown as Vitals, drops);
  expect(doubts.atEnd('stopped-waiting', true)).toEqual([expect.stringMatching(/still waiting .*the database is away/)]);
});
