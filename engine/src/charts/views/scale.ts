// The scale of a picture from below to above: round numbers around what is to be seen.

/** Everything that lies in sight. */
export class Extent {
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;

  see(values: ArrayLike<number>): this {
    for (let i = 0; i < values.length; i++) this.one(values[i]!);
    return this;
  }
  one(value: number): this {
    if (value < this.least) this.least = value;
    if (value > this.most) this.most = value;
    return this;
  }
  /** Takes in what is near: at most so many times as far as all of it is wide. */
  near(values: readonly number[], times: number): this {
    if (this.least > this.most) return this;
    const reach = (this.most - this.least || Math.abs(this.most) || 1) * times;
    const [low, high] = [this.least - reach, this.most + reach];
    for (const value of values) if (value >= low && value <= high) this.one(value);
    return this;
  }
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** CSS pixels from above. */
  readonly y: (value: number) => number;
  readonly sizes: readonly { readonly y: number; readonly text: string }[];
}

const ROUND = [1, 2, 2.5, 5, 10];
/** Pixels that a number on the left needs. */
const LINE = 24;
const AIR = 0.06;

/**
 * @param height CSS pixels
 * @param feet part of the height that is kept free below
 */
export function scaleOf({ least, most }: Extent, height: number, feet = 0): Scale {
  const none = least > most;
  let [low, high] = none ? [0, 1] : [least, most];
  const air = high > low ? (high - low) * AIR : Math.max(1e-9, Math.abs(high) * 0.1, high === 0 ? 1 : 0);
  [low, high] = [low - air - ((high - low + 2 * air) * feet) / (1 - feet), high + air];
  const y = (value: number) => Math.round(10 * height * (1 - (value - low) / (high - low))) / 10;
  if (none) return { low, high, y, sizes: [] };
  const rough = (high - low) / Math.max(2, Math.floor(height / LINE));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (ROUND.find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const sizes: { y: number; text: string }[] = [];
  const bottom = low + (high - low) * feet;
  for (let n = Math.ceil(bottom / step); n * step <= high; n++) {
    const at = y(n * step);
    if (at > 4 && at < height - 2) sizes.push({ y: at, text: sizeText(n * step, step) });
  }
  return { low, high, y, sizes };
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });

/** As many digits as tell two marks apart. */
function sizeText(value: number, step: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4) return value.toExponential(1).replace('-', '−');
  if (size >= 1e6 && step >= 1e3) return compact.format(value).replace('-', '−');
  // 0.25 needs one digit more than 0.2.
  const exponent = Math.floor(Math.log10(step) + 1e-9);
  const digits = Math.min(8, Math.max(0, -exponent + (Math.round((10 * step) / 10 ** exponent) % 10 === 0 ? 0 : 1)));
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−');
}
