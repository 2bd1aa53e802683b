import { describe, expect, it } from 'vitest';
import { TimeAxis } from '../charts/axis.js';
import { trackMap } from '../charts/map.js';
import { type Shade, stripChart, traceChart } from '../charts/trace.js';
import { since } from '../charts/words.js';
import { checkReport } from './check.js';
import { drawable, wordOf } from './columns.js';
import { checkHtml } from './page/page.js';
import { namedParts } from './parts.js';
import { CheckRecording } from './recording.js';
import { type CheckReport, foundIn } from './report.js';
import { blindGroups, checkLine, checkText, wrap } from './text.js';

const START = 1_700_000_000_000;
const seconds = (count: number, from = 0) => Float64Array.from({ length: count }, (_, i) => START + (from + i) * 1_000);
const size = { width: 520, height: 100 };
const shade: Shade = { start: START + 10_000, end: START + 20_000, severity: 'critical', title: 'a <b>', number: 1, link: 'e1' };
const draw = (values: Float64Array, more: Partial<Parameters<typeof traceChart>[0]> = {}) =>
  traceChart({ times: seconds(values.length), values, origin: START, shades: [], name: 'x', size, ...more });
const trace = (svg: string) => svg.match(/class="trace" d="([^"]*)"/)![1]!;

describe('an axis of time', () => {
  it('cuts out what lies in long gaps, so that two short flights of one day both fill it', () => {
    const times = Float64Array.from([...seconds(101), ...seconds(101, 80_000)]);
    const axis = new TimeAxis(times, 0, 410);
    expect(axis.cuts).toEqual([205]);
    expect(
      [START, START + 100_000, START + 40_000_000, START + 80_000_000, START + 80_100_000].map((time) => axis.x(time)),
    ).toEqual([0, 200, 210, 210, 410]);
  });

  it('labels round times since the beginning, none upon another', () => {
    const marks = new TimeAxis(seconds(500, 7), 0, 500).marks(START);
    expect(marks.map(({ time }) => since(time - START))).toEqual([
      '1:00',
      '2:00',
      '3:00',
      '4:00',
      '5:00',
      '6:00',
      '7:00',
      '8:00',
    ]);
  });

  it('can be of a single moment', () => expect(new TimeAxis(seconds(1), 10, 20).x(START)).toBe(10));
});

describe('a chart of a column', () => {
  it('stays small however many rows there are, and loses no extreme', () => {
    const svg = draw(Float64Array.from({ length: 100_000 }, (_, i) => (i === 54_321 ? 9 : Math.sin(i))));
    expect(svg.length).toBeLessThan(15_000);
    const heights = [...trace(svg).matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
    const [peak, next] = heights.sort((a, b) => a - b);
    expect(next! - peak!).toBeGreaterThan(50);
  });

  it('breaks the line where something is missing, and draws nothing of nothing', () => {
    const values = Float64Array.from({ length: 60 }, (_, i) => (i >= 20 && i < 30 ? Number.NaN : i));
    expect(trace(draw(values)).match(/M/g)).toHaveLength(2);
    const nothing = draw(new Float64Array(10).fill(Number.NaN));
    expect(trace(nothing)).toBe('');
    expect(nothing).not.toMatch(/NaN|Infinity/);
    expect(draw(values, { from: START + 1e9 })).toBe('');
  });

  it('shades episodes, and numbers them in rows of their own where they are close together', () => {
    const shades = [
      shade,
      { ...shade, number: 2, start: START + 12_000 },
      { ...shade, number: 3, start: START + 900_000, end: START + 901_000 },
    ];
    const svg = draw(seconds(1_000).map(Math.sin), { shades });
    expect(svg).toContain('class="shade critical"');
    expect(svg).toContain('<a href="#e1">');
    expect(svg).toContain('a &lt;b&gt;');
    const heights = [...svg.matchAll(/class="badge critical" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(heights[0]).toBe(heights[2]);
    expect(heights[1]).toBe(heights[0]! - 16);
  });

  it('of a state names it where there is room', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i < 98 ? 1 : 2));
    const svg = stripChart({
      times: seconds(100),
      values,
      width: 500,
      name: 'phase',
      wordOf: (value) => (value === 1 ? 'at rest' : 'off'),
    });
    expect(svg).toContain('>at rest</text>');
    expect(svg).not.toContain('>off</text>');
    expect(svg).toContain('<title>off</title>');
  });
});

