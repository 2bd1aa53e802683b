// Gives dead letters again to what refused them, in order; each is marked as replayed once it was accepted.

import type { RecordsAgain } from '../../adapters/kafka/writing/again.js';
import { type DeadLetter, messageOf, QuantStreamError, type Sink, type SinkBatch } from '../../api/index.js';
import type { DeadLetters } from '../../ports/dead-letters.js';
import { decoded, encoded } from '../../ports/letters/encoded.js';
import { bufferOf, LETTER_LAYOUT, type Letter, letterFrom, type RawRecord } from '../../ports/letters/letter.js';
import type { Plan } from '../../spec/planned.js';
import { recordsAgain } from '../channel.js';
import { containerOf, type Outside, outsideHostOf, rejected } from '../container.js';
import { lockSinks } from '../offline.js';
import { idlePeople } from '../people/idle.js';
import { senderOf } from './dead-letters.js';
import { type Filter, type Kept, lettersOf, placeOf } from './kept.js';

export interface ReplayOptions extends Filter {
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Whether records that others wrote into the topic are given to it as our own. */
  readonly foreign: boolean;
}

/** What became of one letter. */
export interface Replayed {
  readonly id: string;
  readonly code: string;
  readonly place: string;
  readonly outcome: 'replayed' | 'refused' | 'left';
  /** Why it was refused again, or left alone. */
  readonly why?: string;
}

const BATCH_OF: Readonly<Record<string, keyof Omit<SinkBatch, 'holder'>>> = {
  observation: 'observations',
  verdict: 'verdicts',
  anomaly: 'verdicts',
  episode: 'episodes',
  incident: 'incidents',
  missing: 'missing',
};
/** A sink that is away is tried so often, with pauses of so many ms. */
const TRIES = 5;
const PAUSE = 1_000;

/** Why a letter cannot be replayed, or is not without being told to; `undefined`: it can be. */
export function leftAlone({ letter, state }: Kept, plan: Plan, foreign: boolean): string | undefined {
  const { part, kind, code, record } = letter;
  if (state === 'replayed') return 'it was replayed before';
  if (kind !== 'record') {
    if (!plan.sinks.some(({ name }) => name === part)) return `the pipeline has no sink ${part} any more`;
    return BATCH_OF[kind] === undefined ? `nothing is known of records of the kind ${kind}` : undefined;
  }
  if (!plan.config.channel) return 'the pipeline has no channel any more';
  if (code === 'bad_record') return 'it is none that can be understood';
  if ((bufferOf((record as RawRecord).key)?.length ?? 0) === 0) return 'it is a control record: what it said of time is past';
  if (code === 'record_too_large' || foreign) return undefined;
  return 'it was written by others; --foreign takes it for our own';
}

/** @yields what became of each letter that is meant, as it is known */
export async function* replay(
  plan: Plan,
  outside: Outside,
  letters: DeadLetters,
  options: ReplayOptions,
  signal: AbortSignal,
): AsyncGenerator<Replayed> {
  const { kept } = await lettersOf(letters, options, true);
  const receivers = new Receivers(plan, outside, letters, signal);
  try {
    for (const one of kept) {
      signal.throwIfAborted();
      const { letter } = one;
      // Whoever names one is told; else what is done is done.
      if (one.state === 'replayed' && !options.ids?.length) continue;
      const about = { id: letter.id, code: letter.code, place: placeOf(letter) };
      const left = leftAlone(one, plan, options.foreign);
      if (left !== undefined) {
        yield { ...about, outcome: 'left', why: left };
        continue;
      }
      const why = options.dryRun ? undefined : await receivers.give(letter);
      const outcome = why === undefined ? 'replayed' : 'refused';
      if (!options.dryRun) {
        const at = new Date(outside.clock.now()).toISOString();
        await letters.put({ layout: LETTER_LAYOUT, mark: letter.id, at, outcome, ...(why === undefined ? {} : { reason: why }) });
      }
      yield { ...about, outcome, ...(why === undefined ? {} : { why }) };
    }
  } finally {
    await receivers.close();
  }
}

