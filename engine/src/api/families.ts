// Columns that come in families, and are chosen by name and window: `rsi_14`.

import { z } from 'zod';
import type { Column } from './features.js';

const WINDOWED = /^([a-z][a-z_]*?)_([1-9]\d*)$/;
export const LEAST_WINDOW = 2;
export const MOST_WINDOW = 100_000;

/** A column that a user chooses by name, or a family of columns that differ by the window N in their names: `rsi_14`. */
export interface ColumnFamily extends Omit<Column, 'role' | 'warmUp'> {
  readonly windowed: boolean;
  /** The shortest window that says anything. Default 2. */
  readonly least?: number;
  /** Rows until and including the first value. */
  readonly warmUp: (window: number) => number;
}

/** A column as chosen: `window` is 0 where its name carries none. */
export interface ColumnChoice<Family extends ColumnFamily> {
  readonly name: string;
  readonly family: Family;
  readonly window: number;
}

/**
 * Finds a column by name, or says in a sentence what is wrong with it.
 * @param suggest what to say of a name that no family has, and of the window that it carries
 */
export function chooseColumn<Family extends ColumnFamily>(
  families: readonly Family[],
  name: string,
  suggest: (name: string, digits?: string) => string,
): ColumnChoice<Family> | string {
  const plain = families.find((family) => !family.windowed && family.name === name);
  if (plain) return { name, family: plain, window: 0 };
  const [, prefix, digits] = WINDOWED.exec(name) ?? [];
  const family = families.find((one) => one.windowed && one.name === prefix);
  if (!family) return `no column is called "${name}"; ${suggest(name, digits)}`;
  const window = Number(digits);
  const { least = LEAST_WINDOW } = family;
  if (window >= least && window <= MOST_WINDOW) return { name, family, window };
  return `"${name}": the window is ${digits} bars, expected ${least} to ${MOST_WINDOW}`;
}

/** Schema of a list of columns, each chosen once; what is wrong with one is said at its place. */
export function columnNames(choose: (name: string) => object | string) {
  return z
    .array(z.string())
    .min(1)
    .superRefine((names, context) => {
      names.forEach((name, i) => {
        const choice = choose(name);
        const message = typeof choice === 'string' ? choice : names.indexOf(name) < i ? `"${name}" is chosen twice` : undefined;
        if (message) context.addIssue({ code: 'custom', path: [i], input: name, message });
      });
    });
}

/** The declaration of a chosen column. */
export function columnOf({ name, family, window }: ColumnChoice<ColumnFamily>): Column {
  const { unit, about, formula, source, needs } = family;
  const optional = { ...(source ? { source } : {}), ...(needs ? { needs } : {}) };
  return { name, unit, about, formula, role: 'feature', warmUp: family.warmUp(window), ...optional };
}
