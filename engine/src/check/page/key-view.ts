// One key of a recording, as the parts of its page need it.

import type { Column, Limit, Outline, View } from '../../api/index.js';
import type { Shade } from '../../charts/frame.js';
import { isWide, type Panel, panelFigure, panelsOf, singles } from '../../charts/views/panels.js';
import type { Drawing, DrawnRows } from '../../charts/views/picture.js';
import { length, since } from '../../charts/words.js';
import { isMeasured, plainViews } from '../columns.js';
import type { CheckTrack } from '../recording.js';
import type { CheckedEpisode, CheckedKey, CheckReport } from '../report.js';
import { cut } from './table.js';

/** What the page of a check is made of. */
export interface CheckPage {
  readonly report: CheckReport;
  readonly tracks: readonly CheckTrack[];
  readonly columns: readonly Column[];
  readonly views: readonly View[];
  readonly limits: readonly Limit[];
  /** By key. */
  readonly outlines: ReadonlyMap<string, readonly Outline[]>;
}

/** Episodes that carry numbers on a chart and on the map at most. */
const NUMBERED = 60;

export class KeyView {
  readonly page: CheckPage;
  readonly key: CheckedKey;
  readonly track: CheckTrack;
  /** Where it stands on the page. */
  readonly place: number;
  /** The pictures that its features declare, and the columns that none of them shows. */
  readonly panels: readonly Panel[];
  readonly others: readonly Panel[];
  private readonly drawing: Drawing;

  constructor(page: CheckPage, place: number) {
    this.page = page;
    this.place = place;
    this.key = page.report.keys[place]!;
    this.track = page.tracks[place]!;
    const { columns } = page;
    const has = ({ name }: Column) => this.values(name).some((value) => !Number.isNaN(value));
    const there = new Set(columns.filter(has).map(({ name }) => name));
    const views = page.views.length > 0 ? page.views : plainViews(columns, has);
    this.panels = panelsOf(views, columns, (name) => there.has(name));
    const shown = new Set(this.panels.flatMap((panel) => panel.columns.map(({ name }) => name)));
    this.others = singles(columns.filter((one) => there.has(one.name) && !shown.has(one.name) && isMeasured(one)));
    const rows: DrawnRows = { times: this.track.times, values: (name) => this.values(name) };
    this.drawing = {
      rows,
      places: rows,
      columns,
      limits: page.limits,
      outlines: page.outlines.get(this.key.key) ?? [],
      shades: this.key.episodes.map((one) => this.shadeOf(one)),
      origin: page.report.from,
    };
  }

  /** An episode with its number, where those are few enough to be told apart. */
  private shadeOf(one: CheckedEpisode): Shade {
    return {
      start: one.start,
      end: one.end,
      kind: one.severity,
      title: `${one.number}: ${since(one.since)}, ${length(one.end - one.start)}: ${cut(one.findings[0]!.reason)}`,
      ...(this.key.episodes.length <= NUMBERED ? { number: one.number, link: this.idOf(one) } : {}),
    };
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

  /** A picture of the whole recording; what an episode is about is told on the wide ones, as every picture has all of them. */
  figure(panel: Panel): string {
    if (isWide(panel)) return panelFigure(panel, this.drawing);
    return panelFigure(panel, { ...this.drawing, shades: this.drawing.shades.map((shade) => ({ ...shade, title: '' })) });
  }

  /** Columns around an episode, each by itself. */
  around(episode: CheckedEpisode, names: readonly string[], from: number, to: number): string {
    const shades = this.key.episodes.map(
      ({ start, end, severity, number }): Shade => ({ start, end, kind: severity, title: '', other: episode.number !== number }),
    );
    const drawing = { ...this.drawing, shades, from, to, marks: episode.findings.map(({ time }) => time) };
    const columns = names.map((name) => this.page.columns.find((one) => one.name === name)!);
    return singles(columns)
      .map((panel) => panelFigure(panel, drawing))
      .join('');
  }
}
