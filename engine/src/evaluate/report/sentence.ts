// The sentence that the report of an evaluation or a backtest begins with: what to think.

import { counted, group, length, percent, short } from '../../charts/words.js';
import type { BacktestReport } from '../backtest.js';
import type { EvaluationReport } from './report.js';

const DAY = 86_400_000;
const span = (ms: number) => (ms >= 2 * DAY ? `${short(ms / DAY, 3)} days` : length(ms));
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** `Finds 14 of 16 events at 1 false episode a day, |z| 9; 3 % of the time was not judged.` */
export function evaluationSentence({ detectors, unjudged }: EvaluationReport): string {
  const [first, ...others] = detectors;
  const { events, judged, judgedEvents, points } = first!;
  if (!(judged > 0)) {
    const none = events > 0 ? `; none of ${counted(events, 'event')} could be found` : '';
    return `No row could be judged${whyUnjudged(unjudged)}${none}.`;
  }
  if (events === 0) return `No labelled event lies in the recording: what is found cannot be measured${notJudged(judged)}.`;
  const { found, perDay } = points[0]!;
  const chance = detectors.find(({ name }) => name === 'random')!.points[0]!.found;
  const beside = others.filter(({ name }) => name !== 'random').map(({ name, points: own }) => `, ${name} ${own[0]!.found}`);
  const luck = chance >= found ? `; chance finds ${chance > found ? 'more' : 'as many'}` : '';
  const lost = events - judgedEvents;
  const missed = lost > 0 ? `; of ${counted(lost, 'event')} no row was judged` : '';
  const price = `${short(perDay)} false episode${perDay === 1 ? '' : 's'} a day`;
  return `Finds ${found} of ${counted(events, 'event')} at ${price}${beside.join('')}${luck}${missed}${notJudged(judged)}.`;
}

/** `12 episodes in 3.2 days: 3.7 odd rows a day against a budget of 1; all of it judged.` */
export function backtestSentence({ keys, episodes, judged, from, to, perDay, of, unjudged }: BacktestReport): string {
  const raised = episodes.length === 0 ? 'no episode' : counted(episodes.length, 'episode');
  if (!(judged > 0))
    return `No row could be judged${whyUnjudged(unjudged)}${episodes.length > 0 ? `; still, ${raised} would have been raised` : ''}.`;
  const head = `${raised} in ${span(to - from)}${keys.length > 1 ? ` of ${counted(keys.length, 'key')}` : ''}`;
  const rate = rateOf(keys, episodes.length, perDay, of);
  return `${head[0]!.toUpperCase()}${head.slice(1)}${rate === '' ? '' : `: ${rate}`}${notJudged(judged) || '; all of it judged'}.`;
}

/** How many that is a day, and what the budget allows; a day that was not recorded is not made up. */
function rateOf(keys: BacktestReport['keys'], episodes: number, perDay: number | undefined, of: BacktestReport['of']): string {
  const together = of === 'pipeline' && keys.length > 1;
  const days = sum(keys.map((key) => key.days)) / (together ? keys.length : 1);
  const each = together ? 'a day of all keys together' : keys.length > 1 ? 'a day and key' : 'a day';
  if (perDay === undefined) return days >= 1 && episodes > 0 ? `${short(episodes / days, 2)} ${each}` : '';
  const odd = Math.round(sum(keys.map((key) => (key.days > 0 ? key.anomaliesPerDay * key.days : 0))));
  if (days >= 1) return `${short(odd / days, 2)} odd rows ${each} against a budget of ${short(perDay)}`;
  return `${counted(odd, 'odd row')}, where a budget of ${short(perDay)} ${each} allows ${short(perDay * days, 2)}`;
}

function notJudged(judged: number): string {
  const share = 1 - judged;
  if (share < 1e-9) return '';
  // Little is not nothing.
  return `; ${share < 0.001 ? 'less than 0.1 %' : percent(share)} of the time was not judged`;
}

function whyUnjudged(unjudged: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(unjudged).sort(([, a], [, b]) => b - a);
  const told = reasons.slice(0, 2).map(([reason, rows]) => `${reason} (${counted(rows, 'row')})`);
  return told.length === 0
    ? ''
    : `: ${told.join(', ')}${reasons.length > 2 ? `, and ${group(reasons.length - 2)} other reasons` : ''}`;
}
