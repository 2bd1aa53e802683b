// The detecting half: receive, judge, deliver, save.

import { type Clock, type Log, messageOf, type SinkBatch, type SourceBatch } from '../api/index.js';
import { type ChannelReader, type Delivered, roomOf, type Standing } from '../ports/channel.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import type { Change, Lessons } from '../ports/labels.js';
import type { Requests } from '../ports/requests.js';
import { PatientStore } from '../state/patient.js';
import { LatencyHistogram } from '../vitals/latency.js';
import type { Stages } from '../vitals/stages.js';
import type { Ending, Vitals } from '../vitals/vitals.js';
import { CLOSE_FINISHED, CLOSE_STOPPED, endWithin } from './closing.js';
import { type Delivery, isFenced, joined } from './delivery.js';
import { Lane, type LaneParts } from './lane.js';
import { whenThere } from './opening.js';
import { Unsaved } from './unsaved.js';

export interface RunnerParts extends LaneParts {
  readonly reader: ChannelReader;
  readonly delivery: Delivery;
  /** Where the state of a partition survives. */
  readonly storeOf: (partition: number) => CheckpointStore;
  readonly stages: Stages;
  /** What people ask for while it runs. */
  readonly requests: Requests;
  /** What people say of its episodes. */
  readonly lessons: Lessons;
  readonly clock: Clock;
  readonly log: Log;
  readonly checkpointEveryMs: number;
  /** How long a shutdown waits for the sinks, ms. */
  readonly graceMs: number;
}

/** Observations that are judged before the sinks are waited for, at most, unless a single batch has more. */
const AT_ONCE = 1_024;
const NOTHING_NEW = 'the source has nothing new: it was read to its end before; --reset-state reads it again';

/**
 * Runs the detecting half of a pipeline: receives batches, judges them, waits for the sinks, checkpoints. The order is what delivery
 * rests on: the sinks have accepted everything before a checkpoint names its cursor, and the channel is told after that.
 */
export class Runner implements Vitals {
  readonly latency = new LatencyHistogram();
  readonly lanes = new Map<number, Lane>();
  checkpoints = 0;
  lastCheckpoint: { at: number; ms: number; bytes: number } | undefined;
  opened = false;
  private readonly parts: RunnerParts;
  /** What was told to the channel last, by partition. */
  private readonly told = new Map<number, string | null>();
  /** Lanes are opened, judged, saved and let go of one after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly unsaved: Unsaved;
  /** Ends the run whatever it waits for. */
  private readonly kill = new AbortController();
  private readonly stuck = new Map<number, string>();
  /** Whether what people said could not be read the last time. */
  private deaf = false;

  constructor(parts: RunnerParts) {
    this.parts = parts;
    this.unsaved = new Unsaved(parts.clock, parts.log);
  }

  /** @param stop ends the run in good order, with a checkpoint */
  async run(stop: AbortSignal): Promise<Ending> {
    const { reader, delivery, clock, graceMs } = this.parts;
    const { kill } = this;
    const onStop = () =>
      void clock.sleep(graceMs, kill.signal).then(
        () => kill.abort(new Error('no time left')),
        () => {},
      );
    stop.addEventListener('abort', onStop, { once: true });
    // Until something was judged, there is nothing to lose: stop at once.
    const opening = AbortSignal.any([stop, kill.signal]);
    try {
      for (const partition of reader.own)
        await whenThere(
          () => this.lane(partition),
          this.parts,
          opening,
          (trouble) => this.note(partition, trouble),
        );
      // A live source is heard while databases open, however long they take: what it says is buffered.
      const start = reader.start({ resume: (p) => this.resume(p), release: (p) => this.release(p) }, opening);
      await Promise.all([delivery.open(opening), start]);
      this.opened = true;
      await this.inTurn(() => this.listen());
      await this.consume(stop, kill.signal);
      if (!stop.aborted) {
        for (const [partition, lane] of this.lanes)
          await this.held(partition, async () => delivery.write(await lane.flush(), kill.signal));
        await this.unsaved.insist(() => this.checkpoint(true), graceMs, stop);
        if (this.resumed && this.tally.counts.observations === 0) this.parts.log.warn({}, NOTHING_NEW);
        return 'finished';
      }
      await this.unsaved.insist(() => this.checkpoint(true), graceMs, kill.signal);
      return 'stopped';
    } catch (error) {
      if (stop.aborted && (kill.signal.aborted || error === stop.reason)) return 'stopped-waiting';
      throw error;
    } finally {
      stop.removeEventListener('abort', onStop);
      this.opened = false;
      kill.abort(new Error('the pipeline has ended'));
      const within = stop.aborted ? CLOSE_STOPPED : CLOSE_FINISHED;
      await endWithin(within, 'the source', this.parts, () => reader.close());
      await delivery.close(within);
      for (const lane of this.lanes.values()) await lane.close();
    }
  }

