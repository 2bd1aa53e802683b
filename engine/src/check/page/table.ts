import type { Column } from '../../api/index.js';
import { escapeHtml } from '../../charts/svg.js';
import { unitOf } from '../columns.js';

/** A cell is text, or markup that was made here. */
export type Cell = string | { readonly html: string };
/** Shorter ones stay in one line. */
const SHORT = 20;
export const markup = (cell: Cell) => (typeof cell === 'string' ? escapeHtml(cell) : cell.html);

/** A table that can be wider than the page. */
export function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((cell) => `<${tag}${typeof cell === 'string' && cell.length <= SHORT ? ' class="s"' : ''}>${markup(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table></div>`;
}

/** A severity in its colour. */
export const chip = (severity: string): Cell => ({ html: `<span class="chip ${severity}">${severity}</span>` });

/** What a chart of a column is called. */
export const captionOf = (column: Column) =>
  `${escapeHtml(column.name)}${escapeHtml(unitOf(column))} <span class="note">${escapeHtml(column.about)}</span>`;

/** Characters of a sentence in a list at most. */
const SENTENCE = 300;
export const cut = (text: string) => (text.length > SENTENCE ? `${text.slice(0, SENTENCE - 1)}…` : text);
