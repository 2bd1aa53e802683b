// What judges in a thread: the keys of a lane that are this thread's.

import type { EntityFactory } from '../../judge/entity.js';
import type { CoreSettings } from '../../judge/settings.js';
import type { Line } from '../../ports/threads.js';
import { Entities } from '../../state/entities.js';
import type { ShapeList } from '../../state/shapes.js';
import { type Counts, Tally } from '../../vitals/tally.js';
import { Core, type Places, type Refusals } from '../core.js';
import type { Time } from '../front/front.js';
import { outlookOne, requestOf, teachOne } from '../judgement.js';
import { FarStore } from './far-store.js';
import type { Counted, Ids, Judged, Question, Refused, Rest, SavedThread, Work } from './messages.js';
import { typesOf, unpackObservations } from './observations.js';
import { VerdictPacking } from './verdicts.js';

/** Which of how many threads this is. */
export interface Share {
  readonly nth: number;
  readonly of: number;
}

export interface ThreadParts {
  readonly settings: CoreSettings;
  readonly factory: EntityFactory;
  readonly share: Share;
  readonly line: Line;
}

/** Time as it was decided in front. */
class ToldTime implements Time {
  now = Number.NEGATIVE_INFINITY;
  watermark = Number.NEGATIVE_INFINITY;
  leap = 0;
  crowd = 1;
  /** What was lent in an hour is put together in front. */
  readonly hour = Number.NEGATIVE_INFINITY;
  reach(): void {}
}

/** The keys of one lane that are this thread's. */
class LaneHere {
  private readonly parts: ThreadParts;
  private readonly store: FarStore;
  private readonly entities: Entities;
  private readonly core: Core;
  private readonly time = new ToldTime();
  private readonly places: Places = { step: 0, time: Number.POSITIVE_INFINITY, verdicts: [], episodes: [], missing: [] };
  private readonly tally: Tally;
  private readonly refused = new Map<string, Refused>();
  private readonly types: ReturnType<typeof typesOf>;
  private readonly packing: VerdictPacking;
  private saved: number;

  constructor(parts: ThreadParts, { lane, keys, shapes }: Extract<Question, { ask: 'begin' }>) {
    const { settings, factory, share, line } = parts;
    this.parts = parts;
    this.store = new FarStore(line, lane, keys);
    const { schema } = settings;
    const limits = {
      // The front has counted them.
      maxKeys: Number.POSITIVE_INFINITY,
      maxKeysPerSender: Number.POSITIVE_INFINITY,
      keysInMemory: Math.max(1, Math.floor(settings.keysInMemory / share.of)),
    };
    this.entities = new Entities(factory, this.store, limits, share);
    this.entities.restore({ shapes, senders: [] });
    this.saved = shapes.length;
    this.tally = new Tally(
      settings.models.map(({ name }) => name),
      schema.row.columns.map(({ name }) => name),
    );
    this.core = new Core(settings, this.entities, this.time, this.refusals(), this.tally, this.places);
    this.types = typesOf(schema.observations);
    this.packing = new VerdictPacking(schema);
  }

  async judge(work: Work, gone: readonly string[]): Promise<Judged> {
    this.store.gone(gone);
    await this.go(work);
    this.entities.spill();
    return this.judged();
  }

  async finish(work: Work, watermark: number): Promise<Judged> {
    await this.go(work);
    this.time.watermark = watermark;
    this.places.step = Number.POSITIVE_INFINITY;
    await this.core.finish();
    return this.judged();
  }

  /** Loads what is asked about: the batch will touch it. */
  async ids(keys: readonly string[]): Promise<Ids[]> {
    await this.entities.prepare(keys, Number.NEGATIVE_INFINITY);
    return keys.map((key) => this.entities.find(key)!.state.sequences);
  }

  async save(): Promise<SavedThread> {
    await this.entities.saveDirty();
    const { shapes } = this.entities;
    const fresh: ShapeList = shapes.map((names, number) => (number < this.saved ? null : names));
    this.saved = shapes.length;
    return { parcel: this.store.parcel(), shapes: fresh };
  }

  async request({ request }: Extract<Question, { ask: 'request' }>): Promise<string[]> {
    const answers: string[] = [];
    await requestOf(this.entities, request, (text) => answers.push(text));
    return answers;
  }

  teach({ taught }: Extract<Question, { ask: 'teach' }>) {
    return teachOne(this.entities, taught);
  }

  outlook({ key, times }: Extract<Question, { ask: 'outlook' }>) {
    return outlookOne(this.parts.settings, this.entities, key, times);
  }

