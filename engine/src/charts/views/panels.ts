// Which pictures a key has: those that the features declare, then the columns that none of them shows; each a figure on the page.

import { trackMap } from '../map.js';
import { escapeHtml } from '../svg.js';
import { heatmapChart } from './heatmap.js';
import { barsChart, linesChart } from './lines.js';
import { ohlcChart } from './ohlc.js';
import type { Drawing, DrawnColumn, DrawnView } from './picture.js';
import { statesChart } from './states.js';

/** A picture of its own: a view, or a part of one whose columns have one unit. */
export interface Panel {
  readonly title: string;
  readonly kind: DrawnView['kind'];
  readonly columns: readonly DrawnColumn[];
  /** What stands beside each column of a heatmap. */
  readonly labels?: readonly string[];
  readonly about: string;
}

/** More lines than this in one picture cannot be told apart. */
const MOST = 4;
/** Units of the drawing from left to right, of a picture as wide as the page and of one of two side by side. */
const [WIDE, HALF] = [1_000, 480];
const [TALL, LOW, LOWEST] = [220, 96, 84];

/** As it stands behind a number. */
const unitOf = (unit: string) => (unit === '1' ? '' : unit);

/** Columns that can be told in one picture: of one unit; without a unit nothing says that two numbers are of one size. */
function groupsOf(columns: readonly DrawnColumn[]): DrawnColumn[][] {
  const byUnit = new Map<string, DrawnColumn[]>();
  for (const column of columns) byUnit.set(column.unit, [...(byUnit.get(column.unit) ?? []), column]);
  return [...byUnit.values()].flatMap((group) => {
    const most = unitOf(group[0]!.unit) === '' ? 1 : MOST;
    return Array.from({ length: Math.ceil(group.length / most) }, (_, i) => group.slice(i * most, (i + 1) * most));
  });
}

/** The pictures of views in their order; columns without any value are left out. @param has whether a column has a value */
export function panelsOf(
  views: readonly DrawnView[],
  columns: readonly DrawnColumn[],
  has: (column: string) => boolean,
): Panel[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return views.flatMap(({ title, kind, columns: names, labels = names, about = '' }): Panel[] => {
    const known = names.flatMap((name) => byName.get(name) ?? []);
    const there = known.filter(({ name }) => has(name));
    // A price and a place need all of their columns, whatever is shown beside them.
    const needed = known.slice(0, kind === 'candle' ? 4 : kind === 'map' ? 2 : 0);
    if (there.length === 0 || !needed.every((column) => there.includes(column))) return [];
    if (kind === 'heatmap')
      return [{ title, kind, columns: there, labels: there.map(({ name }) => labels[names.indexOf(name)] ?? name), about }];
    if (kind === 'lines' || kind === 'bars') return groupsOf(there).map((group) => ({ title, kind, columns: group, about }));
    return [{ title, kind, columns: kind === 'states' ? there : known.slice(0, kind === 'map' ? 2 : 5), about }];
  });
}

/** Columns that no view shows, each by itself. */
export const singles = (columns: readonly DrawnColumn[]): Panel[] =>
  columns.map((column) => ({ title: '', kind: 'lines', columns: [column], about: column.about }));

/** Whether a picture is as wide as the page, or one of two side by side. */
export const isWide = ({ kind }: Panel): boolean => kind !== 'lines' && kind !== 'bars';

/** A figure; nothing where there is nothing to be drawn. */
export function panelFigure(panel: Panel, drawing: Drawing): string {
  const chart = chartOf(panel, drawing);
  if (chart === '') return '';
  const [first] = panel.columns;
  const alone = panel.columns.length === 1 && (panel.title === '' || panel.title.toLowerCase() === first!.name);
  const unit = panel.kind === 'map' || panel.kind === 'states' || panel.kind === 'heatmap' ? '' : unitOf(first!.unit);
  const name = escapeHtml(panel.title || first!.name);
  const lines = panel.kind === 'lines' || panel.kind === 'bars';
  const legend = lines && !alone ? panel.columns.map((column, i) => legendOf(column, i)).join('') : '';
  const outlined = panel.kind === 'map' && drawing.outlines.length > 0 ? OUTLINES : '';
  const parts = [
    `<span>${name}${unit === '' ? '' : ` <span class="note">${escapeHtml(unit)}</span>`}</span>`,
    legend === '' && outlined === '' ? '' : `<span class="legend">${legend}${outlined}</span>`,
    panel.about === '' ? '' : `<span class="note">${escapeHtml(panel.about)}</span>`,
  ];
  const told = panel.kind === 'heatmap' ? panel.columns.slice(0, 1) : panel.columns;
  const title = told.map((column) => `${column.name}: ${column.formula}`).join('\n');
  return `<figure${panel.kind === 'map' ? ' class="map"' : ''}><figcaption title="${escapeHtml(title)}">${parts.join('')}</figcaption>${chart}</figure>`;
}

const OUTLINES = '<span><i class="inside"></i>to stay within</span><span><i class="outside"></i>to stay out of</span>';
const legendOf = ({ name }: DrawnColumn, i: number) => `<span><i class="c${i}"></i>${escapeHtml(name)}</span>`;

function chartOf({ kind, title, columns, labels = [] }: Panel, drawing: Drawing): string {
  const names = columns.map(({ name }) => name);
  const name = `${title || names[0]!} over time`;
  switch (kind) {
    case 'map':
      return mapOf(names, drawing);
    case 'states':
      return statesChart(drawing, names, name, WIDE);
    case 'heatmap':
      return heatmapChart(drawing, { columns: names, labels, name, unit: unitOf(columns[0]!.unit), units: WIDE });
    case 'candle':
      return ohlcChart(drawing, { columns: names, name, height: TALL, units: WIDE });
    case 'bars':
      return barsChart(drawing, { columns: names, name, height: LOWEST, units: HALF });
    default:
      return linesChart(drawing, { columns: names, name, height: LOW, units: HALF });
  }
}

function mapOf([north, east]: readonly string[], { places, outlines, shades }: Drawing): string {
  return trackMap({ times: places.times, latitude: places.values(north!), longitude: places.values(east!), outlines, shades });
}
