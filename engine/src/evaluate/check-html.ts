import { basename } from 'node:path';
import type { Column, Outline } from '../api/index.js';
import { escapeHtml } from './charts.js';
import { type CheckedEpisode, type CheckedKey, type CheckReport, drawable, episodesIn, listed, wordOf } from './check.js';
import { type Shade, stripChart, traceChart } from './check-charts.js';
import { trackMap } from './check-map.js';
import type { CheckTrack } from './check-recording.js';
import { CHECK_STYLE } from './check-style.js';
import { clockTime, date, dayTime, lossesOf, since } from './check-text.js';
import { page } from './html.js';
import { lowerBound, upperBound } from './series.js';
import { counted, group, length, percent, short } from './text.js';

/** What the page of a check is made of. */
export interface CheckPage {
  readonly report: CheckReport;
  readonly tracks: readonly CheckTrack[];
  readonly columns: readonly Column[];
  /** Columns that models look at. */
  readonly judgedBy: readonly string[];
  /** By key. */
  readonly outlines: ReadonlyMap<string, readonly Outline[]>;
}

/** What is shown around an episode, ms. */
const AROUND = 30_000;
/** Charts of an episode at most. */
const CHARTS = 6;
/** Characters after which evidence, and then everything, is drawn no more: a page stays below 2 MB. */
const EVIDENCE = 1_000_000;
const ALL = 1_600_000;
/** Episodes that a table lists, and that carry numbers on a chart and on the map, at most. */
const LISTED = 200;
const NUMBERED = 60;
/** Sentences of an episode in the table, and their characters, at most. */
const SENTENCES = 5;
const SENTENCE = 300;
const SMALL = { width: 520, height: 96 };
const WIDE = { width: 1_100, height: 150 };

/** A cell is text, or markup that was made here. */
type Cell = string | { readonly html: string };
/** Shorter ones stay in one line. */
const SHORT = 20;
const markup = (cell: Cell) => (typeof cell === 'string' ? escapeHtml(cell) : cell.html);

function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((cell) => `<${tag}${typeof cell === 'string' && cell.length <= SHORT ? ' class="s"' : ''}>${markup(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table></div>`;
}

const chip = (severity: string): Cell => ({ html: `<span class="chip ${severity}">${severity}</span>` });

/** One self-contained page: nothing is fetched, nothing runs. */
export function checkHtml(given: CheckPage): string {
  const { report } = given;
  const several = report.keys.length > 1;
  const found = episodesIn(report);
  const losses = lossesOf(report);
  const body = [
    `<p>${length(report.to - report.from)} from ${date(report.from)}; ${counted(report.observations, 'observation')}; pipeline ${escapeHtml(report.pipeline)}.</p>`,
    `<p class="result">${found === 0 ? 'Nothing was found.' : `${counted(found, 'episode')} found.`}</p>`,
    losses.length > 0 ? `<p class="note">Of the recording: ${escapeHtml(losses.join('; '))}.</p>` : '',
    several ? `<p class="legend">${report.keys.map(({ key }, k) => `<a href="#k${k}">${escapeHtml(key)}</a>`).join('')}</p>` : '',
  ];
  let spent = 0;
  report.keys.forEach((key, k) => {
    const section = new KeySection(given, key, given.tracks[k]!, k);
    // Every part knows how much others have taken, so that the page of many keys stays light as well.
    let left = 0;
    for (const { most, draw, instead } of section.parts()) {
      const text = spent <= most ? draw() : (instead ?? '');
      if (spent > most) left++;
      spent += text.length;
      body.push(text);
    }
    if (left > 0) body.push('<p class="note">Not everything is drawn, so that the page stays light; the JSON has all.</p>');
  });
  return page(`${basename(report.file)}: check`, body, CHECK_STYLE);
}

interface PagePart {
  /** Drawn only while no more than this was. */
  readonly most: number;
  readonly instead?: string;
  readonly draw: () => string;
}

/** What is told of one key. */
class KeySection {
  private readonly given: CheckPage;
  private readonly key: CheckedKey;
  private readonly track: CheckTrack;
  private readonly k: number;
  private readonly origin: number;
  private readonly shades: readonly Shade[];

  constructor(given: CheckPage, key: CheckedKey, track: CheckTrack, k: number) {
    this.given = given;
    this.key = key;
    this.track = track;
    this.k = k;
    this.origin = given.report.from;
    this.shades = key.episodes.map((one) => ({
      start: one.start,
      end: one.end,
      severity: one.severity,
      number: one.number,
      link: this.idOf(one),
      title: `${one.number}: ${since(one.since)}, ${length(one.end - one.start)}: ${cut(one.findings[0]!.reason)}`,
    }));
  }