  private async consume(stop: AbortSignal, kill: AbortSignal): Promise<void> {
    const { clock, reader, checkpointEveryMs } = this.parts;
    let last = clock.now();
    const wake = () => reader.stop();
    stop.addEventListener('abort', wake, { once: true });
    try {
      while (!stop.aborted) {
        const delivered = await reader.receive();
        if (!delivered || stop.aborted) return;
        await this.inTurn(() => this.handle(delivered, kill));
        if (clock.now() - last < checkpointEveryMs) continue;
        await this.inTurn(() => this.listen());
        await this.inTurn(() => this.unsaved.attempt(() => this.checkpoint(false)));
        last = clock.now();
      }
    } finally {
      stop.removeEventListener('abort', wake);
    }
  }

  /** Does what people have asked for, between two batches, and makes it last before it forgets that it was asked. */
  private async listen(): Promise<void> {
    const { requests, delivery, log } = this.parts;
    await delivery.refreshMutes();
    const pending = requests.pending();
    await this.hear();
    if (pending.length === 0) return;
    for (const { request } of pending)
      for (const [partition, lane] of this.lanes)
        await this.held(partition, () => lane.request(request, (answer) => log.info({ part: request.model }, answer)));
    if (await this.unsaved.attempt(() => this.checkpoint(true))) for (const { id } of pending) requests.done(id);
  }

  /** Tells keys what people have said of their episodes, and makes it last before it is known to be heard. */
  private async hear(): Promise<void> {
    const { lessons, log } = this.parts;
    const heard: { change: Change; since: number; to: number | undefined }[] = [];
    for (const change of (await this.ofPeople(() => lessons.changes())) ?? []) {
      if (change.since !== undefined) continue;
      for (const [partition, lane] of this.lanes)
        await this.held(partition, async () => {
          const understood = await lane.teach(change);
          if (!understood) return;
          heard.push({ change, since: understood.since, to: understood.to });
          if (understood.remark !== undefined) log.warn({ key: change.key }, `${change.episode}: ${understood.remark}`);
        });
    }
    if (heard.length === 0 || !(await this.unsaved.attempt(() => this.checkpoint(true)))) return;
    for (const { change, since, to } of heard) await this.ofPeople(() => lessons.heard(change, since, to));
  }

