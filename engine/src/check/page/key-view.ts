import type { Column, Outline } from '../../api/index.js';
import { escapeHtml } from '../../charts/svg.js';
import { type Shade, traceChart } from '../../charts/trace.js';
import { length, since } from '../../charts/words.js';
import type { CheckTrack } from '../recording.js';
import type { CheckedEpisode, CheckedKey, CheckReport } from '../report.js';
import { captionOf, cut } from './table.js';

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

/** Episodes that carry numbers on a chart and on the map at most. */
const NUMBERED = 60;
const SMALL = { width: 520, height: 96 };

/** One key of a recording, as the parts of its page need it. */
export class KeyView {
  readonly page: CheckPage;
  readonly key: CheckedKey;
  readonly track: CheckTrack;
  /** Where it stands on the page. */
  readonly place: number;
  /** Its episodes; with their numbers, where those are few enough to be told apart. */
  readonly shades: readonly Shade[];

  constructor(page: CheckPage, place: number) {
    this.page = page;
    this.place = place;
    this.key = page.report.keys[place]!;
    this.track = page.tracks[place]!;
    const numbered = this.key.episodes.length <= NUMBERED;
    this.shades = this.key.episodes.map((one) => ({
      start: one.start,
      end: one.end,
      severity: one.severity,
      title: `${one.number}: ${since(one.since)}, ${length(one.end - one.start)}: ${cut(one.findings[0]!.reason)}`,
      ...(numbered ? { number: one.number, link: this.idOf(one) } : {}),
    }));
  }

  get id(): string {
    return `k${this.place}`;
  }

  idOf({ number }: CheckedEpisode): string {
    return `${this.id}e${number}`;
  }

  values(name: string): Float64Array {
    return this.track.values[this.page.columns.findIndex((column) => column.name === name)] ?? new Float64Array();
  }

  has({ name }: Column): boolean {
    return this.values(name).some((value) => !Number.isNaN(value));
  }

  /** A small chart of a column: of the whole recording, or around an episode. */
  chart(column: Column, around?: { readonly episode: CheckedEpisode; readonly from: number; readonly to: number }): string {
    const chart = traceChart({
      times: this.track.times,
      values: this.values(column.name),
      origin: this.page.report.from,
      shades: this.key.episodes.map(({ start, end, severity, number }) => ({
        start,
        end,
        severity,
        title: '',
        other: around !== undefined && around.episode.number !== number,
      })),
      name: column.name,
      size: SMALL,
      ...(around ? { from: around.from, to: around.to, marks: around.episode.findings.map(({ time }) => time) } : {}),
    });
    return `<figure><figcaption title="${escapeHtml(column.formula)}">${captionOf(column)}</figcaption>${chart}</figure>`;
  }
}
