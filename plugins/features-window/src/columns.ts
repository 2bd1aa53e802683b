import { type Column, formatDuration, nearest, parseDuration } from '@quantstream/engine';

/** Length of a window: rows, or event time. */
export type Span = { readonly rows: number } | { readonly ms: number };

export const WINDOWED = ['mean', 'deviation', 'slope', 'min', 'max', 'range', 'z', 'change', 'lag', 'missing_share'] as const;
export const PLAIN = ['rate', 'since_change'] as const;
export const CLOCK = ['hour_sin', 'hour_cos', 'weekday_sin', 'weekday_cos'] as const;
export type Family = 'value' | (typeof WINDOWED)[number] | (typeof PLAIN)[number] | (typeof CLOCK)[number];

/** A column by its name. */
export interface Chosen {
  readonly name: string;
  readonly family: Family;
  /** The field that it is made of; `''` for the clock's. */
  readonly value: string;
  readonly span?: Span;
}

const SUFFIX = new RegExp(`^(.+)_(?:(${WINDOWED.join('|')})_(\\d+(?:ms|s|m|h|d)?)|(${PLAIN.join('|')}))$`);
/** Fewest rows that a window of rows of this family can have; 1 for others. */
const FEWEST: Partial<Record<Family, number>> = { deviation: 2, slope: 2, range: 2, z: 2 };
const MOST_ROWS = 1_000_000;
const MOST_MS = 366 * 86_400_000;

/** Takes a name apart. @returns a sentence where it is none */
export function parseColumn(name: string, values: readonly string[] | undefined): Chosen | string {
  if (values?.includes(name)) return { name, family: 'value', value: name };
  if ((CLOCK as readonly string[]).includes(name)) return { name, family: name as Family, value: '' };
  const match = SUFFIX.exec(name);
  if (!match) {
    if (values === undefined) return { name, family: 'value', value: name };
    return `"${name}" is no column${suggestion(name, values)}`;
  }
  const [, value, windowed, length, plain] = match as unknown as [string, string, Family?, string?, Family?];
  if (values && !values.includes(value))
    return `"${value}" is none of the values ${values.join(', ')}${suggestion(value, values)}`;
  if (plain !== undefined) return { name, family: plain, value };
  const span = spanOf(length!);
  const fewest = FEWEST[windowed!] ?? 1;
  if ('rows' in span ? !(span.rows >= fewest && span.rows <= MOST_ROWS) : !(span.ms > 0 && span.ms <= MOST_MS))
    return `the window of "${name}" is to be from ${fewest} to ${MOST_ROWS} rows, or up to ${formatDuration(MOST_MS)}`;
  return { name, family: windowed!, value, span };
}

function suggestion(name: string, values: readonly string[]): string {
  const near = nearest(name, [...values, ...CLOCK]);
  return near ? `; did you mean "${near}"?` : '; a window is written behind the family: cpu_mean_12, cpu_slope_5m';
}

function spanOf(length: string): Span {
  return /^\d+$/.test(length) ? { rows: Number(length) } : { ms: parseDuration(length)! };
}

export const describeSpan = (span: Span) =>
  'rows' in span ? `the latest ${span.rows} rows` : `the latest ${formatDuration(span.ms)}`;

interface Description {
  readonly unit: (unit: string) => string;
  readonly about: (value: string, span: string) => string;
  readonly formula: (value: string, span: string) => string;
  /** Rows more than a window of rows has until the first value. */
  readonly more?: number;
}

const same = (unit: string) => unit;
const perSecond = (unit: string) => `${unit}/s`;
const pure = () => '1';

