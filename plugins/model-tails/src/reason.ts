import { type Column, sayValue } from '@quantstream/engine';

/** One sentence: `volume 41.2 base is above 99.99 % of its past`. */
export function reason(column: Column, x: number, direction: number, surprise: number): string {
  const side = direction > 0 ? 'above' : 'below';
  return `${sayValue(column, x, 4)} is ${side} ${percent(Math.exp(-surprise) / 2)} of its past`;
}

/** The rest of a tail probability, with as many nines as there are, at most five; rounded down. */
function percent(tail: number): string {
  const digits = Math.min(3, Math.max(0, Math.ceil(-Math.log10(Math.max(tail, 1e-9))) - 2));
  const scale = 10 ** digits;
  return `${Math.floor((1 - Math.max(tail, 1e-5)) * 100 * scale + 1e-9) / scale} %`;
}
