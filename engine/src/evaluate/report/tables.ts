// Tables and folded lists of a report.

import { escapeHtml } from '../../charts/svg.js';
import { group } from '../../charts/words.js';

/** What a list shows at most, so that a page stays light; everything is in the JSON. */
const MOST_ROWS = 300;

type Cell = string | number;

/** @param text columns that are words; the others are numbers */
export function htmlTable(head: readonly string[], rows: readonly (readonly Cell[])[], text = 1): string {
  const cell = (tag: string, c: number, value: Cell) =>
    `<${tag}${c >= text ? ' class="n"' : ''}>${escapeHtml(String(value))}</${tag}>`;
  const line = (tag: string, cells: readonly Cell[]) => `<tr>${cells.map((value, c) => cell(tag, c, value)).join('')}</tr>`;
  return `<div class="wide" tabindex="0" role="group" aria-label="table"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table></div>`;
}

/** A list of at most {@link MOST_ROWS} rows. */
export function listed(title: string, head: readonly string[], rows: readonly (readonly Cell[])[], open = false): string {
  const more = rows.length > MOST_ROWS ? `<p class="note">The first ${MOST_ROWS} are shown; the JSON has all.</p>` : '';
  const list = rows.length > 0 ? htmlTable(head, rows.slice(0, MOST_ROWS), head.length) : '';
  return `<details class="card"${open ? ' open' : ''}><summary>${escapeHtml(title)}: ${group(rows.length)}</summary>${more}${list}</details>`;
}
