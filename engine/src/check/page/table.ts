// Tables of a report, and words in them.

import { escapeHtml } from '../../charts/svg.js';

/** A cell is text, or markup that was made here. */
export type Cell = string | { readonly html: string; readonly kind?: string };
/** Shorter ones stay in one line. */
const SHORT = 20;
export const markup = (cell: Cell) => (typeof cell === 'string' ? escapeHtml(cell) : cell.html);

/** A table that can be wider than the page. */
export function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const kindOf = (cell: Cell) => (typeof cell === 'string' ? (cell.length <= SHORT ? 's' : 'what') : cell.kind);
  const line = (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((cell) => `<${tag}${kindOf(cell) ? ` class="${kindOf(cell)}"` : ''}>${markup(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide told"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table></div>`;
}

/** A severity in its colour. */
export const chip = (severity: string): Cell => ({ html: `<span class="severity ${severity}">${severity}</span>` });

/** Characters of a sentence in a list at most. */
const SENTENCE = 300;
export const cut = (text: string) => (text.length > SENTENCE ? `${text.slice(0, SENTENCE - 1)}…` : text);
