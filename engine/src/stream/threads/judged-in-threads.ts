// All keys of a lane, each in one of several threads.

import type { Outlook, SinkBatch, SourceBatch } from '../../api/index.js';
import { type Likes, likesFor } from '../../judge/alarms/likes.js';
import type { Taught, Understood } from '../../judge/lessons/lessons.js';
import type { CheckpointStore } from '../../ports/checkpoints.js';
import type { ModelRequest } from '../../ports/requests.js';
import type { Line } from '../../ports/threads.js';
import { initialEventTime, type Saved } from '../../state/saved.js';
import type { Counts } from '../../vitals/tally.js';
import { joined } from '../delivery.js';
import { Front } from '../front/front.js';
import { type Judgement, type JudgementParts, type SavedJudgement, savedOf, touched } from '../judgement.js';
import { Handover } from './handover.js';
import type { Counted, Ids, Judged, Parcel, Plea, Question, SavedThread, Work } from './messages.js';
import { inOrder } from './order.js';
import { type Dealt, Split } from './split.js';
import { VerdictPacking } from './verdicts.js';

/** A thread, as far as it must be known here. */
interface Far {
  readonly line: Line;
  keys: number;
  keysInMemory: number;
  /** When the next of its keys wants to be woken. */
  next: number;
  /** Immutable parts that it believes to be in the store, and those of them that are not any more. */
  readonly parts: Set<string>;
  gone: string[];
  /** The hour up to which it knows what keys borrow from. */
  hour: number;
}

/** Observations that are dealt out at once: the threads judge some while the next are decided in front, and what came of others is put together. */
const PIECE = 1_024;

/** Where pleas of threads are answered, by the number of the lane. */
export type Stores = Map<number, (plea: Plea, line: Line) => unknown>;

/**
 * What depends on all keys is decided here, in the order of the stream; the keys themselves are judged in threads, and what comes of a batch
 * is put in the order that one thread would have given. The threads share nothing but what stands in their messages.
 */
export class JudgedInThreads implements Judgement {
  private readonly parts: JudgementParts;
  private readonly store: CheckpointStore;
  private readonly lane: number;
  private readonly threads: readonly Far[];
  private readonly packing: VerdictPacking;
  private front: Front<Split>;
  private readonly handover: Handover;
  /** What keys of all threads have lent. */
  private readonly likes: Likes | undefined;
  private readonly stores: Stores;
  private shapes: (readonly string[] | null)[] = [];

  private readonly piece: number;

  /** @param stores is told who answers for this lane @param piece observations that are dealt out at once */
  constructor(
    parts: JudgementParts,
    lines: readonly Line[],
    store: CheckpointStore,
    lane: number,
    stores: Stores,
    piece: number = PIECE,
  ) {
    this.piece = piece;
    this.parts = parts;
    this.store = store;
    this.lane = lane;
    this.packing = new VerdictPacking(parts.settings.schema);
    this.threads = lines.map((line) => ({
      line,
      keys: 0,
      keysInMemory: 0,
      next: Number.POSITIVE_INFINITY,
      parts: new Set(),
      gone: [],
      hour: Number.NaN,
    }));
    this.likes = likesFor(parts.settings.alarms.rule);
    this.front = this.frontAt(initialEventTime());
    this.handover = new Handover(store);
    this.stores = stores;
    stores.set(lane, this.hear);
  }

  private frontAt(time: Saved['time']): Front<Split> {
    const { settings, refusals, tally } = this.parts;
    const { refuse } = refusals;
    return new Front(
      settings,
      time,
      refuse,
      tally.counts,
      (clock) => new Split(settings, this.threads.length, clock, refuse, tally),
    );
  }

  async begin(saved: SavedJudgement | undefined): Promise<void> {
    const of: (readonly [string, number])[][] = this.threads.map(() => []);
    const { behind } = this.front;
    if (saved) {
      this.shapes = [...saved.shapes];
      for (const { key, wake } of this.store.entries()) of[behind.threadOf(key)]!.push([key, wake]);
      this.front = this.frontAt(saved.time);
      this.front.behind.restore(
        of.flatMap((keys) => keys.map(([key]) => key)),
        saved.senders,
      );
      this.likes?.tell(saved.likes);
    }
    await this.all((thread, i) => {
      const keys = of[i]!;
      thread.keys = keys.length;
      for (const [, wake] of keys) thread.next = Math.min(thread.next, wake);
      return this.ask(thread, { ask: 'begin', lane: this.lane, keys, shapes: this.shapes });
    });
  }

  async judge(batch: SourceBatch): Promise<SinkBatch> {
    const { front } = this;
    const { keys } = touched(batch, front.time, this.parts.settings.groups, () => []);
    await this.introduce(keys);
    const { observations } = batch;
    const pieces: Promise<SinkBatch>[] = [];
    try {
      front.begin(batch);
      let offered = 0;
      for (; offered + this.piece < observations.length; offered += this.piece) {
        front.offer(observations.slice(offered, offered + this.piece));
        for (const dealt of front.behind.deal()) await this.deal(dealt, pieces, false);
        // Those that are done are put together before more is dealt out.
        await new Promise(setImmediate);
      }
      front.offer(observations.slice(offered));
      front.settle(batch);
      for (const dealt of front.behind.deal()) await this.deal(dealt, pieces, pieces.length === 0);
    } finally {
      await Promise.allSettled(pieces);
    }
    return joined(await Promise.all(pieces));
  }