interface Open {
  readonly sink: Sink;
  /** The record that is being written, as JSON, and why it was refused. */
  writing: string | undefined;
  refusal: string | undefined;
}

/** The sinks and the topic, opened when the first letter is for them. */
class Receivers {
  private readonly plan: Plan;
  private readonly outside: Outside;
  private readonly letters: DeadLetters;
  private readonly signal: AbortSignal;
  private readonly sinks = new Map<string, Open>();
  private records: RecordsAgain | undefined;
  private unlock: (() => Promise<void>) | undefined;

  constructor(plan: Plan, outside: Outside, letters: DeadLetters, signal: AbortSignal) {
    this.plan = plan;
    this.outside = outside;
    this.letters = letters;
    this.signal = signal;
  }

  /** @returns why it was refused again; `undefined`: it was accepted */
  async give(letter: Letter): Promise<string | undefined> {
    if (letter.kind === 'record') return this.toTopic(letter.record as RawRecord);
    const record = decoded(letter.record, letter.layout === 1);
    const open = this.sinks.get(letter.part) ?? (await this.open(letter.part));
    open.refusal = undefined;
    open.writing = JSON.stringify(encoded(record));
    const batch: SinkBatch = { observations: [], verdicts: [], episodes: [], missing: [], [BATCH_OF[letter.kind]!]: [record] };
    await this.patiently(letter.part, () => open.sink.write(batch));
    open.writing = undefined;
    return open.refusal;
  }

  private async toTopic({ key, value }: RawRecord): Promise<string | undefined> {
    if (!this.records) {
      this.records = await recordsAgain(this.plan, this.outside);
      await this.records.open(this.signal);
    }
    return this.records.give(bufferOf(key)!, bufferOf(value));
  }

  private async open(name: string): Promise<Open> {
    const { plugin, config } = this.plan.sinks.find((one) => one.name === name)!;
    // What is no database may keep files that only one process may write.
    if (plugin.delivery !== 'idempotent') this.unlock ??= await lockSinks(this.plan);
    const host = outsideHostOf(containerOf(this.plan, this.outside), name);
    const deadLetter = async (letter: DeadLetter) => {
      const open = this.sinks.get(name);
      if (open?.writing === JSON.stringify(encoded(letter.record))) open.refusal = letter.reason;
      else await this.refusedSince(letterFrom(senderOf(this.plan, name), letter, this.outside.clock.now()));
    };
    try {
      const { schema, judgement } = this.plan;
      const people = await idlePeople(this.plan, this.outside);
      const sink = await plugin.create(config, { ...host, ...people, schema, judgement, deadLetter, muted: () => false });
      const open: Open = { sink, writing: undefined, refusal: undefined };
      this.sinks.set(name, open);
      await this.patiently(name, async () => sink.open?.());
      return open;
    } catch (error) {
      throw rejected(`sink ${name}`, error);
    }
  }

  /** One that was accepted before, and is refused now. */
  private async refusedSince(letter: Letter): Promise<void> {
    const { id: mark, at, reason } = letter;
    await this.letters.put(letter);
    await this.letters.put({ layout: LETTER_LAYOUT, mark, at, outcome: 'refused', reason });
  }

  private async patiently(name: string, action: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await action();
      } catch (error) {
        this.signal.throwIfAborted();
        if (tries === TRIES || (error as { retry?: unknown }).retry === false)
          throw new QuantStreamError('QS_SINK_FAILED', `the sink ${name} takes nothing: ${messageOf(error)}`, { cause: error });
        await this.outside.clock.sleep(PAUSE, this.signal);
      }
    }
  }

  async close(): Promise<void> {
    for (const { sink } of this.sinks.values()) await sink.close();
    await this.records?.close();
    await this.unlock?.();
  }
}
