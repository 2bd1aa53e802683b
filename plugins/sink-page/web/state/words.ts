// Numbers, times and lengths as people read them.

import type { EpisodeBar, Maybe } from '../../src/wire.js';

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });
const digits = (most: number) => new Intl.NumberFormat('en', { maximumSignificantDigits: most });
const [large, middle, small] = [digits(7), digits(5), digits(3)];

/** A number in as many digits as one can tell apart, or a dash. */
export function numberOf(value: Maybe | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e6) return compact.format(value);
  if (size > 0 && size < 1e-4) return value.toExponential(2).replace('-', '−');
  return (size >= 1e4 ? large : size >= 1 ? middle : small).format(value).replace('-', '−');
}
/** A mark of a scale: short where the steps between marks allow it. */
export const markOf = (value: number, step: number) => (step >= 1e3 ? compact.format(value) : numberOf(value)).replace('-', '−');
export const countOf = (value: number) => (value >= 1e6 ? compact.format(value) : value.toLocaleString('en'));
export const unitOf = (unit: string | undefined) => (unit && unit !== '1' ? unit : '');
export const withUnit = (value: Maybe | undefined, unit: string | undefined) => `${numberOf(value)} ${unitOf(unit)}`.trim();

const pad = (value: number, length = 2) => String(value).padStart(length, '0');
export const dayOf = (time: number) => {
  const date = new Date(time);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
};
export const minuteOf = (time: number) => {
  const date = new Date(time);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
};
export const secondOf = (time: number) => `${minuteOf(time)}:${pad(new Date(time).getSeconds())}`;
export const momentOf = (time: number) => `${dayOf(time)} ${secondOf(time)}`;
export const zoneOf = (time: number) => {
  const minutes = -new Date(time).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
};

const PARTS: readonly [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];
/** `2 h 5 min`, `40 s`, `120 ms`. */
export function lengthOf(ms: number): string {
  const index = PARTS.findIndex(([size]) => ms >= size);
  if (index < 0) return `${Math.round(ms)} ms`;
  const [size, name] = PARTS[index]!;
  const [smaller, lesser] = PARTS[index + 1] ?? [1, ''];
  const rest = Math.round((ms % size) / smaller);
  return `${Math.floor(ms / size)} ${name}${lesser && rest && ms < 48 * 3_600_000 ? ` ${rest} ${lesser}` : ''}`;
}
export const ratioOf = ({ score, threshold }: Pick<EpisodeBar, 'score' | 'threshold'>) =>
  score !== null && threshold ? score / threshold : null;
export const bytesOf = (bytes: number) =>
  bytes < 1e3 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** What a value of a column is called, where the column says so: `0 not known, 1 disarmed, 2 armed on the ground.` */
export function stateOf(told: string | undefined, value: number): string {
  const named = new Map(
    [...(told ?? '').matchAll(/(?:^|, )(-?\d+) ([^,.]+)/g)].map(([, number, name]) => [Number(number), name!]),
  );
  return (named.size > 1 ? named.get(value) : undefined) ?? numberOf(value);
}
