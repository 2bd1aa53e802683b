import { describe, expect, it } from 'vitest';
import { coveredOf, TimeAxis } from '../axis.js';
import type { Shade } from '../frame.js';
import { trackMap } from '../map.js';
import { since } from '../words.js';
import { heatmapChart } from './heatmap.js';
import { barsChart, linesChart } from './lines.js';
import { ohlcChart } from './ohlc.js';
import { panelFigure, panelsOf, singles } from './panels.js';
import type { Drawing, DrawnColumn } from './picture.js';
import { Extent, scaleOf } from './scale.js';
import { statesChart } from './states.js';

const START = 1_700_000_000_000;
const seconds = (count: number, from = 0) => Float64Array.from({ length: count }, (_, i) => START + (from + i) * 1_000);
const shade: Shade = { start: START + 10_000, end: START + 20_000, kind: 'critical', title: 'a <b>', number: 1, link: 'e1' };
const column = (name: string, more: Partial<DrawnColumn> = {}): DrawnColumn => ({
  name,
  unit: 'V',
  about: '',
  formula: 'f',
  role: 'feature',
  ...more,
});
/** Rows a second of one or several columns. */
const drawing = (values: Readonly<Record<string, Float64Array>>, more: Partial<Drawing> = {}): Drawing => {
  const names = Object.keys(values);
  const rows = { times: seconds(values[names[0]!]!.length), values: (name: string) => values[name] ?? new Float64Array() };
  return {
    rows,
    places: rows,
    columns: names.map((name) => column(name)),
    limits: [],
    outlines: [],
    shades: [],
    origin: START,
    ...more,
  };
};
const of = (...columns: string[]) => ({ columns, name: 'x', height: 100, units: 520 });
const draw = (values: Float64Array, more: Partial<Drawing> = {}) => linesChart(drawing({ x: values }, more), of('x'));
const path = (svg: string, name: string) => svg.match(new RegExp(`class="${name}" d="([^"]*)"`))![1]!;

