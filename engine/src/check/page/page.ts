// The page of a check: what stands on it, and in which order.

import { basename } from 'node:path';
import { page } from '../../charts/page.js';
import { escapeHtml } from '../../charts/svg.js';
import { counted, length } from '../../charts/words.js';
import { badRemarks, episodesIn, foundIn } from '../report.js';
import { date, lossesOf } from '../text.js';
import { evidence } from './evidence.js';
import { type CheckPage, KeyView } from './key-view.js';
import { blind, map, summary, timeline } from './sections.js';
import { CHECK_STYLE } from './style.js';

/** Characters after which evidence, and then everything, is drawn no more: a page stays below 2 MB. */
const EVIDENCE = 1_000_000;
const ALL = 1_600_000;
const ALWAYS = Number.POSITIVE_INFINITY;

interface PagePart {
  readonly draw: () => string;
  /** Drawn only while no more than this was. */
  readonly most: number;
  /** What stands in its place. */
  readonly instead?: string;
}

/** One self-contained page: nothing is fetched, nothing runs. */
export function checkHtml(given: CheckPage): string {
  const { report } = given;
  const found = episodesIn(report);
  const remarks = report.keys.flatMap((key) => badRemarks(key).map(({ text }) => `${key.key} ${text}`));
  const told = [...remarks, ...(found > 0 ? [`${counted(found, 'episode')} found`] : [])];
  const losses = lossesOf(report);
  const keys = report.keys.map(({ key }, k) => `<a href="#k${k}">${escapeHtml(key)}</a>`);
  const body = [
    `<p>${length(report.to - report.from)} from ${date(report.from)}; ${counted(report.observations, 'observation')}; pipeline ${escapeHtml(report.pipeline)}.</p>`,
    `<p class="result">${foundIn(report) === 0 ? 'Nothing was found.' : escapeHtml(`${told.join('; ')}.`)}</p>`,
    losses.length > 0 ? `<p class="note">Of the recording: ${escapeHtml(losses.join('; '))}.</p>` : '',
    keys.length > 1 ? `<p class="legend">${keys.join('')}</p>` : '',
  ];
  // Every part knows how much others have taken, so that the page of many keys stays light as well.
  let spent = 0;
  report.keys.forEach((_, place) => {
    let left = 0;
    for (const { draw, most, instead = '' } of partsOf(new KeyView(given, place))) {
      const text = spent <= most ? draw() : instead;
      if (spent > most) left++;
      spent += text.length;
      body.push(text);
    }
    if (left > 0) body.push('<p class="note">Not everything is drawn, so that the page stays light; the JSON has all.</p>');
  });
  return page(`${basename(report.file)}: check`, body, CHECK_STYLE);
}

/** What is told of one key. */
function partsOf(view: KeyView): PagePart[] {
  const { episodes, key } = view.key;
  const part = (draw: () => string, most = ALL): PagePart => ({ draw, most });
  const columns = view.page.columns.filter((column) => view.page.judgedBy.includes(column.name) && view.has(column));
  const all = `<h2>All columns</h2><details><summary>${counted(columns.length, 'column')} over the whole recording</summary><div class="small">`;
  return [
    part(() => `<h2 class="key" id="${view.id}">${escapeHtml(key)}</h2>`, ALWAYS),
    part(() => summary(view)),
    part(() => timeline(view)),
    part(() => map(view)),
    part(() => (episodes.length > 0 ? '<h2>Evidence</h2>' : ''), ALWAYS),
    // What is not drawn can still be the aim of a link.
    ...episodes.map((episode) => ({
      ...part(() => evidence(view, episode), EVIDENCE),
      instead: `<i id="${view.idOf(episode)}"></i>`,
    })),
    part(() => blind(view)),
    part(() => all, ALWAYS),
    ...columns.map((column) => part(() => view.chart(column))),
    part(() => '</div></details>', ALWAYS),
  ];
}