describe('a map', () => {
  const north = Float64Array.from({ length: 101 }, (_, i) => 47 + i * 1e-5);
  const east = new Float64Array(101).fill(8);
  const map = (more: Partial<Parameters<typeof trackMap>[0]> = {}) =>
    trackMap({ times: seconds(101), latitude: north, longitude: east, outlines: [], shades: [shade], ...more });
  const points = (svg: string, name: string) =>
    [...svg.match(new RegExp(`class="${name}" d="([^"]*)"`))![1]!.matchAll(/([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);

  it('has north above, one length for a metre in both directions, and episodes upon the track', () => {
    const track = points(map(), 'track');
    const [first, last] = [track[0]!, track.at(-1)!];
    expect(last[0]).toBe(first[0]);
    expect(last[1]).toBeLessThan(first[1]!);
    // At 60 degrees of latitude a degree of longitude is half as long as one of latitude.
    const slanted = points(
      map({ latitude: north.map((value) => value + 13), longitude: north.map((value) => value - 39) }),
      'track',
    );
    const [from, to] = [slanted[0]!, slanted.at(-1)!];
    expect((to[0]! - from[0]!) / (from[1]! - to[1]!)).toBeCloseTo(0.5, 2);
    expect(points(map(), 'stretch critical').length).toBeGreaterThan(5);
  });

  it('leaves out positions that a receiver without one gives, and is nothing without any', () => {
    const lost = north.map((value, i) => (i < 10 || (i > 40 && i < 50) ? 0 : value));
    const svg = map({ latitude: lost, longitude: lost.map((value) => (value === 0 ? 0 : 8)) });
    expect(Math.max(...points(svg, 'track').flat())).toBeLessThan(1_100);
    expect(map({ latitude: north.map(() => Number.NaN) })).toBe('');
    expect(map({ latitude: new Float64Array(101), longitude: new Float64Array(101) })).toBe('');
  });

  it('goes on over the date line', () => {
    const svg = map({ longitude: east.map((_, i) => (i < 50 ? 179.9999 : -179.9999)) });
    const xs = points(svg, 'track').map(([x]) => x!);
    expect(Math.max(...xs) - Math.min(...xs)).toBeLessThan(200);
  });

  it('draws outlines, but does not shrink the track for one that is far away', () => {
    const square = (d: number) => [
      [47 - d, 8 - d] as const,
      [47 - d, 8 + d] as const,
      [47 + d, 8 + d] as const,
      [47 + d, 8 - d] as const,
    ];
    const outlines = [
      { name: 'field', inside: true, points: square(1) },
      { name: 'pond', inside: false, points: square(1e-4) },
    ];
    const svg = map({ outlines });
    expect(svg).toContain('class="outline inside"');
    expect(svg).toContain('class="outline outside"');
    const heights = points(svg, 'track').map(([, y]) => y!);
    expect(Math.max(...heights) - Math.min(...heights)).toBeGreaterThan(100);
  });
});

describe('the parts of a configuration', () => {
  it('are found by the columns that their texts name, not by sentences for people', () => {
    const config = {
      rules: {
        hot: { when: 'heat > 3 * usual_heat and 5 > 2', message: 'heat {heat}', severity: 'warning' },
        other: { when: 'preheat > 1' },
      },
    };
    expect(namedParts(config, ['usual_heat', 'heat', 'cold'])).toEqual([
      { name: 'hot', columns: ['usual_heat', 'heat'], conditions: { when: 'heat > 3 * usual_heat and 5 > 2' } },
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
          findings: [
            {
              name: 'r',
              severity: 'info',
              reason: 'odd',
              time: from + 5_000,
              since: 5_000,
              clock: null,
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
    expect(text.indexOf('it <ends>')).toBeLessThan(text.indexOf('what\n'));
    expect(checkText(remarked('critical'))).toContain('Nothing else was found.');
    expect(checkLine(remarked('critical'))).toBe('a.log: it <ends> in the air, the worst critical');
    expect(foundIn(remarked('critical'))).toBe(1);
  });

  it('is no finding where it only says what is there', () => {
    expect(checkText(remarked('info'))).toMatch(/info {2}it <ends> in the air\n\nNothing was found\./);
    expect(checkLine(remarked('info'))).toBe('a.log: nothing found');
    expect(foundIn(remarked('info'))).toBe(0);
  });

  it('is words alone on the page', () => {
    const tracks = [{ key: 'k', times: seconds(60), values: [], scored: [], unscored: new Map() }];
    const page = checkHtml({ report: remarked('critical'), tracks, columns: [], judgedBy: [], outlines: new Map() });
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
    const run = { ...rest, columns, models: [{ name: 'm', columns: names, decides: false, config: {} }], missing: 0 };
    const tracks = recording.series();
    const page = checkHtml({
      report: checkReport(run, recording, tracks),
      tracks,
      columns,
      judgedBy: names,
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
