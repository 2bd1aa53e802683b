// Light or dark, and the colours of it for what is drawn on a canvas: the style sheet has them, this reads them.

import { signal } from '@preact/signals';

export type Theme = 'light' | 'dark';

const KEPT = 'quantstream.theme';
const NAMES = [
  'text',
  'muted',
  'surface',
  'line',
  'chosen',
  'accent',
  'ghost',
  'info',
  'warning',
  'critical',
  'rise',
  'fall',
] as const;
const SERIES = 8;
const LEVELS = 12;

type Colours = Readonly<Record<(typeof NAMES)[number], string>> & {
  readonly series: readonly string[];
  readonly heat: readonly string[];
};

const dark = matchMedia('(prefers-color-scheme: dark)');
const kept = (): Theme | undefined => {
  const text = localStorage.getItem(KEPT);
  return text === 'light' || text === 'dark' ? text : undefined;
};

export const theme = signal<Theme>(kept() ?? (dark.matches ? 'dark' : 'light'));
let read: Colours | undefined;

function wear(next: Theme): void {
  document.documentElement.dataset.theme = next;
  read = undefined;
  theme.value = next;
}
export function toggleTheme(): void {
  const next = theme.peek() === 'dark' ? 'light' : 'dark';
  localStorage.setItem(KEPT, next);
  wear(next);
}
dark.addEventListener('change', () => {
  if (!kept()) wear(dark.matches ? 'dark' : 'light');
});
wear(theme.peek());

const mix = (from: string, to: string, part: number): string => {
  const of = (text: string) => [1, 3, 5].map((i) => Number.parseInt(text.slice(i, i + 2), 16));
  const [a, b] = [of(from), of(to)];
  return `rgb(${a.map((value, i) => Math.round(value + (b[i]! - value) * part)).join(' ')})`;
};

export function colours(): Colours {
  if (read) return read;
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const scale = (from: string, to: string) => Array.from({ length: LEVELS }, (_, i) => mix(of(from), of(to), i / (LEVELS - 1)));
  read = {
    ...(Object.fromEntries(NAMES.map((name) => [name, of(name)])) as Record<(typeof NAMES)[number], string>),
    series: Array.from({ length: SERIES }, (_, i) => of(`series-${i}`)),
    heat: [...scale('heat-low', 'heat-below'), ...scale('heat-above', 'heat-high')],
  };
  return read;
}

/** The colour of a score beside its threshold: cool below 1, hot above, hottest from 3 on. */
export function heatOf(odd: number): string {
  const { heat } = colours();
  const level =
    odd < 1 ? Math.floor(Math.max(0, odd) ** 2 * LEVELS) : LEVELS + Math.min(LEVELS - 1, Math.floor(((odd - 1) / 2) * LEVELS));
  return heat[level]!;
}
/** A colour that lets through what is below it. */
export const thin = (colour: string, part: number) =>
  `${colour}${Math.round(part * 255)
    .toString(16)
    .padStart(2, '0')}`;