const DESCRIPTIONS: Readonly<Record<Exclude<Family, (typeof CLOCK)[number]>, Description>> = {
  value: { unit: same, about: (x) => `${x} itself.`, formula: (x) => x },
  mean: { unit: same, about: (x, w) => `Mean of ${x} over ${w}.`, formula: (x, w) => `Σ ${x} / n over ${w}` },
  deviation: {
    unit: same,
    about: (x, w) => `Standard deviation of ${x} over ${w}.`,
    formula: (x, w) => `√(Σ (${x} − mean)² / (n − 1)) over ${w}`,
  },
  slope: {
    unit: perSecond,
    about: (x, w) => `Trend of ${x} over ${w}.`,
    formula: (x, w) => `least squares: Σ (t − t̄)(${x} − mean) / Σ (t − t̄)² over ${w}, t in s`,
  },
  min: { unit: same, about: (x, w) => `Least ${x} of ${w}.`, formula: (x, w) => `min ${x} over ${w}` },
  max: { unit: same, about: (x, w) => `Greatest ${x} of ${w}.`, formula: (x, w) => `max ${x} over ${w}` },
  range: { unit: same, about: (x, w) => `Spread of ${x} over ${w}.`, formula: (x, w) => `max ${x} − min ${x} over ${w}` },
  z: {
    unit: pure,
    about: (x) => `How many deviations ${x} lies from the mean of the rows before it.`,
    formula: (x, w) => `(${x} − mean) / deviation, both over ${w.replace('the latest', 'the')} before the row; within ±10⁴`,
    more: 1,
  },
  change: {
    unit: same,
    about: (x, w) => `Change of ${x} since ${w.replace('the latest ', '')} ago.`,
    formula: (x, w) => `${x} − ${x} ${w.replace('the latest ', '')} ago`,
    more: 1,
  },
  lag: {
    unit: same,
    about: (x, w) => `${x} of ${w.replace('the latest ', '')} ago.`,
    formula: (x, w) =>
      `${x} ${w.replace('the latest ', '')} ago; of time, the latest row at least that old and less than twice that`,
    more: 1,
  },
  missing_share: {
    unit: pure,
    about: (x) => `Share of rows without ${x}.`,
    formula: (x, w) => `rows without ${x} / rows, over ${w}`,
  },
  rate: {
    unit: perSecond,
    about: (x) => `How fast the counter ${x} grows.`,
    formula: (x) => `(${x} − ${x}₋₁) / (t − t₋₁), t in s; a counter that fell began anew at 0`,
    more: 2,
  },
  since_change: {
    unit: () => 's',
    about: (x) => `How long ${x} has not moved.`,
    formula: (x) => `t − time of the row that first had this ${x}`,
  },
};

const CLOCKS: Readonly<Record<(typeof CLOCK)[number], readonly [about: string, formula: string]>> = {
  hour_sin: ['Time of day (UTC) on a circle: 1 at 6 o’clock, −1 at 18.', 'sin(2π · hour / 24)'],
  hour_cos: ['Time of day (UTC) on a circle: 1 at midnight, −1 at noon.', 'cos(2π · hour / 24)'],
  weekday_sin: ['Time of the week (UTC) on a circle that begins with Monday.', 'sin(2π · days since Monday / 7)'],
  weekday_cos: ['Time of the week (UTC) on a circle that begins with Monday.', 'cos(2π · days since Monday / 7)'],
};

/** Families that are as large as the field itself. */
const LEVELS: readonly string[] = ['value', 'mean', 'min', 'max'];

/** What of a level can be odd, by its unit: answers that take shorter are none, nor is half a percentage point. */
const JUDGED: Readonly<Record<string, Pick<Column, 'judge' | 'ignoreBelow'>>> = {
  ms: { judge: 'up' },
  '%': { ignoreBelow: 0.5 },
};

/** A chosen column as the engine wants it. */
export function toColumn({ name, family, value, span }: Chosen, type: string, unit: string): Column {
  if (family in CLOCKS) {
    const [about, formula] = CLOCKS[family as keyof typeof CLOCKS];
    return { name, unit: '1', about, formula, role: 'condition', warmUp: 1 };
  }
  const { unit: unitOf, about, formula, more } = DESCRIPTIONS[family as keyof typeof DESCRIPTIONS];
  const over = span ? describeSpan(span) : '';
  return {
    name,
    unit: unitOf(unit),
    about: about(value, over),
    formula: formula(value, over),
    role: 'feature',
    needs: [`${type}.${value}`],
    ...(LEVELS.includes(family) ? JUDGED[unit] : {}),
    ...(span === undefined || 'rows' in span ? { warmUp: (span?.rows ?? 0) + (more ?? (span ? 0 : 1)) } : {}),
  };
}

/** Every family, with VALUE for a field and N for a window. */
export const CATALOGUE: readonly Column[] = [
  ...(Object.keys(DESCRIPTIONS) as (keyof typeof DESCRIPTIONS)[]).map((family): Column => {
    const { unit, about, formula } = DESCRIPTIONS[family];
    const windowed = (WINDOWED as readonly string[]).includes(family);
    const name = family === 'value' ? 'VALUE' : windowed ? `VALUE_${family}_N` : `VALUE_${family}`;
    return {
      name,
      unit: unit('u'),
      about: about('VALUE', 'the latest N'),
      formula: formula('VALUE', 'the latest N'),
      role: 'feature',
    };
  }),
  ...CLOCK.map((name): Column => ({ name, unit: '1', about: CLOCKS[name][0], formula: CLOCKS[name][1], role: 'condition' })),
];