  parts(): PagePart[] {
    const { episodes } = this.key;
    const part = (draw: () => string, most = ALL): PagePart => ({ most, draw });
    const columns = this.columns();
    return [
      part(() => this.summary()),
      part(() => this.timeline()),
      part(() => this.map()),
      part(() => (episodes.length > 0 ? '<h2>Evidence</h2>' : ''), Number.POSITIVE_INFINITY),
      // What is not drawn can still be the aim of a link.
      ...episodes.map((episode) => ({
        ...part(() => this.evidence(episode), EVIDENCE),
        instead: `<i id="${this.idOf(episode)}"></i>`,
      })),
      part(() => this.blind()),
      part(
        () =>
          `<h2>All columns</h2><details><summary>${counted(columns.length, 'column')} over the whole recording</summary><div class="small">`,
        Number.POSITIVE_INFINITY,
      ),
      ...columns.map((column) => part(() => this.column(column))),
      part(() => '</div></details>', Number.POSITIVE_INFINITY),
    ];
  }

  private idOf({ number }: CheckedEpisode): string {
    return `k${this.k}e${number}`;
  }

  private values(name: string): Float64Array {
    return this.track.values[this.given.columns.findIndex((column) => column.name === name)] ?? new Float64Array();
  }

  private summary(): string {
    const { key, rows, covered, judgedRows, unjudged, episodes } = this.key;
    const reasons = Object.entries(unjudged).map(([reason, count]) => `${group(count)} with ${reason}`);
    const head = ['', 'at', 'clock', 'UTC', 'lasts', 'severity', 'phase', 'what'];
    const lines = episodes
      .slice(0, LISTED)
      .map((one) => [
        { html: `<a href="#${this.idOf(one)}">${one.number}</a>` },
        since(one.since),
        clockTime(one.clock),
        dayTime(one.start, this.given.report),
        length(one.end - one.start),
        chip(one.severity),
        one.phase ?? '–',
        { html: sentences(one) },
      ]);
    // Columns that this recording does not have are left out.
    const shown = head.map((_, c) => !['clock', 'UTC', 'phase'].includes(head[c]!) || lines.some((line) => line[c] !== '–'));
    const kept = <T>(cells: readonly T[]) => cells.filter((_, c) => shown[c]);
    return [
      `<h2 id="k${this.k}">${escapeHtml(key)}</h2>`,
      `<p>${counted(rows, 'row')} in ${length(covered)}, ${percent(judgedRows / rows)} of them judged${reasons.length > 0 ? ` <span class="note">(not judged: ${escapeHtml(reasons.join('; '))})</span>` : ''}.</p>`,
      episodes.length > 0 ? tableOf(kept(head), lines.map(kept)) : '<p>Nothing was found.</p>',
      episodes.length > LISTED
        ? `<p class="note">The first ${LISTED} of ${group(episodes.length)} are listed; the JSON has all.</p>`
        : '',
    ].join('');
  }

  private timeline(): string {
    const { times } = this.track;
    const { columns } = this.given;
    const line = columns.find((column) => drawable(column) && this.values(column.name).some((value) => !Number.isNaN(value)));
    const column = line ?? columns.find(({ name }) => this.values(name).some((value) => !Number.isNaN(value)));
    if (!column) return '';
    const strips = columns
      .filter((one) => one.role === 'context' && listed(one) && this.values(one.name).some((value) => !Number.isNaN(value)))
      .map(
        (one) =>
          `<figcaption>${escapeHtml(one.name)}</figcaption>${stripChart({ times, values: this.values(one.name), wordOf: (value) => wordOf(one, value) ?? short(value), width: WIDE.width, name: one.name })}`,
      );
    const chart = traceChart({
      times,
      values: this.values(column.name),
      origin: this.origin,
      shades: this.shades.length > NUMBERED ? this.plain() : this.shades,
      name: column.name,
      size: WIDE,
    });
    return `<h2>Over time</h2>${severities(this.key)}<figure><figcaption>${captionOf(column)}</figcaption>${chart}${strips.join('')}</figure>`;
  }

  private map(): string {
    const { outlines } = this.given;
    const map = trackMap({
      times: this.track.times,
      latitude: this.values('latitude'),
      longitude: this.values('longitude'),
      outlines: outlines.get(this.key.key) ?? [],
      shades: this.shades.length > NUMBERED ? this.plain() : this.shades,
    });
    const drawn = (outlines.get(this.key.key) ?? []).length > 0;
    const lines = drawn
      ? '<p class="legend"><span><i class="inside"></i>to stay within</span><span><i class="outside"></i>to stay out of</span></p>'
      : '';
    return map === '' ? '' : `<h2>Map</h2>${lines}<figure class="map">${map}</figure>`;
  }

