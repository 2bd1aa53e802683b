// Where the keys of a lane are judged: here, or in threads.

import type { Outlook, SinkBatch, SourceBatch } from '../api/index.js';
import type { Likes } from '../judge/alarms/likes.js';
import type { EntityFactory } from '../judge/entity.js';
import type { Example } from '../judge/lessons/example.js';
import { examplesOf, initialLessons, type Taught, teach, type Understood } from '../judge/lessons/lessons.js';
import { outlookOf } from '../judge/outlook.js';
import type { Rhythm } from '../judge/rhythm/rhythm.js';
import type { CoreSettings } from '../judge/settings.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import type { ModelRequest } from '../ports/requests.js';
import { Entities } from '../state/entities.js';
import { initialEventTime, type Saved } from '../state/saved.js';
import type { Tally } from '../vitals/tally.js';
import { Core, type Refusals } from './core.js';
import { Front } from './front/front.js';

/** What a checkpoint holds of the judging beside the states of the keys. */
export type SavedJudgement = Pick<Saved, 'time' | 'shapes' | 'senders' | 'likes'>;

/** What keys borrow from, as a checkpoint holds it. */
export const savedOf = (likes: Likes | undefined): Pick<Saved, 'likes'> => (likes ? { likes: likes.saved } : {});

/** What can be looked at of a key. */
export interface KeyState {
  readonly key: string;
  readonly features: unknown;
  /** What explains the columns that have a profile, by their place in the row. */
  readonly rhythm: ReturnType<Rhythm['choices']>;
  /** By episode that somebody has spoken of, what its rows were like. */
  readonly examples: ReadonlyMap<string, Example>;
}

/** All keys of a lane at work, wherever they are. One thing is asked of it at a time. */
export interface Judgement {
  /** How far event time has come, ms since the epoch. */
  readonly now: number;
  readonly keys: number;
  readonly keysInMemory: number;
  /** Once, before anything else. @param saved what a checkpoint holds, where there is one; its states are in the store */
  begin(saved: SavedJudgement | undefined): Promise<void>;
  judge(batch: SourceBatch): Promise<SinkBatch>;
  /** The end of a recording: what is still open is closed. */
  flush(): Promise<SinkBatch>;
  /** Lets idle keys go from memory, as far as the store takes them. */
  spill(): Promise<void>;
  /** Puts the states that have changed into the store. */
  save(): Promise<SavedJudgement>;
  /** What was saved is committed now. */
  committed(): void;
  /** Puts a model of one key, or of all, into or out of office. @param answer told what came of it, key by key */
  request(request: ModelRequest, answer: (text: string) => void): Promise<void>;
  /** Tells a key what somebody said of an episode. @returns what came of it; nothing where the key is not known here */
  teach(said: Omit<Taught, 'since'>): Promise<Understood | undefined>;
  /** The state of the features, and what of days and weeks was found out, key by key. */
  states(): AsyncIterable<KeyState>;
  /** What a key has learned, at some moments; nothing where it is not in memory here. May be asked at any time. */
  outlook(key: string, times: readonly number[]): Promise<Outlook | undefined>;
  /** Nothing is asked any more. */
  leave(): void;
}

export interface JudgementParts {
  readonly settings: CoreSettings;
  readonly factory: EntityFactory;
  /** Where it is counted what is not judged. */
  readonly refusals: Refusals;
  readonly tally: Tally;
}

/** All keys in this thread. */
export class JudgedHere implements Judgement {
  private readonly parts: JudgementParts;
  private readonly store: CheckpointStore;
  private readonly entities: Entities;
  private front: Front<Core>;

  constructor(parts: JudgementParts, store: CheckpointStore) {
    this.parts = parts;
    this.store = store;
    this.entities = new Entities(parts.factory, store, parts.settings);
    this.front = this.frontAt(initialEventTime());
  }

  private frontAt(time: Saved['time']): Front<Core> {
    const { settings, refusals, tally } = this.parts;
    return new Front(
      settings,
      time,
      refusals.refuse,
      tally.counts,
      (clock) => new Core(settings, this.entities, clock, refusals, tally),
    );
  }

  async begin(saved: SavedJudgement | undefined): Promise<void> {
    if (!saved) return;
    this.entities.restore(saved);
    this.front = this.frontAt(saved.time);
    this.front.behind.likes?.tell(saved.likes);
  }