describe('an axis of time', () => {
  it('cuts out what lies in long gaps, so that two short flights of one day both fill it', () => {
    const times = Float64Array.from([...seconds(101), ...seconds(101, 80_000)]);
    const axis = new TimeAxis(times, 0, 410);
    expect(axis.cuts).toEqual([205]);
    expect(
      [START, START + 100_000, START + 40_000_000, START + 80_000_000, START + 80_100_000].map((time) => axis.x(time)),
    ).toEqual([0, 200, 210, 210, 410]);
    expect(coveredOf(times)).toBe(200_000);
    expect(new TimeAxis(times, 0, 410, true).cuts).toEqual([]);
  });

  it('has no gap where rows come once an hour, but where a day is missing', () => {
    const hours = Float64Array.from({ length: 48 }, (_, i) => START + (i < 24 ? i : i + 24) * 3_600_000);
    expect(new TimeAxis(hours, 0, 500).cuts).toHaveLength(1);
    expect(coveredOf(hours)).toBe(46 * 3_600_000);
  });

  it('labels round times since the beginning, none upon another', () => {
    const { step, at } = new TimeAxis(seconds(500, 7), 0, 1_000).marks(START);
    expect(step).toBe(60_000);
    expect(at.map(({ time }) => since(time - START))).toEqual(['1:00', '2:00', '3:00', '4:00', '5:00', '6:00', '7:00', '8:00']);
  });

  it('counts hours and days where a recording is long', () => {
    const days = Float64Array.from({ length: 300 }, (_, i) => START + i * 3_600_000);
    const rows = { times: days, values: () => days.map((_, i) => i) };
    const html = linesChart({ ...drawing({ x: days }), rows }, of('x'));
    expect([...html.matchAll(/class="x[^>]*>([^<]*)/g)].map(([, text]) => text)).toEqual(['0:00', '4 d', '8 d', '12 d']);
  });

  it('can be of a single moment', () => expect(new TimeAxis(seconds(1), 10, 20).x(START)).toBe(10));
});

describe('lines', () => {
  it('stay small however many rows there are, and lose no extreme', () => {
    const svg = draw(Float64Array.from({ length: 100_000 }, (_, i) => (i === 54_321 ? 9 : Math.sin(i))));
    expect(svg.length).toBeLessThan(15_000);
    const heights = [...path(svg, 'trace c0').matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
    const [peak, next] = heights.sort((a, b) => a - b);
    expect(next! - peak!).toBeGreaterThan(50);
  });

  it('break where something is missing, and nothing is drawn of nothing', () => {
    const values = Float64Array.from({ length: 60 }, (_, i) => (i >= 20 && i < 30 ? Number.NaN : i));
    expect(path(draw(values), 'trace c0').match(/M/g)).toHaveLength(2);
    const nothing = draw(new Float64Array(10).fill(Number.NaN));
    expect(path(nothing, 'trace c0')).toBe('');
    expect(nothing).not.toMatch(/NaN|Infinity/);
    expect(draw(values, { from: START + 1e9 })).toBe('');
  });

  it('have episodes shaded behind them, numbered in rows of their own where they are close together', () => {
    const shades = [
      shade,
      { ...shade, number: 2, start: START + 12_000 },
      { ...shade, number: 3, start: START + 900_000, end: START + 901_000 },
    ];
    const svg = draw(seconds(1_000).map(Math.sin), { shades });
    expect(svg).toContain('class="shade critical"');
    expect(svg).toContain('href="#e1"');
    expect(svg).toContain('a &lt;b&gt;');
    const heights = [...svg.matchAll(/class="badge critical" style="left:[\d.]+%;top:(-?[\d.]+)px"/g)].map(([, y]) => Number(y));
    expect(heights[0]).toBe(heights[2]);
    expect(heights[1]).toBe(heights[0]! - 17);
  });

  it('have limits of their columns dashed where those are in sight, and none of another column', () => {
    const limit = { column: 'x', severity: 'critical' as const, text: 'high: x > 2' };
    const limits = [
      { ...limit, value: 2 },
      { ...limit, value: 900, text: 'far away' },
      { ...limit, column: 'y', value: 1, text: 'of another' },
    ];
    const svg = draw(seconds(100).map(Math.sin), { limits });
    expect(svg.match(/class="limit/g)).toHaveLength(1);
    const [, y] = svg.match(/class="limit critical" d="M0 ([\d.]+)H520"><title>high: x &gt; 2/)!;
    // Above everything that was measured.
    const highest = Math.min(...[...path(svg, 'trace c0').matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, one]) => Number(one)));
    expect(Number(y)).toBeLessThan(highest);
    expect(Number(y)).toBeGreaterThan(0);
  });

  it('of several columns have one scale, and a colour each', () => {
    const svg = linesChart(drawing({ low: seconds(50).map(() => 1), high: seconds(50).map(() => 9) }), of('low', 'high'));
    const height = (name: string) => Number(path(svg, name).match(/ ([\d.]+)/)![1]);
    expect(height('trace c1')).toBeLessThan(height('trace c0') - 50);
  });
});

describe('bars', () => {
  it('stand on zero, and of many at one place the furthest from it is drawn', () => {
    const values = seconds(5_000).map((_, i) => (i === 2_000 ? -50 : 10 + (i % 3)));
    const svg = barsChart(drawing({ x: values }), of('x'));
    const heights = [...path(svg, 'bar c0').matchAll(/M[\d.-]+ ([\d.]+)V([\d.]+)/g)].map(([, foot, top]) => [
      Number(foot),
      Number(top),
    ]);
    expect(new Set(heights.map(([foot]) => foot)).size).toBe(1);
    const below = heights.filter(([foot, top]) => top! > foot!);
    expect(below).toHaveLength(1);
    expect(svg.length).toBeLessThan(30_000);
  });
});

describe('open, high, low and close', () => {
  const price = (i: number) => 100 + 10 * Math.sin(i / 200);
  const prices = (rows: number) => ({
    open: seconds(rows).map((_, i) => price(i)),
    high: seconds(rows).map((_, i) => price(i) + (i === 700 ? 30 : 1)),
    low: seconds(rows).map((_, i) => price(i) - 1),
    close: seconds(rows).map((_, i) => price(i + 1)),
    volume: seconds(rows).map((_, i) => (i === 700 ? 50 : 5)),
  });

  it('rise and fall in their colours, with the volume at their feet', () => {
    const svg = ohlcChart(drawing(prices(60)), of('open', 'high', 'low', 'close', 'volume'));
    expect(path(svg, 'rise').match(/z/g)).toHaveLength(60);
    expect(path(svg, 'rise feet').match(/z/g)).toHaveLength(60);
    expect(svg).not.toContain('class="fall"');
  });

  it('become one where there is no room for each, and keep the highest', () => {
    const svg = ohlcChart(drawing(prices(2_000)), of('open', 'high', 'low', 'close', 'volume'));
    const wicks = [...svg.matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)M/g)].map(([, x, high]) => [Number(x), Number(high)]);
    expect(wicks.length).toBeLessThan(120);
    const [x] = wicks.sort((a, b) => a[1]! - b[1]!)[0]!;
    expect(Math.abs(x! - (700 / 2_000) * 520)).toBeLessThan(8);
  });
});

describe('rows of colours', () => {
  const bands = (low: Float64Array, high: Float64Array) => drawing({ low, high });
  const chart = (low: Float64Array, high: Float64Array) =>
    heatmapChart(bands(low, high), { columns: ['low', 'high'], labels: ['1 Hz', '<2 Hz>'], name: 'x', unit: 'V', units: 500 });
  const heat = (html: string, level: number) =>
    html.match(new RegExp(`class="heat h${level}" stroke-width="[^"]*" d="([^"]*)"`))?.[1];

  it('put the first column below, what is high in the last colour, and nothing where it is missing', () => {
    const quiet = Float64Array.from({ length: 101 }, (_, i) => (i < 50 ? 0.001 : Number.NaN));
    const loud = Float64Array.from({ length: 101 }, (_, i) => (i === 70 ? 1 : 0.002));
    const html = chart(quiet, loud);
    // A cell is as wide as a row of the recording: a hundredth of 500 units.
    expect(heat(html, 9)).toMatch(/^M3[45]\d 21h[56]$/);
    expect(heat(html, 0)).toContain('M0 63h2');
    expect(html).not.toMatch(/ 63h500/);
    expect(html).toContain('&lt;2 Hz&gt;');
    expect(html).toContain('0.001 ');
  });

  it('stay small however many rows there are, and lose no short one', () => {
    const long = Float64Array.from({ length: 100_000 }, (_, i) => (i === 54_321 ? 9 : 1 + Math.sin(i * i)));
    const html = chart(
      long,
      long.map((value) => value / 2),
    );
    expect(html.length).toBeLessThan(8_000);
    expect(heat(html, 9)).toBeDefined();
  });

  it('are none where nothing has a value, and take what cannot be told apart', () => {
    const none = new Float64Array(20).fill(Number.NaN);
    expect(chart(none, none)).toBe('');
    expect(chart(new Float64Array(20), new Float64Array(20))).toContain('class="heat');
    expect(
      chart(
        new Float64Array(20).fill(-3),
        Float64Array.from({ length: 20 }, (_, i) => -i),
      ),
    ).toContain('h9');
  });

  it('have the labels of the columns that are there', () => {
    const [panel] = panelsOf(
      [{ title: 'Bands', kind: 'heatmap', columns: ['a', 'b', 'c'], labels: ['1', '2', '3'] }],
      ['a', 'b', 'c'].map((name) => column(name)),
      (name) => name !== 'b',
    );
    expect(panel!.labels).toEqual(['1', '3']);
  });
});

describe('a strip of states', () => {
  const about = '1 at rest, 2 off.';
  const strip = (values: Float64Array) =>
    statesChart(drawing({ phase: values }, { columns: [column('phase', { about })] }), ['phase'], 'phase', 500);

  it('names a state where there is room', () => {
    const html = strip(Float64Array.from({ length: 100 }, (_, i) => (i < 98 ? 1 : 2)));
    expect(html).toMatch(/class="word"[^>]*>at rest</);
    expect(html).not.toContain('>off<');
    expect(html).toContain('class="bar state c2"');
  });

  it('says the number of a state that has no word, and nothing where it is missing', () => {
    const html = strip(Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? Number.NaN : 7)));
    expect(html).toMatch(/class="word"[^>]*>7</);
    expect(html.match(/class="word"/g)).toHaveLength(1);
  });
});