  /** Has a piece judged; the first of an hour once all before it are, as its keys borrow what those of the others have lent. */
  private async deal(dealt: Dealt, pieces: Promise<SinkBatch>[], alone: boolean): Promise<void> {
    const { likes } = this;
    if (likes && dealt.hour > likes.hour) {
      await Promise.all(pieces);
      likes.turn(dealt.hour);
    }
    const piece = this.judgeDealt(dealt, alone);
    // What fails is told once all have come to their end.
    piece.catch(() => {});
    pieces.push(piece);
  }

  /** Has judged what was decided since this was last called. @param alone whether the threads have nothing to do that was asked before */
  private async judgeDealt(dealt: Dealt, alone: boolean): Promise<SinkBatch> {
    const { watermark } = this.front.time;
    const until = Math.max(watermark, dealt.told ?? watermark);
    const judged = await this.all(async (thread, i) => {
      if (alone && dealt.works[i]!.empty && thread.next > until) return undefined;
      const work = this.workOf(dealt, thread, i, until);
      const { gone } = thread;
      thread.gone = [];
      return this.judgedBy(thread, { ask: 'judge', lane: this.lane, work, gone });
    });
    return this.together(dealt, judged);
  }

  /** What a thread is to do, with what it does not know yet of what keys borrow. */
  private workOf(dealt: Dealt, thread: Far, nth: number, until: number): Work {
    const { likes } = this;
    const work = workOf(dealt, nth, until);
    if (!likes || thread.hour === likes.hour) return work;
    thread.hour = likes.hour;
    return { ...work, likes: { ...likes.saved, lent: { scores: {}, keys: 0 } } };
  }

  async flush(): Promise<SinkBatch> {
    const { front } = this;
    const { keys } = touched({ observations: [] }, front.time, this.parts.settings.groups, () => []);
    await this.introduce(keys);
    front.time.end();
    const pieces: Promise<SinkBatch>[] = [];
    const all = front.behind.deal();
    for (const before of all.slice(0, -1)) await this.deal(before, pieces, false);
    const before = await Promise.all(pieces);
    const dealt = all.at(-1)!;
    this.likes?.turn(dealt.hour);
    const { watermark } = front.time;
    const judged = await this.all(async (thread, i) => {
      const work = this.workOf(dealt, thread, i, keys.size > 0 ? Number.POSITIVE_INFINITY : watermark);
      return this.judgedBy(thread, { ask: 'finish', lane: this.lane, work, watermark });
    });
    return joined([...before, this.together(dealt, judged)]);
  }

  /** The threads have handed over what they let go of with what they judged. */
  spill(): Promise<void> {
    return this.handover.passOn();
  }

  async save(): Promise<SavedJudgement> {
    await this.all(async (thread) => {
      const { parcel, shapes } = (await this.ask(thread, { ask: 'save', lane: this.lane })) as SavedThread;
      this.take(parcel, thread);
      while (this.shapes.length < shapes.length) this.shapes.push(null);
      shapes.forEach((names, number) => {
        if (names) this.shapes[number] = names;
      });
    });
    await this.handover.passOn();
    const { time, behind } = this.front;
    return { time: time.state, shapes: this.shapes, senders: behind.senders, ...savedOf(this.likes) };
  }

  async request(request: ModelRequest, answer: (text: string) => void): Promise<void> {
    const answers = await this.all(
      async (thread) => (await this.ask(thread, { ask: 'request', lane: this.lane, request })) as string[],
    );
    for (const text of answers.flat().sort()) answer(text);
  }

  async teach(said: Omit<Taught, 'since'>): Promise<Understood | undefined> {
    const thread = this.threads[this.front.behind.threadOf(said.key)]!;
    const taught = { ...said, since: this.now };
    return (await this.ask(thread, { ask: 'teach', lane: this.lane, taught })) as Understood | undefined;
  }

  /** They end with the run, and with them what they know. */
  states(): never {
    throw new Error('states can be looked at where one thread judges: workers: 1');
  }

  async outlook(key: string, times: readonly number[]): Promise<Outlook | undefined> {
    const thread = this.threads[this.front.behind.threadOf(key)]!;
    return (await this.ask(thread, { ask: 'outlook', lane: this.lane, key, times })) as Outlook | undefined;
  }

  leave(): void {
    if (this.stores.get(this.lane) === this.hear) this.stores.delete(this.lane);
    for (const { line } of this.threads) line.tell({ ask: 'leave', lane: this.lane } satisfies Question);
  }