  async judge(batch: SourceBatch): Promise<SinkBatch> {
    const { front } = this;
    const { keys, until } = touched(batch, front.time, this.parts.settings.groups, () => this.entities.keys());
    await this.entities.prepare(keys, until);
    front.process(batch);
    return front.behind.drain();
  }

  async flush(): Promise<SinkBatch> {
    const { front } = this;
    const { keys } = touched(NOTHING, front.time, this.parts.settings.groups, () => []);
    if (keys.size > 0) await this.entities.prepare(keys, Number.POSITIVE_INFINITY);
    front.time.end();
    await front.behind.finish();
    return front.behind.drain();
  }

  async spill(): Promise<void> {
    this.entities.spill();
    await this.store.makeRoom();
  }

  async save(): Promise<SavedJudgement> {
    await this.entities.saveDirty();
    const { shapes, senders } = this.entities;
    return { time: this.front.time.state, shapes, senders, ...savedOf(this.front.behind.likes) };
  }

  committed(): void {}

  async request(request: ModelRequest, answer: (text: string) => void): Promise<void> {
    await requestOf(this.entities, request, answer);
  }

  teach(said: Omit<Taught, 'since'>): Promise<Understood | undefined> {
    return teachOne(this.entities, { ...said, since: this.now });
  }

  async *states(): AsyncGenerator<KeyState> {
    for await (const { key, state, rhythm } of this.entities.all())
      yield { key, features: state.features.state, rhythm: rhythm?.choices() ?? [], examples: examplesOf(state.lessons) };
  }

  async outlook(key: string, times: readonly number[]): Promise<Outlook | undefined> {
    return outlookOne(this.parts.settings, this.entities, key, times);
  }

  leave(): void {}

  get now(): number {
    return this.front.time.now;
  }
  get keys(): number {
    return this.entities.size;
  }
  get keysInMemory(): number {
    return this.entities.inMemory;
  }
}

const NOTHING: SourceBatch = { observations: [], cursor: null };

/** The keys that a batch touches, and how far it can move event time. @param all every key that is known */
export function touched(
  { observations, missing, watermark }: Pick<SourceBatch, 'observations' | 'missing' | 'watermark'>,
  time: Front['time'],
  groups: ReadonlyMap<string, string>,
  all: () => Iterable<string>,
): { keys: Set<string>; until: number } {
  const keys = new Set<string>();
  let until = Math.max(watermark ?? Number.NEGATIVE_INFINITY, time.watermark);
  for (const { observation } of time.state.waiting) {
    keys.add(groups.get(observation.key) ?? observation.key);
    if (observation.time > until) until = observation.time;
  }
  let last = '';
  for (const { key, time } of observations) {
    if (time > until && time !== Number.POSITIVE_INFINITY) until = time;
    if (key === last) continue;
    keys.add(groups.get(key) ?? key);
    last = key;
  }
  for (const { key } of missing ?? []) {
    if (key === '*') for (const known of all()) keys.add(known);
    else keys.add(groups.get(key) ?? key);
  }
  return { keys, until };
}

/** Tells a key of a thread what somebody said. */
export async function teachOne(entities: Entities, taught: Taught): Promise<Understood | undefined> {
  if (!entities.knows(taught.key)) return undefined;
  await entities.prepare([taught.key], Number.NEGATIVE_INFINITY);
  const { state } = entities.get(taught.key);
  state.lessons ??= initialLessons();
  return teach(state.lessons, taught);
}

/** What a key of a thread has learned. */
export function outlookOne(
  settings: CoreSettings,
  entities: Entities,
  key: string,
  times: readonly number[],
): Outlook | undefined {
  const state = entities.peek(key)?.state;
  return state && outlookOf(settings, state, times);
}

/** Does for the keys of a thread what people have asked for. */
export async function requestOf(
  entities: Entities,
  { action, model, key }: ModelRequest,
  answer: (text: string) => void,
): Promise<void> {
  for await (const entity of entities.all()) {
    if (key !== undefined && key !== entity.key) continue;
    const life = entity.judges.find(({ settings }) => settings.name === model)?.life;
    const { latest } = entity.state;
    const wrong = !life ? 'it has no life of its own' : action === 'promote' ? life.promote(latest) : life.rollBack(latest);
    if (wrong !== undefined) answer(`${model} of ${entity.key}: cannot ${action}: ${wrong}`);
  }
}
