// What a run of the fault tests has shown, for whoever prints it: a line of JSON each.

import { appendFileSync } from 'node:fs';

/** How many times more than in CI: `npm run test:faults -- --rounds N`. */
export const ROUNDS = Number(process.env.QUANTSTREAM_FAULTS_ROUNDS ?? 1);

/** What was shown, by name, as numbers. */
export type Figures = Readonly<Record<string, number>>;

export function show(what: string, figures: Figures): void {
  const file = process.env.QUANTSTREAM_FAULTS_FIGURES;
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(2))]));
  if (file) appendFileSync(file, `${JSON.stringify({ what, figures: rounded })}\n`);
}
