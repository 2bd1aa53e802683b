// Hands batches to all sinks, until each has accepted.

import {
  type Clock,
  isNamed,
  type Log,
  type Mute,
  messageOf,
  QuantStreamError,
  type Sink,
  type SinkBatch,
} from '../api/index.js';
import { orAbort } from '../ports/waiting.js';
import { endWithin } from './closing.js';

export interface NamedSink {
  readonly name: string;
  readonly sink: Sink;
}

/** First wait after a failure and the longest one, ms; each is twice the last. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 15_000;
/** How often the same trouble is logged, ms. */
const LOG_EVERY = 10_000;

/** Hands batches to every sink and holds the pipeline until all have accepted them. */
export class Delivery {
  /** Why a sink does not accept, by sink. */
  readonly troubles = new Map<string, string>();
  /** Failed attempts, by sink. */
  readonly retries = new Map<string, number>();
  /** Until when each muted key is muted, ms of the clock. */
  private readonly muted: Map<string, number>;
  private readonly said: () => Promise<readonly Mute[]>;
  private readonly sinks: readonly NamedSink[];
  readonly clock: Clock;
  readonly log: Log;

  /** @param said who is muted besides what sinks know */
  constructor(
    sinks: readonly NamedSink[],
    clock: Clock,
    log: Log,
    muted = new Map<string, number>(),
    said: () => Promise<readonly Mute[]> = async () => [],
  ) {
    this.muted = muted;
    this.said = said;
    this.sinks = sinks;
    this.clock = clock;
    this.log = log;
  }

  /** Opens all sinks. @throws the signal's reason if it aborts first */
  async open(signal: AbortSignal): Promise<void> {
    await Promise.all(this.sinks.map((named) => this.attempt(named, 'open', signal, async (sink) => sink.open?.())));
  }

  /** @throws the signal's reason if it aborts first; QS_SINK_FAILED if a sink gives up; QS_FENCED once all others have accepted */
  async write(batch: SinkBatch, signal: AbortSignal): Promise<void> {
    if (isEmpty(batch)) return;
    let refused: unknown;
    const write = (named: NamedSink) =>
      this.attempt(named, 'write', signal, async (sink) => sink.write(batch)).catch((error) => {
        if (!isFenced(error)) throw error;
        refused = error;
      });
    // A sink gets one batch at a time: what comes next has to wait for those that still write this one.
    await Promise.all(this.sinks.map(write));
    if (refused !== undefined) throw refused;
  }

  /** Asks the labels, and the sinks that keep some, which keys nobody is to be called for. */
  async refreshMutes(): Promise<void> {
    const keepers = this.sinks.filter(({ sink }) => sink.mutes);
    const asked = [
      { who: 'the labels', ask: this.said },
      ...keepers.map(({ name, sink }) => ({ who: `sink ${name}`, ask: () => sink.mutes!() })),
    ];
    const all: Mute[] = [];
    for (const { who, ask } of asked) {
      try {
        all.push(...(await ask()));
      } catch (error) {
        // What was muted so far stays so until all can say it again.
        this.log.debug({}, `${who} cannot say what is muted: ${messageOf(error)}`);
        return;
      }
    }
    this.muted.clear();
    for (const { key, until } of all) this.muted.set(key, Math.max(until, this.muted.get(key) ?? until));
  }

  /** Closes all sinks at once. @param withinMs how long one may take; one that hangs is left behind, so that a shutdown ends in time */
  async close(withinMs: number): Promise<void> {
    await Promise.all(this.sinks.map(({ name, sink }) => endWithin(withinMs, `sink ${name}`, this, () => sink.close())));
  }

  private async attempt(
    { name, sink }: NamedSink,
    what: string,
    signal: AbortSignal,
    action: (sink: Sink) => Promise<void>,
  ): Promise<void> {
    let wait = FIRST_WAIT;
    let logged = Number.NEGATIVE_INFINITY;
    for (;;) {
      signal.throwIfAborted();
      try {
        await orAbort(action(sink), signal);
        if (this.troubles.delete(name)) this.log.info({ sink: name }, `sink ${name} accepts again`);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (isFenced(error)) throw error;
        const trouble = messageOf(error);
        if ((error as { retry?: unknown }).retry === false) {
          throw new QuantStreamError('QS_SINK_FAILED', `sink ${name} gave up: ${trouble}`, { cause: error });
        }
        this.troubles.set(name, trouble);
        this.retries.set(name, (this.retries.get(name) ?? 0) + 1);
        const now = this.clock.now();
        if (now - logged >= LOG_EVERY) {
          this.log.warn(
            { sink: name },
            `sink ${name} cannot ${what}: ${trouble}; the pipeline waits and tries again in ${wait} ms`,
          );
          logged = now;
        }
        // The clock rejects with its own error; what counts is why the waiting was ended.
        await this.clock.sleep(wait, signal).catch(() => signal.throwIfAborted());
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
    }
  }
}

/** What was judged one after the other, as one batch: what sinks do once for each costs as much for many rows as for few. */
export function joined(batches: readonly SinkBatch[]): SinkBatch {
  const [first, ...rest] = batches;
  if (rest.length === 0) return first!;
  return {
    ...first,
    observations: batches.flatMap(({ observations }) => observations),
    verdicts: batches.flatMap(({ verdicts }) => verdicts),
    episodes: batches.flatMap(({ episodes }) => episodes),
    missing: batches.flatMap(({ missing }) => missing),
    ...(batches.some(({ incidents }) => incidents) ? { incidents: batches.flatMap(({ incidents }) => incidents ?? []) } : {}),
    ...(batches.some(({ alone }) => alone) ? { alone: batches.flatMap(({ alone }) => alone ?? []) } : {}),
  };
}

const isEmpty = ({ observations, verdicts, episodes, missing, incidents = [], alone = [] }: SinkBatch): boolean =>
  [observations, verdicts, episodes, missing, incidents, alone].every(({ length }) => length === 0);

/** Whether another process has taken over what this one writes. */
export const isFenced = (error: unknown): boolean => isNamed(error) && error.code === 'QS_FENCED';
