// The keys of a run over time: score, threshold, labels and episodes, with the columns folded below.

import type { Shade } from '../../charts/frame.js';
import { escapeHtml } from '../../charts/svg.js';
import { type Timeline, timelineChart } from '../../charts/timeline.js';
import { isWide, panelFigure, panelsOf, singles } from '../../charts/views/panels.js';
import { group, length, moment } from '../../charts/words.js';
import type { RaisedEpisode } from '../configured.js';
import type { RecordedSeries } from '../recording.js';
import { DRAWN_KEYS } from '../seen.js';
import type { PipelineRun } from './report.js';

/** Characters that the columns of all keys take at most, so that a page stays below 2 MB. */
const COLUMNS = 1_000_000;

/** What lies over the pictures of a key. */
export type Marks = Pick<Timeline, 'labels' | 'episodes'>;

/** What is told of an episode where somebody points at it. */
export const titleOf = ({ start, end, reason }: RaisedEpisode) => `${moment(start)}, ${length(end - start)}: ${reason}`;

export function timelineLegend(labelled: boolean): string {
  const shades = labelled
    ? '<span><i class="block label"></i>label</span><span><i class="block missed"></i>label, not alarmed</span>'
    : '';
  const marks = labelled
    ? '<span><i class="block good"></i>true episode</span><span><i class="block bad"></i>false episode</span><span><i class="block neither"></i>tail</span>'
    : '<span><i class="block neither"></i>episode</span>';
  return `<p class="legend"><span><i class="score"></i>score</span><span><i class="threshold"></i>threshold</span>${shades}${marks}</p>`;
}

/** The first keys of a run. @param share of the room for columns that this run has */
export function overTime(run: PipelineRun, marksOf: (series: RecordedSeries) => Marks, share = 1): string[] {
  const drawn = run.series.slice(0, DRAWN_KEYS);
  const rest = run.series.length - drawn.length;
  return [
    ...drawn.map((series) => {
      const marks = marksOf(series);
      const { key, times } = series;
      const dates = `<span class="note">${moment(times[0]!)} to ${moment(times.at(-1)!)} UTC</span>`;
      const columns = columnsOf(run, key, marks, (COLUMNS * share) / drawn.length);
      return `<div class="card"><figure><figcaption><span>${escapeHtml(key)}</span>${dates}</figcaption>${timelineChart({ ...series, ...marks })}</figure>${columns}</div>`;
    }),
    rest > 0 ? `<p class="note">The first ${DRAWN_KEYS} of ${group(run.series.length)} keys are drawn.</p>` : '',
  ];
}

/** The views of a key and its other columns, folded. @param room characters that they take at most */
function columnsOf({ shown, episodes }: PipelineRun, key: string, { labels }: Marks, room: number): string {
  const seen = shown?.seen.of(key);
  if (!shown || !seen) return '';
  const [rows, places] = [seen.rows(), seen.places()];
  const there = new Set(
    shown.columns.map(({ name }) => name).filter((name) => rows.values(name).some((value) => !Number.isNaN(value))),
  );
  const views = panelsOf(shown.views, shown.columns, (name) => there.has(name));
  const told = new Set(views.flatMap(({ columns }) => columns.map(({ name }) => name)));
  const panels = [...views, ...singles(shown.columns.filter(({ name }) => there.has(name) && !told.has(name)))];
  const shades: Shade[] = [
    ...labels.map(({ from, to, title, found }): Shade => ({ start: from, end: to, kind: found ? 'label' : 'missed', title })),
    ...episodes
      .filter((one) => one.key === key)
      .map((one): Shade => ({ start: one.start, end: one.end, kind: severityOf(one), title: titleOf(one) })),
  ];
  const drawing = { ...shown, rows, places, outlines: [], shades };
  let [spent, left] = [0, 0];
  const figures = panels.map((panel) => {
    if (spent > room) {
      left++;
      return '';
    }
    const figure = panelFigure(panel, drawing);
    spent += figure.length;
    return isWide(panel) ? `<div class="across">${figure}</div>` : figure;
  });
  const more = left > 0 ? `<p class="note">${group(left)} more are not drawn, so that the page stays light.</p>` : '';
  return `<details><summary>Its columns</summary><div class="small">${figures.join('')}</div>${more}</details>`;
}

const severityOf = ({ severity }: RaisedEpisode) => (severity === 'info' || severity === 'critical' ? severity : 'warning');