  private evidence(episode: CheckedEpisode): string {
    const { number, since: at, start, end, severity, clock, phase, context, findings } = episode;
    const where = Object.entries(context).flatMap(([name, value]) => {
      const column = this.given.columns.find((one) => one.name === name)!;
      return drawable(column) ? [`${name} ${short(value)}${unitOf(column)}`] : [];
    });
    const until = [
      since(at + end - start),
      clock === null ? '' : clockTime(clock + (end - start) / 1_000),
      dayTime(end, this.given.report),
    ];
    const log = [since(at), clock === null ? '' : clockTime(clock), dayTime(start, this.given.report)];
    const names = ['since the start', 'clock of the log', 'UTC'];
    const times = names.flatMap((name, i) => (log[i] === '' || log[i] === '–' ? [] : [`${name} ${log[i]} to ${until[i]}`]));
    const said = findings.map((one) => [
      since(one.since),
      clockTime(one.clock),
      dayTime(one.time, this.given.report),
      chip(one.severity),
      one.reason,
      {
        html: `${escapeHtml(one.name)}${Object.entries(one.conditions)
          .map(([name, text]) => `<br><code>${escapeHtml(`${name}: ${text}`)}</code>`)
          .join('')}`,
      },
    ]);
    return `<section class="evidence" id="${this.idOf(episode)}"><h3>${number}. ${escapeHtml(findings[0]!.reason)} ${markup(chip(severity))}</h3><p>${escapeHtml(times.join('; '))}${phase === null ? '' : `; ${escapeHtml(phase)}`}${where.length > 0 ? `; ${escapeHtml(where.join(', '))}` : ''}.</p>${tableOf(['at', 'clock', 'UTC', 'severity', 'what', 'found by'], said)}<div class="small">${this.evidenceCharts(episode)}</div></section>`;
  }

  /** The columns that say most about it, from half a minute before to half a minute behind. */
  private evidenceCharts(episode: CheckedEpisode): string {
    const { start, end, columns, findings } = episode;
    const { times } = this.track;
    const [first, last] = [lowerBound(times, start - AROUND), upperBound(times, end + AROUND)];
    const different = (name: string) =>
      new Set(
        this.values(name)
          .subarray(first, last)
          .filter((value) => !Number.isNaN(value)),
      ).size;
    // Findings in turn, so that each of them shows something.
    const named = [...columns];
    for (let i = 0; i < CHARTS; i++) named.push(...findings.flatMap((finding) => finding.columns[i] ?? []));
    // What stands still says nothing; what is either this or that says less than a measurement.
    const moving = [...new Set(named)].filter((name) => different(name) > 1);
    const chosen = moving.sort((a, b) => Number(different(a) === 2) - Number(different(b) === 2)).slice(0, CHARTS);
    return chosen
      .map((name) => {
        const column = this.given.columns.find((one) => one.name === name)!;
        const chart = traceChart({
          times,
          values: this.values(name),
          from: start - AROUND,
          to: end + AROUND,
          origin: this.origin,
          shades: this.plain(episode.number),
          marks: findings.map(({ time }) => time),
          name,
          size: SMALL,
        });
        return `<figure><figcaption title="${escapeHtml(column.formula)}">${captionOf(column)}</figcaption>${chart}</figure>`;
      })
      .join('');
  }

  private blind(): string {
    const { blind } = this.key;
    if (blind.length === 0) return '';
    const rows = blind.map(({ name, share, needs, formula, parts, models }) => {
      const inputs = needs.map(({ input, came }) => `<div>${escapeHtml(input)}: ${came ? 'came' : '<b>never came</b>'}</div>`);
      const by = parts.length > 0 ? parts : models;
      return [name, share === 0 ? 'never' : percent(share), by.join(', '), { html: inputs.join('') || '–' }, formula];
    });
    return `<h2>What could not be judged</h2><p class="note">Columns with a value in less than half of the judged rows. What looks at them could not speak, or seldom.</p>${tableOf(['column', 'had a value', 'looked at by', 'needs', 'is made of'], rows)}`;
  }

  /** Those that models look at and that have values. */
  private columns(): Column[] {
    const { columns, judgedBy } = this.given;
    return columns.filter(({ name }) => judgedBy.includes(name) && this.values(name).some((value) => !Number.isNaN(value)));
  }

  private column(column: Column): string {
    const chart = traceChart({
      times: this.track.times,
      values: this.values(column.name),
      origin: this.origin,
      shades: this.plain(),
      name: column.name,
      size: SMALL,
    });
    return `<figure><figcaption title="${escapeHtml(column.formula)}">${captionOf(column)}</figcaption>${chart}</figure>`;
  }

  /** The episodes without their numbers. @param own which of them a chart is about; without it, all */
  private plain(own?: number): Shade[] {
    return this.shades.map(({ number, ...shade }) => ({ ...shade, other: own !== undefined && number !== own }));
  }
}

const cut = (text: string) => (text.length > SENTENCE ? `${text.slice(0, SENTENCE - 1)}…` : text);

function sentences({ findings }: CheckedEpisode): string {
  const shown = findings.slice(0, SENTENCES).map(({ reason }) => `<div>${escapeHtml(cut(reason))}</div>`);
  const rest = findings.length - shown.length;
  return `${shown.join('')}${rest > 0 ? `<div class="note">and ${rest} more</div>` : ''}`;
}

const unitOf = ({ unit }: Column) => (unit === '1' ? '' : ` ${unit}`);
const captionOf = (column: Column) =>
  `${escapeHtml(column.name)}${escapeHtml(unitOf(column))} <span class="note">${escapeHtml(column.about)}</span>`;

function severities({ episodes }: CheckedKey): string {
  const shown = (['critical', 'warning', 'info'] as const).filter((severity) =>
    episodes.some((one) => one.severity === severity),
  );
  return shown.length === 0
    ? ''
    : `<p class="legend">${shown.map((severity) => `<span><i class="${severity}"></i>${severity}</span>`).join('')}</p>`;
}
