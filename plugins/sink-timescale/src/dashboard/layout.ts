import {
  type Dashboard,
  DashboardCursorSync,
  defaultDashboard,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/schema';
import type { Sketch } from './panels.js';

/** Panels side by side, all of one height; widths are equal shares of the 24 columns unless given. */
export interface Shelf {
  readonly height: number;
  readonly panels: readonly Sketch[];
  readonly widths?: readonly number[];
}

export interface Section {
  /** Absent: stands on top, without a heading. */
  readonly title?: string;
  readonly shelves: readonly Shelf[];
  /** Folded away until somebody wants it: its queries do not run. */
  readonly collapsed?: boolean;
}

const COLUMNS = 24;

/** Shelves of at most `perShelf` panels; the last one is filled up by wider panels. */
export function shelves(panels: readonly Sketch[], perShelf: number, height: number): Shelf[] {
  const all: Shelf[] = [];
  for (let i = 0; i < panels.length; i += perShelf) all.push({ height, panels: panels.slice(i, i + perShelf) });
  return all;
}

/** Gives every panel its id and place, from the top down. */
export function place(sections: readonly Section[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let id = 1;
  let y = 0;
  for (const { title, shelves, collapsed } of sections) {
    const folded: Panel[] = [];
    if (title !== undefined) {
      const gridPos = { h: 1, w: COLUMNS, x: 0, y: y++ };
      placed.push({ type: 'row', id: id++, title, collapsed: collapsed ?? false, gridPos, panels: folded });
    }
    for (const { height, panels, widths } of shelves) {
      let x = 0;
      for (const [i, panel] of panels.entries()) {
        const share = Math.floor(COLUMNS / panels.length);
        const w = widths?.[i] ?? (i === panels.length - 1 ? COLUMNS - x : share);
        (collapsed ? folded : placed).push({ id: id++, gridPos: { h: height, w, x, y }, ...panel });
        x += w;
      }
      y += height;
    }
  }
  return placed;
}

export interface Frame {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly tags: readonly string[];
  readonly variables: VariableModel[];
  readonly sections: readonly Section[];
  readonly annotations: NonNullable<NonNullable<Dashboard['annotations']>['list']>;
}

/** A dashboard of the classic kind: live, the last quarter of an hour, crosshair and tooltip shared by all panels. */
export function dashboard({ uid, title, about, tags, variables, sections, annotations }: Frame): Dashboard {
  return {
    uid,
    title,
    description: about,
    tags: ['quantstream', ...tags],
    schemaVersion: defaultDashboard.schemaVersion,
    version: 1,
    editable: true,
    fiscalYearStartMonth: 0,
    graphTooltip: DashboardCursorSync.Tooltip,
    refresh: '5s',
    time: { from: 'now-15m', to: 'now' },
    timepicker: { refresh_intervals: ['1s', '5s', '10s', '30s', '1m', '5m', '15m', '1h'] },
    timezone: 'browser',
    links: [
      {
        asDropdown: false,
        icon: 'external link',
        includeVars: false,
        keepTime: true,
        tags: ['quantstream'],
        targetBlank: false,
        title: 'QuantStream',
        tooltip: 'The other dashboards, at the same time range',
        type: 'dashboards',
      },
    ],
    annotations: { list: annotations },
    templating: { list: variables },
    panels: place(sections),
  };
}