  get now(): number {
    return this.front.time.now;
  }
  get keys(): number {
    return this.threads.reduce((sum, { keys }) => sum + keys, 0);
  }
  get keysInMemory(): number {
    return this.threads.reduce((sum, { keysInMemory }) => sum + keysInMemory, 0);
  }

  /** Asks all at once, and waits for all of them also where one fails: what the others have handed over counts. */
  private async all<T>(action: (thread: Far, nth: number) => Promise<T>): Promise<T[]> {
    const settled = await Promise.allSettled(this.threads.map(action));
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
  }

  private ask({ line }: Far, question: Question, hand: readonly ArrayBuffer[] = []): Promise<unknown> {
    return line.ask(question, hand);
  }

  /** Has a thread judge. What it has let go of is here at once: it may ask for it with what it judges next. */
  private async judgedBy(thread: Far, question: Extract<Question, { readonly work: Work }>): Promise<Judged> {
    const judged = (await this.ask(thread, question, handed(question.work))) as Judged;
    const { keys, keysInMemory, next, parcel, lent } = judged;
    if (lent) this.likes?.add(lent);
    Object.assign(thread, { keys, keysInMemory, next });
    this.take(parcel, thread);
    return judged;
  }

  /** Before a batch: asks for the ids of keys that it touches and that are not known here. */
  private async introduce(keys: Iterable<string>): Promise<void> {
    const { behind } = this.front;
    behind.turn();
    const strangers = behind.strangers(keys);
    await this.all(async (thread, i) => {
      const names = strangers[i]!;
      if (names.length === 0) return;
      const ids = (await this.ask(thread, { ask: 'ids', lane: this.lane, keys: names })) as Ids[];
      for (const [n, name] of names.entries()) behind.learn(name, ids[n]!);
    });
  }

  private together({ observations, missing }: Dealt, answers: readonly (Judged | undefined)[]): SinkBatch {
    const judged = answers.filter((answer) => answer !== undefined);
    for (const { counted } of judged) this.count(counted);
    return {
      observations,
      verdicts: inOrder(
        judged.map(({ verdicts, places }) => ({ items: this.packing.unpack(verdicts), places: places.verdicts })),
      ),
      episodes: inOrder(judged.map(({ episodes, places }) => ({ items: episodes, places: places.episodes }))),
      missing: [...missing, ...inOrder(judged.map((one) => ({ items: one.missing, places: one.places.missing })))],
    };
  }

  private count({ counts, unscored, notFinite, unheard, silent, refused }: Counted): void {
    const { tally, refusals } = this.parts;
    for (const name in counts) tally.counts[name as keyof Counts] += counts[name as keyof Counts];
    for (const [reason, rows] of unscored) tally.unscoredBecause(reason, rows);
    for (const [column, values] of notFinite) tally.notFinite.set(column, (tally.notFinite.get(column) ?? 0) + values);
    if (tally.unheard.size > 0) {
      const still = new Map(unheard);
      for (const model of tally.unheard.keys()) {
        const reason = still.get(model);
        if (reason === undefined) tally.unheard.delete(model);
        else tally.unheard.set(model, reason);
      }
    }
    if (tally.silent.size > 0) {
      const still = new Set(silent);
      for (const column of tally.silent) if (!still.has(column)) tally.silent.delete(column);
    }
    for (const { how, reason, detail, count } of refused) {
      if (how === 'refuse') refusals.refuse(reason, detail, count);
      else if (how === 'behind') refusals.behind(() => detail, count);
      else refusals.passedOver(how, () => detail, count);
    }
  }

  private take(parcel: Parcel, thread: Far): void {
    for (const [hash] of parcel.parts) thread.parts.add(hash);
    this.handover.take(parcel);
  }

  /** Answers a thread that needs something of the store. */
  private readonly hear = (plea: Plea, line: Line): Promise<unknown> => {
    const thread = this.threads.find((one) => one.line === line)!;
    switch (plea.plea) {
      case 'states':
        return this.handover.get(plea.keys);
      case 'parts':
        for (const hash of plea.hashes) thread.parts.add(hash);
        return this.handover.getParts(plea.hashes);
      case 'room':
        this.take(plea.parcel, thread);
        return this.handover.passOn();
    }
  };

  /** A checkpoint was committed: the store has let go of what no state refers to. */
  committed(): void {
    for (const { parts, gone } of this.threads)
      for (const hash of parts) {
        if (this.store.hasBlob(hash)) continue;
        parts.delete(hash);
        gone.push(hash);
      }
  }
}

const handed = ({ observations, steps }: Work): ArrayBuffer[] => [
  observations.numbers.buffer as ArrayBuffer,
  steps.buffer as ArrayBuffer,
];

function workOf({ works, watermarks, leaps, crowds, crowd, told }: Dealt, thread: number, until: number): Work {
  const { observations, steps, rest } = works[thread]!;
  return {
    observations,
    steps,
    rest,
    watermarks: Float64Array.from(watermarks),
    leaps: Float64Array.from(leaps),
    crowds: Float64Array.from(crowds),
    crowd,
    until,
    told,
  };
}
