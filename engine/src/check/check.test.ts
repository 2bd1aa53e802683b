import { describe, expect, it } from 'vitest';
import { wordOf } from '../charts/views/states.js';
import { since, wrap } from '../charts/words.js';
import { checkReport } from './check.js';
import { drawable } from './columns.js';
import { checkHtml } from './page/page.js';
import { namedParts } from './parts.js';
import { CheckRecording } from './recording.js';
import { type CheckReport, foundIn } from './report.js';
import { checkLine, checkText } from './text.js';
import { blindGroups } from './unjudged.js';

const START = 1_700_000_000_000;
const seconds = (count: number, from = 0) => Float64Array.from({ length: count }, (_, i) => START + (from + i) * 1_000);
describe('the parts of a configuration', () => {
  it('are found by the columns that their texts name, not by sentences for people', () => {
    const config = {
      rules: {
        hot: { when: 'heat > 3 * usual_heat and 5 > 2', message: 'heat {heat}', severity: 'warning' },
        other: { when: 'preheat > 1' },
      },
    };
    expect(namedParts(config, ['usual_heat', 'heat', 'cold'])).toEqual([
      { name: 'hot', columns: ['heat', 'usual_heat'], conditions: { when: 'heat > 3 * usual_heat and 5 > 2' } },
    ]);
  });
});

const report = (from: number, to = from + 60_000): CheckReport => ({
  file: 'a.log',
  pipeline: 'p',
  observations: 1,
  dropped: {},
  late: 0,
  ahead: 0,
  repeated: 0,
  seconds: 1,
  from,
  to,
  missing: { observations: 0, reasons: {} },
  keys: [
    {
      key: 'k',
      rows: 60,
      from,
      to,
      covered: 60_000,
      judgedRows: 60,
      lookedAt: 3,
      unjudged: {},
      columns: {},
      blind: [],
      identity: '',
      wear: [],
      remarks: [],
      episodes: [
        {
          number: 1,
          id: 'i',
          start: from + 5_000,
          end: from + 6_000,
          peak: from + 5_000,
          rows: 2,
          since: 5_000,
          clock: null,
          phase: null,
          severity: 'info',
          model: 'm',
          reason: 'odd',
          columns: [],
          context: {},
          words: [],
          findings: [
            {
              name: 'r',
              severity: 'info',
              reason: 'odd',
              time: from + 5_000,
              since: 5_000,
              clock: null,
              column: null,
              follows: null,
              explained: false,
              said: false,
              afterOurs: null,
              columns: [],
              conditions: {},
            },
          ],
        },
      ],
    },
  ],
});

describe('the text of a check', () => {
  it('wraps sentences, also words that are too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a supercalifragilistic b', 10)).toEqual(['a', 'supercalif', 'ragilistic', 'b']);
    expect(wrap('', 10)).toEqual([]);
  });

  it('counts from the start in minutes, and in hours where there are some', () =>
    expect([0, 59_999, 192_000, 3_765_000].map(since)).toEqual(['0:00', '0:59', '3:12', '1:02:45']));

  it('takes columns together that lack the same input', () => {
    const column = { unit: '1', formula: 'f', models: ['m'], needs: [{ input: 'gps.fix', came: false }] };
    const groups = blindGroups([
      { ...column, name: 'late', share: 0.25, parts: [] },
      { ...column, name: 'a', share: 0, parts: ['rule'] },
      { ...column, name: 'b', share: 0, parts: ['rule', 'other'] },
    ]);
    expect(groups).toEqual([
      { share: 'never', columns: ['a', 'b'], why: 'gps.fix never came', parts: ['rule', 'other'] },
      { share: '25 %', columns: ['late'], why: 'gps.fix never came', parts: [] },
    ]);
  });

  it('leaves out clocks that a recording does not have, and names days where there are several', () => {
    expect(checkText(report(5_000))).toContain('a.log: 60 s from no calendar');
    expect(checkText(report(5_000))).toMatch(/\n0:05 {3}1 s {4}info {6}odd/);
    expect(checkText(report(Date.UTC(2000, 0, 1)))).toMatch(/\n0:05 {3}1 s {4}info {6}odd/);
    expect(checkText(report(START))).toMatch(/\n0:05 {3}22:13:25 {2}1 s/);
    expect(checkText(report(START, START + 86_400_000))).toMatch(/\n0:05 {3}11-14 22:13:25 {2}1 s/);
  });

  it('has colours only where it is told to, and the same columns with them', () => {
    const coloured = checkText(report(START), { colour: true });
    expect(coloured).toContain('\u001b[36minfo\u001b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for these
    expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(checkText(report(START)));
  });
});