  /** Asks for what people said; where that cannot be reached, judging goes on without. */
  private async ofPeople<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await ask();
      this.deaf = false;
      return answer;
    } catch (error) {
      if (!this.deaf) this.parts.log.warn({}, `what people say of episodes is not heard for now: ${messageOf(error)}`);
      this.deaf = true;
      return undefined;
    }
  }

  private async handle({ partition, batch }: Delivered, kill: AbortSignal): Promise<void> {
    // A partition that was taken away meanwhile is somebody else's to judge.
    const lane = this.lanes.get(partition);
    if (!lane) return;
    const more = this.parts.reader.more?.(partition, AT_ONCE - roomOf(batch)) ?? [];
    await this.held(partition, () => this.judge(lane, [batch, ...more], kill));
  }

  /** Judges batches one after the other, and hands what comes of them to the sinks at once: who is behind catches up by that. */
  private async judge(lane: Lane, batches: readonly SourceBatch[], kill: AbortSignal): Promise<void> {
    const { clock, delivery, stages } = this.parts;
    const out: SinkBatch[] = [];
    for (const batch of batches) out.push(await lane.judge(batch));
    const judged = clock.now();
    await delivery.write(joined(out), kill);
    lane.accepted(batches.at(-1)!);
    const accepted = clock.now();
    for (const { observations, watermark } of batches) {
      const [oldest] = observations;
      if (oldest === undefined) continue;
      this.latency.add(accepted - oldest.received, observations.length);
      stages.judged(oldest, judged, accepted, watermark !== undefined);
    }
    // While the store takes nothing more waits in memory than usual, but not ever more.
    await (lane.full ? this.unsaved.needed(() => lane.spill(), kill) : this.unsaved.tolerate(() => lane.spill()));
  }

  private async lane(partition: number): Promise<Lane> {
    const known = this.lanes.get(partition);
    if (known) return known;
    const store = new PatientStore(this.parts.storeOf(partition), (action) => this.unsaved.needed(action, this.kill.signal));
    const lane = new Lane(this.parts, partition, store);
    await lane.open();
    this.stuck.delete(partition);
    this.lanes.set(partition, lane);
    this.told.set(partition, lane.cursor);
    return lane;
  }

  private resume(partition: number): Promise<Standing> {
    return this.inTurn(() => this.lane(partition));
  }

  private release(partition: number): Promise<void> {
    return this.inTurn(async () => {
      const lane = this.lanes.get(partition);
      this.stuck.delete(partition);
      if (!lane) return;
      this.lanes.delete(partition);
      try {
        await this.unsaved.tolerate(async () => void (await lane.checkpoint()));
      } catch (error) {
        // Whoever has it now has its state as well.
        if (!isFenced(error)) throw error;
      }
      await lane.close();
    });
  }

  /**
   * Does something with a partition. Where another process has taken it over meanwhile, it is given up, and the others go on.
   * @throws QS_FENCED without a channel: then nothing is left to do
   */
  private async held(partition: number, action: () => Promise<void>): Promise<void> {
    const { reader, log } = this.parts;
    try {
      await action();
    } catch (error) {
      if (!isFenced(error) || !reader.forget) throw error;
      const lane = this.lanes.get(partition);
      this.lanes.delete(partition);
      this.told.delete(partition);
      const trouble = `partition ${partition} is not judged here any more: ${messageOf(error)}`;
      this.note(partition, trouble);
      log.warn({ partition }, trouble);
      reader.forget(partition);
      await lane?.close();
    }
  }

  /** What keeps a partition from being judged here. */
  private note(partition: number, trouble: string | undefined): void {
    if (trouble === undefined) this.stuck.delete(partition);
    else this.stuck.set(partition, trouble);
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.turn.then(action);
    this.turn = done.catch(() => {});
    return done;
  }

  /** @param all also lanes in which nothing has happened */
  private async checkpoint(all: boolean): Promise<void> {
    const { clock, reader } = this.parts;
    const started = clock.now();
    let bytes = 0;
    for (const [partition, lane] of this.lanes)
      if (all || lane.dirty)
        await this.held(partition, async () => {
          bytes += await lane.checkpoint();
        });
    if (bytes === 0) return;
    this.checkpoints++;
    this.lastCheckpoint = { at: clock.now(), ms: clock.now() - started, bytes };
    for (const [partition, { cursor }] of this.lanes) {
      if (cursor === null || cursor === this.told.get(partition)) continue;
      this.told.set(partition, cursor);
      await reader.commit(partition, cursor);
    }
  }

  get tally() {
    return this.parts.tally;
  }
  get eventTime(): number {
    const times = [...this.lanes.values()].map(({ judgement }) => judgement.now);
    return times.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...times);
  }
  get resumed(): boolean {
    return [...this.lanes.values()].some((lane) => lane.resumed);
  }
  get keys(): number {
    return this.sum((lane) => lane.judgement.keys);
  }
  get keysInMemory(): number {
    return this.sum((lane) => lane.judgement.keysInMemory);
  }
  get waiting(): number {
    return this.parts.reader.waiting;
  }
  get behind(): number | undefined {
    return this.parts.reader.behind;
  }
  get troubles(): string[] {
    const { delivery, reader } = this.parts;
    const sinks = [...delivery.troubles].map(([sink, trouble]) => `sink ${sink} does not accept: ${trouble}`);
    return [...sinks, ...this.stuck.values(), reader.trouble, this.unsaved.trouble].filter((trouble) => trouble !== undefined);
  }

  private sum(of: (lane: Lane) => number): number {
    let total = 0;
    for (const lane of this.lanes.values()) total += of(lane);
    return total;
  }
}
