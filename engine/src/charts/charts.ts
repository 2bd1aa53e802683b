// The charts of an evaluation that have no time: curves, and bars.

import { escapeHtml, round, svg } from './svg.js';

export interface Line {
  readonly name: string;
  /** Which colour of the page: 0 … 7. */
  readonly colour: number;
  readonly dashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over a logarithmic x and a y from 0 to 1. */
export function curveChart(lines: readonly Line[], label: string): string {
  const [width, height, left, bottom, right, top] = [640, 320, 46, 40, 14, 10];
  const xs = lines.flatMap(({ points }) => points.map(([x]) => Math.log10(x)));
  if (xs.length === 0) return '<p class="note">The recording is too short for a curve.</p>';
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const x = (value: number) => round(left + ((Math.log10(value) - low) / (high - low || 1)) * (width - left - right));
  const y = (value: number) => round(height - bottom - value * (height - bottom - top));
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<path class="grid" d="M${left} ${y(value)}H${width - right}"/><text class="tick" x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value * 100} %</text>`,
  );
  const decades: number[] = [];
  for (let exponent = Math.ceil(low - 1e-9); exponent <= high + 1e-9; exponent++) decades.push(10 ** exponent);
  const ticks = decades.map(
    (value) =>
      `<path class="grid" d="M${x(value)} ${top}V${height - bottom}"/><text class="tick" x="${x(value)}" y="${height - bottom + 16}" text-anchor="middle">${Number(value.toPrecision(1))}</text>`,
  );
  const paths = lines.map(({ name, colour, dashed, points }) => {
    // Recall jumps where an event is found: steps, not slopes.
    const steps = points.map(([px, py], i) => (i === 0 ? `M${x(px)} ${y(py)}` : `H${x(px)}V${y(py)}`)).join('');
    return `<path class="line c${colour}${dashed ? ' dashed' : ''}" d="${steps}"><title>${escapeHtml(name)}</title></path>`;
  });
  const caption = `<text class="tick" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">${escapeHtml(label)}</text>`;
  return svg(width, height, [...grid, ...ticks, ...paths, caption].join(''), label);
}

/** Bars in groups: a share, 0 … 1, of each group by each of some names. */
export function barChart(
  groups: readonly { readonly name: string; readonly values: readonly number[] }[],
  names: readonly { readonly name: string; readonly colour: number }[],
): string {
  const parts = groups.map(({ name, values }) => {
    const bars = values.map((value, i) => {
      const share = Number.isNaN(value) ? 0 : value;
      const text = `${Math.round(share * 100)} %`;
      const { name: by, colour } = names[i]!;
      return `<dd title="${escapeHtml(by)}: ${text}"><i class="c${colour}" style="flex-basis:${round(share * 100)}%"></i><span>${text}</span></dd>`;
    });
    return `<div><dt>${escapeHtml(name)}</dt>${bars.join('')}</div>`;
  });
  return `<dl class="bars">${parts.join('')}</dl>`;
}
