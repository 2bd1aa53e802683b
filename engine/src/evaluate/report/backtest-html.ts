// The page of a backtest.

import { page } from '../../charts/page.js';
import { escapeHtml } from '../../charts/svg.js';
import { group, length, moment, percent, short } from '../../charts/words.js';
import type { BacktestReport } from '../backtest.js';
import { overTime, timelineLegend, titleOf } from './over-time.js';
import type { PipelineRun } from './report.js';
import { backtestSentence } from './sentence.js';
import { htmlTable, listed } from './tables.js';

/** One self-contained page: nothing is fetched, nothing runs. */
export function backtestHtml(report: BacktestReport, run: PipelineRun): string {
  const quantiles = Object.keys(report.keys[0]?.scores ?? {});
  const head = ['key', 'rows', 'judged', 'odd rows/d', 'episodes', 'a day', ...quantiles.map((q) => `score: ${q}`)];
  const rows = report.keys.map((one) => [
    one.key,
    group(one.rows),
    percent(one.judged),
    short(one.anomaliesPerDay, 3),
    group(one.episodes),
    short(one.episodesPerDay, 3),
    ...quantiles.map((q) => short(one.scores[q]!)),
  ]);
  const marksOf = ({ key }: { readonly key: string }) => ({
    labels: [],
    episodes: run.episodes.filter((one) => one.key === key).map((one) => ({ ...one, title: titleOf(one), good: null })),
  });
  const unjudged = Object.entries(report.unjudged).map(([reason, count]) => `${group(count)} ${reason}`);
  return page(`${report.pipeline}: backtest`, backtestSentence(report), [
    `<p class="note">Backtest of ${escapeHtml(report.pipeline)}: ${group(report.rows)} rows, ${moment(report.from)} to ${moment(report.to)} UTC; ${percent(report.judged)} of the time judged${unjudged.length > 0 ? ` (rows not judged: ${escapeHtml(unjudged.join(', '))})` : ''}; ${short(report.microsecondsPerRow)} µs a row.</p>`,
    '<h2>Keys</h2>',
    `<div class="card">${htmlTable(head, rows)}</div>`,
    '<h2>Over time</h2>',
    timelineLegend(false),
    ...overTime(run, marksOf),
    listed(
      'Episodes',
      ['start (UTC)', 'length', 'key', 'model', 'columns', 'reason'],
      report.episodes.map((one) => [
        moment(one.start),
        length(one.end - one.start),
        one.key,
        one.model,
        one.columns.join(', '),
        one.reason,
      ]),
      true,
    ),
    ...(report.proposals.length > 0 ? ['<h2>Proposed</h2>', ...report.proposals.map(proposal)] : []),
  ]);
}

const proposal = ({ why, yaml, estimate }: BacktestReport['proposals'][number]): string =>
  `<p class="note">${escapeHtml(why)}${estimate ? ' (an estimate)' : ''}${yaml === '' ? '.</p>' : `:</p><pre>${escapeHtml(yaml)}</pre>`}`;
