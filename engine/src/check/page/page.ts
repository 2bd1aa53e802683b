// The page of a check: what stands on it, and in which order.

import { basename } from 'node:path';
import { page } from '../../charts/page.js';
import { escapeHtml } from '../../charts/svg.js';
import { isWide, type Panel } from '../../charts/views/panels.js';
import { counted, length } from '../../charts/words.js';
import { badRemarks } from '../report.js';
import { findingsIn, firstFound, sentenceOf } from '../sentence.js';
import { date, lossesOf } from '../text.js';
import { evidence } from './evidence.js';
import { type CheckPage, KeyView } from './key-view.js';
import { against, blind, severities, summary } from './sections.js';

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
  const losses = lossesOf(report);
  // Where something was found comes first; the keys themselves stand in their order.
  const found = report.keys.map((key) => findingsIn([key]).length + badRemarks(key).length);
  const order = [...report.keys.keys()].sort((a, b) => Number(found[b]! > 0) - Number(found[a]! > 0) || a - b);
  const keys = order.map(
    (k) =>
      `<span><a href="#k${k}">${escapeHtml(report.keys[k]!.key)}</a>${found[k]! > 0 ? ` <b>${counted(found[k]!, 'finding')}</b>` : ''}</span>`,
  );
  const about = `${report.file}: ${length(report.to - report.from)} from ${date(report.from)}; ${counted(report.observations, 'observation')}; pipeline ${report.pipeline}.`;
  const first = firstFound(report);
  const body = [
    first === '' ? '' : `<p>${escapeHtml(first)}</p>`,
    `<p class="note">${escapeHtml(about)}</p>`,
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
  return page(`${basename(report.file)}: check`, sentenceOf(report), body);
}

const part = (draw: () => string, most = ALL): PagePart => ({ draw, most });
const always = (text: string) => part(() => text, ALWAYS);

/** What is told of one key. */
function partsOf(view: KeyView): PagePart[] {
  const { episodes, key } = view.key;
  return [
    always(`<h2 class="key" id="${view.id}">${escapeHtml(key)}</h2>`),
    part(() => summary(view)),
    part(() => blind(view)),
    part(() => against(view)),
    part(() => (view.panels.length > 0 ? `<h2>Over time</h2>${severities(view)}` : '')),
    ...figures(view, view.panels),
    always(episodes.length > 0 ? '<h2>Evidence</h2>' : ''),
    // What is not drawn can still be the aim of a link.
    ...episodes.map((episode) => ({
      ...part(() => evidence(view, episode), EVIDENCE),
      instead: `<i id="${view.idOf(episode)}"></i>`,
    })),
    ...(view.others.length === 0
      ? []
      : [
          always(`<details class="card"><summary>${counted(view.others.length, 'other column')}</summary>`),
          ...figures(view, view.others),
          always('</details>'),
        ]),
  ];
}

/** Pictures in their order: as wide as the page, or two side by side. */
function figures(view: KeyView, panels: readonly Panel[]): PagePart[] {
  return panels.flatMap((panel, i) => {
    const [before, after] = [panels[i - 1], panels[i + 1]];
    const narrow = !isWide(panel);
    return [
      ...(narrow && (!before || isWide(before)) ? [always('<div class="small card">')] : []),
      part(() => (narrow ? view.figure(panel) : `<div class="card">${view.figure(panel)}</div>`)),
      ...(narrow && (!after || isWide(after)) ? [always('</div>')] : []),
    ];
  });
}
