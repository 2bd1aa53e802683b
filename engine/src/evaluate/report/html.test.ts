import { describe, expect, it } from 'vitest';
import { backtestOf } from '../backtest.js';
import { Seen } from '../seen.js';
import { backtestHtml } from './backtest-html.js';
import type { PipelineRun } from './report.js';

const START = 1_700_000_000_000;
const ROWS = 3_000;

/** A run of many keys and columns in which nothing repeats: the longest lines that there can be. */
function runOf(keys: number, columns: number): PipelineRun {
  const names = Array.from({ length: columns }, (_, i) => `column_${i}`);
  const seen = new Seen(names);
  const series = Array.from({ length: keys }, (_, k) => {
    const key = `<k${String(k).padStart(2, '0')}>`;
    const times = Float64Array.from({ length: ROWS }, (_, i) => START + i * 1_000);
    for (const [i, time] of times.entries())
      seen.take(key, time, Object.fromEntries(names.map((name, c) => [name, Math.sin(i * i * (c + 1))])));
    const scores = times.map((_, i) => (i < 100 ? Number.NaN : Math.abs(Math.sin(i * i))));
    return { key, times, scores, thresholds: times.map(() => 0.999), plain: scores, alarms: new Uint8Array(ROWS) };
  });
  const episode = { peakScore: 1, model: 'm', columns: [names[0]!], reason: 'it is <odd>', severity: 'critical' };
  const info = { unit: 'V', about: 'About <it>.', formula: 'f', role: 'feature' as const };
  return {
    name: 'p',
    series,
    episodes: series.map(({ key }) => ({ ...episode, key, start: START + 500_000, end: START + 600_000 })),
    plainColumns: [],
    seconds: 1,
    unjudged: new Map([['learning', 100 * keys]]),
    perDay: 10,
    shown: {
      seen,
      columns: names.map((name) => ({ name, ...info })),
      views: [{ title: 'First', kind: 'lines', columns: names.slice(0, 3) }],
      limits: [{ column: names[0]!, is: 'above', value: 0.9, severity: 'critical', text: 'high: column_0 > 0.9' }],
    },
  };
}
const pageOf = (run: PipelineRun) => backtestHtml(backtestOf(run), run);

describe('the page of a backtest', () => {
  it('shows the views of a key folded below its scores, with episodes shaded and limits dashed', () => {
    const page = pageOf(runOf(1, 5));
    const folded = page.slice(page.indexOf('<details><summary>Its columns'), page.indexOf('</details>'));
    expect(folded.match(/<figure/g)).toHaveLength(1 + 2);
    expect(folded).toContain('<i class="c2"></i>column_2');
    expect(folded).toContain('class="shade critical"');
    expect(folded).toMatch(/class="limit critical" d="[^"]*"><title>high: column_0 &gt; 0\.9/);
    expect(page).not.toMatch(/<odd>|<k00>|<it>|NaN|undefined/);
  });

  it('stays light however many keys and columns there are, and says what it does not draw', () => {
    const page = pageOf(runOf(20, 40));
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).toContain('The first 16 of 20 keys are drawn.');
    expect(page.match(/Its columns/g)).toHaveLength(16);
    expect(page).toMatch(/<p class="note">\d+ more are not drawn/);
  });
});
