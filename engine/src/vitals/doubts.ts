// What makes a run look useless although nothing failed.

import type { Log } from '../api/index.js';
import type { Drops } from './drops.js';
import type { Counts } from './tally.js';
import type { Ending, Vitals } from './vitals.js';

/** More than this share of what came, and it is worth a look. */
const SHARE = 0.01;
/** What came once more was judged when it came first. */
const AGAIN = 'repeated';
/** How often it is said while a run goes on, ms. */
const SAY_EVERY = 60_000;
/** Reasons that are named. */
const NAMED = 4;

interface Lost {
  readonly came: number;
  readonly lost: number;
  /** What was not judged, by reason, the most first. */
  readonly reasons: readonly (readonly [string, number])[];
}

/** Whether a run does what it is meant to: what came is judged, rows come of it, and every model has a say. */
export class Doubts {
  private readonly vitals: Vitals;
  private readonly drops: Drops;
  private readonly limits: boolean;
  private before: Lost = { came: 0, lost: 0, reasons: [] };

  /** @param limits whether there are models that decide by themselves, whatever is calibrated */
  constructor(vitals: Vitals, drops: Drops, limits = false) {
    this.vitals = vitals;
    this.drops = drops;
    this.limits = limits;
  }

  /** Looks again and again while a run goes on. @returns ends it */
  watch(log: Log): () => void {
    const timer = setInterval(() => this.look(log), SAY_EVERY);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Says what was lost since the last look, where it is much. */
  look(log: Log): void {
    const now = this.lost();
    const before = new Map(this.before.reasons);
    const since = {
      came: now.came - this.before.came,
      lost: now.lost - this.before.lost,
      reasons: now.reasons.map(([reason, count]) => [reason, count - (before.get(reason) ?? 0)] as const),
    };
    this.before = now;
    const said = sayLost(since);
    if (said !== undefined) log.warn({}, `lately ${said}`);
  }

  /** What of a run that ended people should look at, a sentence each. */
  atEnd(ending: Ending | 'failed', judges: boolean): string[] {
    const { tally, resumed } = this.vitals;
    const { observations, rows } = tally.counts;
    if (ending === 'failed') return [];
    if (ending === 'stopped-waiting') {
      const troubles = this.vitals.troubles.join('; ') || 'what it needs to begin';
      return [`it was still waiting when it ended (${troubles}); a restart goes on from the last checkpoint`];
    }
    const lost = this.lost();
    if (lost.came === 0) return resumed ? [] : [NOTHING_CAME[ending === 'finished' ? 'finished' : 'stopped']];
    const said = [sayLost(lost)].filter((text) => text !== undefined);
    if (!judges || observations === 0) return said;
    if (rows === 0) return resumed || ending !== 'finished' ? said : [...said, NO_ROWS];
    // What was stopped may have been about to learn enough.
    if (ending !== 'finished') return said;
    const silent = [...tally.unheard].map(
      ([model, reason]) => `${model} scored none of ${rows === 1 ? '1 row' : `${rows} rows`} (${reason}): ${adviceFor(reason)}`,
    );
    const unruled = tally.counts.uncalibrated === rows && !this.limits ? [NO_RULING] : [];
    return resumed ? said : [...said, ...silent, ...unruled];
  }

  /** What of a run that goes on people should look at, a sentence each. */
  soFar(): string[] {
    return [sayLost(this.lost())].filter((text) => text !== undefined);
  }

  private lost(): Lost {
    const { counts } = this.vitals.tally;
    const passedOver = (['late', 'ahead'] satisfies (keyof Counts)[]).map((name) => [name, counts[name]] as const);
    const dropped = [...this.drops.counts].filter(([reason]) => reason !== AGAIN);
    const reasons = [...dropped, ...passedOver].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
    return {
      came: counts.observations + dropped.reduce((sum, [, count]) => sum + count, 0),
      lost: reasons.reduce((sum, [, count]) => sum + count, 0),
      reasons,
    };
  }
}

const NOTHING_CAME = {
  finished:
    'the source ended without a single observation; see whether it is empty, and whether its configuration selects what is in it',
  stopped: 'nothing came from the source; see whether anybody sends to it, and whether its configuration selects what is sent',
};
const NO_ROWS =
  'observations came, and the features made no row of them; see whether the features wait for a key, type or group that never comes, or for more time than there is';
const NO_RULING =
  'no row could be called normal or anomalous: the models warm up, and then the budget of alarms calibrates (alarms.calibration.atLeast), for longer than the recording lasts';
const MISSING = 'see whether its columns can have values here, or give it others';
const LEARNING = 'it needs more rows before it speaks; give it a shorter warm-up or a longer recording';
const BROKEN = 'that is a mistake of the plugin; tell its author';

const adviceFor = (reason: string) => (reason === 'learning' ? LEARNING : reason.startsWith('missing') ? MISSING : BROKEN);

function sayLost({ came, lost, reasons }: Lost): string | undefined {
  if (came === 0 || lost <= came * SHARE) return undefined;
  const named = reasons.filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`);
  const more = named.length > NAMED ? ` and ${named.length - NAMED} other reasons` : '';
  const share = Number(((100 * lost) / came).toPrecision(2));
  return `${share} % of what came was not judged (${named.slice(0, NAMED).join(', ')}${more}); the warnings above say of each where and what`;
}
