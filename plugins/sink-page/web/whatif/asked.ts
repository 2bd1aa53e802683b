// What would have been raised with another budget or another limit: asked of the server, which judges what is stored once more.

import { batch, computed, effect, signal } from '@preact/signals';
import type { LimitInfo, WhatIf, WhatIfLimit } from '../../src/wire.js';
import type { Ghost } from '../lanes/draw.js';
import { Question } from '../state/ask.js';
import { at } from '../state/place.js';
import { range } from '../state/range.js';
import { about, episodes } from '../state/store.js';

const STEPS = 32;
/** Alarms per day that can be tried, 0.1 to 1,000 in equal ratios, of two digits each. */
export const BUDGETS: readonly number[] = Array.from({ length: STEPS + 1 }, (_, i) =>
  Number((10 ** (-1 + i / 8)).toPrecision(2)),
);

export const whatIf = signal<WhatIf | undefined>(undefined);
/** How many episodes there were in what it was asked for. */
export const raised = signal(0);
export const whatIfLimit = signal<WhatIfLimit | undefined>(undefined);
export const whatIfTrouble = signal('');

export interface LimitTry {
  readonly column: string;
  readonly is: 'above' | 'below';
  readonly value: number;
  /** What it is now: a column may have several limits. */
  readonly was: number;
}
/** The limit that is tried, as the address has it. */
export const limitTry = computed<LimitTry | undefined>(() => {
  const match = /^(.+) (above|below) (\S+) was (\S+)$/.exec(at.limit.value);
  const [value, was] = [Number(match?.[3]), Number(match?.[4])];
  return match && Number.isFinite(value) ? { column: match[1]!, is: match[2] as LimitTry['is'], value, was } : undefined;
});
export const limitText = ({ column, is, value, was }: LimitTry) => `${column} ${is} ${value} was ${was}`;
/** Whether a limit is the one that is tried. */
export const isTried = (limit: LimitInfo, tried: LimitTry | undefined): tried is LimitTry =>
  tried?.column === limit.column && tried.is === limit.is && tried.was === limit.value;

const budgets = new Question<WhatIf>('whatif');
const limits = new Question<WhatIfLimit>('whatif-limit');
let askedFor = '';

/** Asks for all budgets at once; the slider then only chooses among answers. */
export async function askBudgets(): Promise<void> {
  const { from, to } = range.peek();
  askedFor = at.range.peek();
  try {
    const answer = await budgets.ask({ perDay: BUDGETS.join(','), from: Math.floor(from), to: Math.ceil(to) });
    if (!answer) return;
    const since = Math.max(answer.from, answer.since ?? 0);
    const before = episodes.peek().filter(({ start, end }) => end >= since && start <= answer.to).length;
    batch(() => ([whatIf.value, raised.value, whatIfTrouble.value] = [answer, before, '']));
  } catch (fault) {
    whatIfTrouble.value = (fault as Error).message;
  }
}

async function askLimit({ column, is, value, was }: LimitTry): Promise<void> {
  const { from, to } = range.peek();
  try {
    const answer = await limits.ask({ column, is, value, was, from: Math.floor(from), to: Math.ceil(to) });
    if (answer) batch(() => ([whatIfLimit.value, whatIfTrouble.value] = [answer, '']));
  } catch (fault) {
    whatIfTrouble.value = (fault as Error).message;
  }
}

/** From now on, asks whenever the address tries something or another stretch is shown. */
export function tryOut(): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const [shown, stretch] = [at.tab.value === 'whatif', at.range.value];
    if (shown && (stretch !== askedFor || !whatIf.peek())) void askBudgets();
  });
  effect(() => {
    const tried = limitTry.value;
    at.range.value;
    clearTimeout(waiting);
    if (!tried) whatIfLimit.value = undefined;
    // A limit that is being dragged asks when the hand rests.
    else waiting = setTimeout(() => void askLimit(tried), 120);
  });
}

/** The budget that is tried: that of the address, or the one nearest to the pipeline's own. */
export const budgetTried = computed(() => {
  const now = at.budget.value || about.value?.alarms.perDay || whatIf.value?.now || 1;
  const far = (one: number) => Math.abs(Math.log(one / now));
  return BUDGETS.reduce((best, one) => (far(one) < far(best) ? one : best));
});
export const budgetChosen = computed(() => whatIf.value?.budgets.find((one) => one.perDay === budgetTried.value));

/** Episodes that what is tried would have made, by key. */
export const ghosts = computed<ReadonlyMap<string, readonly Ghost[]>>(() => {
  if (at.tab.value !== 'whatif') return new Map();
  const shown = limitTry.value ? whatIfLimit.value?.shown : budgetChosen.value?.shown;
  return Map.groupBy(shown ?? [], (one) => one.key);
});
