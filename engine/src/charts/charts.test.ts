import { describe, expect, it } from 'vitest';
import { barChart, curveChart } from './charts.js';
import { escapeHtml } from './svg.js';
import { timelineChart } from './timeline.js';

const rows = 100_000;
const times = Float64Array.from({ length: rows }, (_, i) => 1_700_000_000_000 + i * 1_000);
const flat = new Float64Array(rows).fill(1);
const draw = (scores: Float64Array, more: Partial<Parameters<typeof timelineChart>[0]> = {}) =>
  timelineChart({ times, scores, thresholds: flat.map(() => 5), labels: [], episodes: [], ...more });
/** The heights that a path goes through. */
const heights = (svg: string, name: string) =>
  [...svg.match(new RegExp(`class="${name}" d="([^"]*)"`))![1]!.matchAll(/(?:[ML][\d.]+ |V)([\d.]+)/g)].map((match) =>
    Number(match[1]),
  );

describe('a chart of scores', () => {
  it('stays small however many rows there are, and loses no extreme', () => {
    const scores = flat.map((value, i) => (i === 54_321 ? 9 : value));
    const svg = draw(scores);
    expect(svg.length).toBeLessThan(60_000);
    const drawn = heights(svg, 'score');
    // One row of a hundred thousand, at the upper edge; all others at the lower.
    expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([4, 116]);
    expect(drawn.filter((height) => height === 4)).toHaveLength(1);
  });

  it('keeps both in sight where a few scores tower above all others', () => {
    const scores = flat.map((_, i) => (i === 54_321 ? 1e6 : Math.sin(i)));
    const ordinary = heights(draw(scores), 'score').filter((height) => height > 5);
    expect(Math.max(...ordinary) - Math.min(...ordinary)).toBeGreaterThan(5);
  });

  it('draws nothing where nothing was judged, shades labels and marks episodes, and escapes what it is told', () => {
    const scores = flat.map((value, i) => (i < 50_000 ? Number.NaN : value));
    const svg = draw(scores, {
      labels: [{ from: times[10]!, to: times[20]!, title: '<b>', found: false }],
      episodes: [{ start: times[60_000]!, end: times[61_000]!, title: 'a "reason"', good: true }],
    });
    const begins = [...svg.match(/class="score" d="([^"]*)"/)![1]!.matchAll(/M([\d.]+)/g)].map((match) => Number(match[1]));
    expect(begins).toHaveLength(1);
    expect(begins[0]).toBeGreaterThanOrEqual(500);
    expect(svg).toContain('class="shade missed"');
    expect(svg).toContain('&lt;b&gt;');
    expect(svg).toContain('class="episode good"');
    expect(svg).toContain('a &quot;reason&quot;');
    expect(svg).not.toContain('NaN');
  });

  it('can be of nothing at all', () => {
    const nothing = draw(
      flat.map(() => Number.NaN),
      { thresholds: flat.map(() => Number.NaN) },
    );
    expect(nothing).not.toMatch(/NaN|Infinity|undefined/);
    expect(curveChart([], 'false episodes a day')).toContain('too short');
  });
});

describe('bars and curves', () => {
  it('name every bar, and give a missing share the length of none', () => {
    const bars = barChart(
      [{ name: 'dip & rise', values: [0.5, Number.NaN] }],
      [
        { name: 'a', colour: 0 },
        { name: 'b', colour: 3 },
      ],
    );
    expect(bars).toContain('dip &amp; rise');
    expect(bars).toContain('<dd title="a: 50 %"><i class="c0" style="flex-basis:50%"></i><span>50 %</span>');
    expect(bars).toContain('<dd title="b: 0 %"><i class="c3" style="flex-basis:0%"></i>');
  });

  it('go in steps over a logarithmic axis', () => {
    const points = [[1, 0] as const, [10, 0.5] as const, [100, 1] as const];
    expect(curveChart([{ name: 'x', colour: 0, points }], 'a day')).toContain('d="M46 280H336V145H626V10"');
  });

  it('escape what would be markup', () => expect(escapeHtml(`<a href='x'>&"`)).toBe('&lt;a href=&#39;x&#39;&gt;&amp;&quot;'));
});