describe('the pictures of a key', () => {
  const columns = [
    column('latitude', { unit: 'deg' }),
    column('longitude', { unit: 'deg' }),
    column('voltage'),
    column('current', { unit: 'A' }),
    column('sag'),
    ...['a', 'b'].map((name) => column(name, { unit: '1' })),
    column('never'),
  ];
  const has = (name: string) => name !== 'never';

  it('stand in the order of the views, lines in groups of one unit, what never had a value left out', () => {
    const panels = panelsOf(
      [
        { title: 'Battery', kind: 'lines', columns: ['voltage', 'never', 'current', 'sag'] },
        { title: 'Ratios', kind: 'lines', columns: ['a', 'b'] },
        { title: 'Track', kind: 'map', columns: ['latitude', 'longitude', 'sag'] },
        { title: 'Gone', kind: 'lines', columns: ['never'] },
        { title: 'Half a place', kind: 'map', columns: ['latitude', 'never'] },
      ],
      columns,
      has,
    );
    expect(panels.map(({ title, columns: own }) => [title, own.map(({ name }) => name)])).toEqual([
      ['Battery', ['voltage', 'sag']],
      ['Battery', ['current']],
      ['Ratios', ['a']],
      ['Ratios', ['b']],
      ['Track', ['latitude', 'longitude']],
    ]);
  });

  it('are figures with a legend where there are several lines, and words are words', () => {
    const values = seconds(20).map((_, i) => i);
    const several = panelsOf([{ title: '<Battery>', kind: 'lines', columns: ['voltage', 'sag'] }], columns, has);
    const figure = panelFigure(several[0]!, drawing({ voltage: values, sag: values }));
    expect(figure).toContain('&lt;Battery&gt; <span class="note">V</span>');
    expect(figure).toContain('<i class="c1"></i>sag');
    const [single] = singles([column('voltage', { about: 'How <high>.' })]);
    expect(panelFigure(single!, drawing({ voltage: values }))).toContain('How &lt;high&gt;.');
    expect(panelFigure(single!, drawing({ voltage: values }, { from: START + 1e9 }))).toBe('');
  });
});

describe('a scale', () => {
  it.each([
    [60_950, 61_050, ['60,950', '61,000', '61,050']],
    [0.1, 0.35, ['0.1', '0.2', '0.3']],
    [-1, 1, ['−1', '0', '1']],
    [2_000_000, 2_400_000, ['2M', '2.2M', '2.4M']],
  ])('from %d to %d has marks that can be told apart', (least, most, texts) => {
    expect(scaleOf(new Extent().one(least).one(most), 96).sizes.map(({ text }) => text)).toEqual(texts);
  });

  it('is made of one value, and of none', () => {
    const { y } = scaleOf(new Extent().one(5), 100);
    expect(y(5)).toBe(50);
    expect(scaleOf(new Extent(), 100).sizes).toEqual([]);
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
