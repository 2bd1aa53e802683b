// Rows of a key as a table.

import type { PipelineSchema, Stretch } from '@quantstream/engine';
import type { Ring } from '../kept/ring.js';

/** All rows of a key in a stretch, with a head. */
export function csvOf(ring: Ring, { row }: PipelineSchema, key: string, stretch: Stretch): string {
  const head = ['time', 'key', ...row.columns.map(({ name }) => name), 'score', 'threshold', 'p_value', 'anomalous', 'reason'];
  const lines = [head.join(',')];
  for (const { time, values, score, threshold, pValue, anomalous, reason } of ring.rowsOf(key, stretch)) {
    const numbers = [...Array.from(values), score, threshold, pValue].map((value) =>
      Number.isFinite(value) ? String(value) : '',
    );
    lines.push([new Date(time).toISOString(), cell(key), ...numbers, String(anomalous), cell(reason ?? '')].join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** A text as a cell; one that a spreadsheet would take for a formula stays a text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