describe('what is to be known of a recording before anything else', () => {
  const remarked = (severity: 'critical' | 'info', episodes: CheckReport['keys'][number]['episodes'] = []): CheckReport => {
    const one = report(START);
    return { ...one, keys: one.keys.map((key) => ({ ...key, episodes, remarks: [{ severity, text: 'it <ends> in the air' }] })) };
  };

  it('stands first, and counts as found where something is wrong', () => {
    const text = checkText(remarked('critical', report(START).keys[0]!.episodes));
    expect(text.indexOf('critical  it <ends> in the air')).toBeGreaterThan(0);
    expect(text.indexOf('critical  it <ends>')).toBeLessThan(text.indexOf('what\n'));
    expect(checkText(remarked('critical'))).toContain('Nothing else was found.');
    expect(checkLine(remarked('critical'))).toBe('a.log: 60 s, all of it judged: it <ends> in the air.');
    expect(foundIn(remarked('critical'))).toBe(1);
  });

  it('is no finding where it only says what is there', () => {
    expect(checkText(remarked('info'))).toMatch(/info {2}it <ends> in the air\n\nNothing was found\./);
    expect(checkLine(remarked('info'))).toBe('a.log: 60 s, all of it judged: nothing was found.');
    expect(foundIn(remarked('info'))).toBe(0);
  });

  it('is words alone on the page', () => {
    const tracks = [{ key: 'k', times: seconds(60), values: [], scored: [], unscored: new Map() }];
    const page = checkHtml({ report: remarked('critical'), tracks, columns: [], views: [], limits: [], outlines: new Map() });
    expect(page).toContain('it &lt;ends&gt; in the air');
    expect(page).not.toContain('<ends>');
  });
});

describe('the page of a check', () => {
  it('stays light where very much was found, and leads nowhere that is not there', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `column_${i}`);
    const columns = names.map((name) => ({ name, unit: 'V', about: 'About it.', formula: 'f', role: 'feature' as const }));
    const recording = new CheckRecording(names, ['m']);
    const rows = 6_000;
    for (const key of ['a', 'b']) {
      const verdicts = Array.from({ length: rows }, (_, i) => ({
        key,
        time: START + i * 1_000,
        // Nothing that repeats: the longest lines that there can be.
        values: Object.fromEntries(names.map((name, c) => [name, Math.sin(i * i * (c + 1))])),
        models: { m: { score: 0 } },
        score: 0,
      }));
      const episodes = Array.from({ length: 300 }, (_, i) => ({
        id: `${key}/${i}`,
        key,
        start: START + i * 20_000,
        end: START + i * 20_000 + 5_000,
        peak: START + i * 20_000,
        severity: 'warning',
        model: 'm',
        reason: 'it is <odd> '.repeat(200),
        columns: names.slice(0, 3),
        topics: [],
      }));
      await recording.write({ observations: [], missing: [], verdicts: verdicts as never, episodes: episodes as never });
    }
    const { keys: _, ...rest } = report(START);
    const views = [{ title: 'all', kind: 'lines' as const, columns: names.slice(0, 30) }];
    const run = {
      ...rest,
      columns,
      models: [{ name: 'm', columns: names, decides: false, config: {} }],
      views,
      limits: [],
      missing: 0,
    };
    const tracks = recording.series();
    const page = checkHtml({
      report: checkReport(run, recording, tracks),
      tracks,
      columns,
      views,
      limits: [],
      outlines: new Map(),
    });
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).toContain('Not everything is drawn');
    const ids = new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id!);
    expect(links.length).toBeGreaterThan(200);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
    expect(page).not.toContain('<odd>');
  });
});

describe('columns', () => {
  const column = {
    name: 'phase',
    unit: '1',
    about: '0 not known, 1 at rest, 2 turning.',
    formula: 'x',
    role: 'context' as const,
  };

  it('whose description begins with their values are told by these words', () => {
    expect([0, 1, 2, 3, Number.NaN].map((value) => wordOf(column, value))).toEqual([
      'not known',
      'at rest',
      'turning',
      null,
      null,
    ]);
    expect(wordOf({ ...column, about: '1 while it is on, else 0.' }, 1)).toBeNull();
    expect(drawable(column)).toBe(false);
    expect(drawable({ ...column, name: 'height', about: 'Height.' })).toBe(true);
  });
});

describe('the recorder of a check', () => {
  it('puts the rows of every key in order of time, with the values that belong to them', async () => {
    const recording = new CheckRecording(['a'], ['m']);
    const verdict = (key: string, time: number, a: number) =>
      ({ key, time, values: { a }, models: { m: { score: a } }, score: a, reason: 'learning (3 %)' }) as never;
    const verdicts = [verdict('y', 2, 20), verdict('x', 5, Number.NaN), verdict('y', 1, 10)];
    await recording.write({ observations: [], episodes: [], missing: [], verdicts });
    const [x, y] = recording.series();
    expect([x!.key, [...x!.unscored], [...x!.scored[0]!]]).toEqual(['x', [['learning', 1]], [0]]);
    expect([[...y!.times], [...y!.values[0]!]]).toEqual([
      [1, 2],
      [10, 20],
    ]);
  });
});