  private async go(work: Work): Promise<void> {
    const { steps, rest, watermarks, leaps, crowds, told } = work;
    const { core, time, places } = this;
    if (work.likes) core.likes?.tell(work.likes);
    const observations = unpackObservations(this.types, work.observations);
    await this.entities.prepare(this.touched(observations, rest), work.until);
    let next = 0;
    let from = 0;
    /** Wakes the keys that fell due at steps before this one. */
    const wakeBefore = (step: number): void => {
      const { queue } = this.entities;
      for (; from < step; from++) {
        if (!(watermarks[from]! >= queue.next)) continue;
        places.step = from;
        time.watermark = watermarks[from]!;
        time.crowd = crowds[from]!;
        core.wakeDue(time.watermark);
      }
    };
    const doRest = (before: number): void => {
      for (; next < rest.length && rest[next]!.step < before; next++) {
        const one = rest[next]!;
        wakeBefore(one.step);
        places.step = one.step;
        if ('missing' in one) core.lack(one.missing);
        else {
          time.now = one.now;
          core.passAhead(one.ahead, one.byMs);
        }
      }
    };
    for (let i = 0; i < observations.length; i++) {
      const step = steps[i]!;
      doRest(step);
      wakeBefore(step);
      places.step = step;
      time.watermark = watermarks[step]!;
      time.leap = leaps[step]!;
      time.crowd = crowds[step]!;
      time.now = observations[i]!.time;
      core.take(observations[i]!);
      from = step + 1;
    }
    doRest(watermarks.length);
    wakeBefore(watermarks.length);
    time.crowd = work.crowd;
    if (told === undefined) return;
    places.step = watermarks.length;
    time.watermark = told;
    core.wakeDue(told);
  }

  private touched(observations: readonly { readonly key: string }[], rest: readonly Rest[]): Set<string> {
    const { groups } = this.parts.settings;
    const keys = new Set<string>();
    for (const { key } of observations) keys.add(groups.get(key) ?? key);
    for (const one of rest) {
      const key = 'missing' in one ? one.missing.key : one.ahead.key;
      if (key === '*') for (const known of this.entities.keys()) keys.add(known);
      else keys.add(groups.get(key) ?? key);
    }
    return keys;
  }

  private judged(): Judged {
    const { verdicts, episodes, missing } = this.core.drain();
    const places = { verdicts: this.places.verdicts, episodes: this.places.episodes, missing: this.places.missing };
    Object.assign(this.places, { verdicts: [], episodes: [], missing: [] });
    return {
      verdicts: this.packing.pack(verdicts),
      episodes,
      missing,
      places,
      counted: this.counted(),
      parcel: this.store.parcel(),
      keys: this.entities.size,
      keysInMemory: this.entities.inMemory,
      next: this.entities.queue.next,
      lent: this.core.likes?.take(),
    };
  }

  /** What was counted since this was last asked. */
  private counted(): Counted {
    const { counts, unscored, notFinite, unheard, silent } = this.tally;
    const counted = {
      counts: { ...counts },
      unscored: [...unscored],
      notFinite: [...notFinite],
      unheard: [...unheard],
      silent: [...silent],
      refused: [...this.refused.values()],
    };
    for (const name in counts) counts[name as keyof Counts] = 0;
    unscored.clear();
    notFinite.clear();
    this.refused.clear();
    return counted;
  }

  private refusals(): Refusals {
    const add = (how: Refused['how'], reason: string, detail: () => string) => {
      const known = this.refused.get(`${how}/${reason}`);
      this.refused.set(`${how}/${reason}`, {
        how,
        reason,
        detail: known?.detail ?? detail(),
        count: (known?.count ?? 0) + 1,
      });
    };
    return {
      refuse: (reason, detail) => add('refuse', reason, () => detail),
      passedOver: (reason, detail) => add(reason, reason, detail),
      behind: (detail) => add('behind', 'behind', detail),
    };
  }
}

/** Answers what the thread in front asks, until nobody asks any more. */
export function judgeFor(parts: ThreadParts): void {
  const lanes = new Map<number, LaneHere>();
  const answer = (question: Question): unknown => {
    const lane = lanes.get(question.lane);
    switch (question.ask) {
      case 'begin':
        lanes.set(question.lane, new LaneHere(parts, question));
        return undefined;
      case 'judge':
        return lane!.judge(question.work, question.gone);
      case 'finish':
        return lane!.finish(question.work, question.watermark);
      case 'ids':
        return lane!.ids(question.keys);
      case 'save':
        return lane!.save();
      case 'request':
        return lane!.request(question);
      case 'teach':
        return lane!.teach(question);
      case 'outlook':
        return lane?.outlook(question);
      case 'leave':
        lanes.delete(question.lane);
        return undefined;
    }
  };
  // One after the other: what is asked may have to wait for a state, and what follows for that.
  let turn: Promise<unknown> = Promise.resolve();
  parts.line.answer((asked) => {
    const answered = turn.then(() => answer(asked as Question));
    turn = answered.catch(() => {});
    return answered;
  });
}
