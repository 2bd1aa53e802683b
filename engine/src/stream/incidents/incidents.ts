// Which episodes began together, behind all judging: no verdict depends on it.

import type { Episode, Incident, IncidentsSchema, SinkBatch } from '../../api/index.js';
import type { Beginning, IncidentsState, Member, Running } from '../../state/incidents.js';
import { count, expectedIn, fewest, IMPROBABLE, tail } from './chance.js';
import { initialIncidents, inOrder, memberOf, shown, takeIn } from './running.js';

/** A batch as it was judged, and where judging stands behind it. */
export interface Judged {
  readonly batch: SinkBatch;
  /** How far event time has come, ms since the epoch. */
  readonly now: number;
  /** Keys of the lane. */
  readonly keys: number;
  /** Whether the stream is at its end: nothing more is waited for. */
  readonly over?: boolean;
}

/** Episodes that have joined an incident just now, by id. */
type Joined = Map<string, Episode>;

/** An incident goes on beyond `within` as long as this many of them, looked back upon, are more than chance brings. */
const STRETCH = 5;
/** Beginnings and members that are kept. */
const KEPT = 1_000;
/** Incidents that are kept. */
const MOST = 100;

/**
 * Finds out which episodes began together, over all lanes of a process. A beginning is placed once event time has gone on by `settle` since it
 * was known, in order of beginnings and keys, so that neither batches nor threads change what comes of it. It joins an incident that goes on;
 * or it makes one with those that began within `within` of it, if so many are improbable; or it stands alone, and that is said as well.
 */
export class Incidents {
  private current: IncidentsState = initialIncidents();
  private readonly settings: IncidentsSchema;
  private readonly pipeline: string;
  private readonly perDay: (keys: number) => number;
  private readonly opened: () => void;
  private readonly behind: () => readonly number[];
  /** Keys by lane, and how far its event time has come. */
  private readonly keys = new Map<number, number>();
  private readonly times = new Map<number, number>();
  private readonly known = new Map<string, Beginning | { readonly running: Running; readonly member: Member }>();
  private readonly changed = new Set<Running>();
  /** Whether lanes are still to be opened: until then it is not known how many keys there are. */
  private opening = false;

  /**
   * @param perDay how many episodes a key has by chance, a day, of so many keys
   * @param opened told of each incident that begins
   * @param behind lanes of which more is there already than was judged, those that are still to be opened among them
   */
  constructor(
    pipeline: string,
    perDay: (keys: number) => number,
    settings: IncidentsSchema,
    opened: () => void = () => {},
    behind: () => readonly number[] = () => [],
  ) {
    this.pipeline = pipeline;
    this.perDay = perDay;
    this.settings = settings;
    this.opened = opened;
    this.behind = behind;
  }

  /** What the checkpoint of a lane has to hold: what is known of its own keys. */
  stateOf(lane: number): IncidentsState {
    const { now, begun, waiting, alone, running } = this.current;
    const own = <T extends { readonly lane: number }>(all: readonly T[]) => all.filter((one) => one.lane === lane);
    return {
      now,
      begun,
      waiting: own(waiting),
      alone: own(alone),
      running: running.map((one) => ({ ...one, members: own(one.members) })).filter(({ members }) => members.length > 0),
    };
  }

  /** Goes on where the checkpoint of a lane stands; where several have one, they are put together. */
  restore(lane: number, { now, keys }: Pick<Judged, 'now' | 'keys'>, saved: IncidentsState | undefined): void {
    const { current, known } = this;
    this.keys.set(lane, keys);
    this.times.set(lane, now);
    if (saved === undefined) return;
    current.now = Math.max(current.now, saved.now);
    if (saved.begun.times > current.begun.times) current.begun = { ...saved.begun, lately: [...saved.begun.lately] };
    for (const one of saved.running) {
      const running = this.withRunning(one);
      for (const member of one.members) {
        if (known.has(member.id)) continue;
        insertMember(running.members, { ...member, lane });
        known.set(member.id, { running, member: running.members.find(({ id }) => id === member.id)! });
      }
    }
    for (const list of ['waiting', 'alone'] as const)
      for (const one of saved[list]) {
        if (known.has(one.episode.id)) continue;
        const beginning = { ...one, lane };
        insert(current[list], beginning);
        known.set(one.episode.id, beginning);
      }
  }

  /** The incident of that id, as far as any lane has come with it. */
  private withRunning(saved: Running): Running {
    const { current } = this;
    const before = current.running.find(({ id }) => id === saved.id);
    if (before === undefined) {
      const running = { ...saved, members: [] };
      current.running.push(running);
      current.running.sort((a, b) => a.start - b.start);
      return running;
    }
    if (saved.at > before.at) Object.assign(before, { ...saved, members: before.members });
    return before;
  }

  /** A lane is judged elsewhere, or not any more: nothing more is heard of its keys here. */
  leave(lane: number): void {
    const { current, known } = this;
    this.keys.delete(lane);
    this.times.delete(lane);
    for (const list of ['waiting', 'alone'] as const) {
      for (const one of current[list]) if (one.lane === lane) known.delete(one.episode.id);
      current[list] = current[list].filter((one) => one.lane !== lane);
    }
    for (const { members } of current.running) for (const one of members) if (one.lane === lane) one.open = false;
  }

  /** Takes in what was judged. @returns the batch, with what is known of incidents behind it */
  follow(lane: number, { batch, now, keys, over = false }: Judged): SinkBatch {
    const { current } = this;
    this.keys.set(lane, keys);
    this.times.set(lane, now);
    this.goOn();
    const { episodes } = batch;
    if (episodes.length === 0 && current.waiting.length === 0 && current.running.length === 0) {
      this.forget();
      return batch;
    }
    this.take(lane, batch);
    const joined: Joined = new Map();
    for (const beginning of this.due(over)) this.place(beginning, joined);
    const alone = this.tellAlone();
    const whole = this.together(batch, joined);
    const incidents = this.tell(over);
    this.forget();
    return {
      ...whole,
      ...(incidents.length > 0 ? { incidents } : {}),
      ...(alone.length > 0 ? { alone } : {}),
    };
  }

  /**
   * Event time is that of the lane that is furthest behind, but for those that are behind the latest by more than `settle`: they are silent.
   * Where lanes catch up, as behind a restart, they are waited for however far behind they are: else what began together would depend on
   * which of them is read first.
   */
  private goOn(): void {
    this.opening = false;
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const time of this.times.values()) {
      if (time > last) last = time;
      if (time < first) first = time;
    }
    let now = Math.max(first, last - this.settings.settleMs);
    for (const lane of this.behind()) {
      const time = this.times.get(lane);
      if (time === undefined) this.opening = true;
      else if (time < now) now = time;
    }
    if (this.opening) return;
    if (now > this.current.now) this.current.now = now;
  }

  /** Notes what began and what has changed. */
  private take(lane: number, { verdicts, episodes }: SinkBatch): void {
    if (episodes.length === 0) return;
    const { current, known, changed } = this;
    const raised = new Set<string>();
    for (const verdict of verdicts) if (verdict.raised) raised.add(verdict.episode!);
    for (const episode of episodes) {
      const before = known.get(episode.id);
      if (before === undefined) {
        if (!raised.has(episode.id)) continue;
        // Its lane may be ahead of the others, and of what begins there nothing is known before they come to it.
        const beginning = { lane, episode, at: Math.max(current.now, this.times.get(lane)!), said: false };
        insert(current.waiting, beginning);
        known.set(episode.id, beginning);
      } else if ('running' in before) {
        const { running, member } = before;
        Object.assign(member, memberOf(lane, episode));
        if (takeIn(running, episode)) changed.add(running);
      } else before.episode = episode;
    }
  }

  /** What can be placed now, in order: with one that has waited long enough all that began before it. */
  private due(over: boolean): Beginning[] {
    const { current, settings } = this;
    const { waiting, now } = current;
    if (this.opening && !over) return [];
    const keys = this.allKeys;
    // Where no number of keys would be improbable, nothing is waited for.
    const wait = this.leastKeys(keys) <= keys ? settings.settleMs : 0;
    const last = over ? waiting.length - 1 : waiting.findLastIndex(({ at }) => now >= at + wait);
    return waiting.splice(0, last + 1);
  }

  private place(beginning: Beginning, joined: Joined): void {
    const { current } = this;
    const { episode } = beginning;
    const running = this.runningFor(episode);
    if (running) {
      this.join(running, beginning, joined);
      return;
    }
    beginning.at = current.now;
    insert(current.alone, beginning);
    count(current.begun, episode.id, episode.start);
    const { group, keys } = this.groupOf(episode, current.alone);
    if (keys < this.leastKeys(this.allKeys)) return;
    const [first] = group;
    const { start, key, end, severity } = first!.episode;
    const begun: Running = {
      id: `${this.pipeline}/incident/${start}/${key}`,
      key,
      start,
      end,
      last: start,
      at: current.now,
      severity,
      topics: [],
      members: [],
      more: 0,
    };
    current.running.push(begun);
    this.opened();
    const together = new Set(group);
    current.alone = current.alone.filter((one) => !together.has(one));
    // They are one thing, so they count as one.
    count(current.begun, begun.id, episode.start, 1 - group.length);
    for (const one of group) this.join(begun, one, joined);
  }

  /** The incident that goes on and that this belongs to; of several the one that began last. */
  private runningFor({ start, key }: Episode): Running | undefined {
    const { withinMs, longestMs } = this.settings;
    return this.current.running.findLast((running) => {
      if (start < running.start - withinMs || start > running.start + longestMs || start > running.last + withinMs) return false;
      return start <= running.start + withinMs || this.goesOn(running, start, key);
    });
  }

  /** Whether more began together lately, this one included, than chance brings. */
  private goesOn({ start: began, members }: Running, start: number, key: string): boolean {
    const from = Math.max(began, start - STRETCH * this.settings.withinMs);
    const keys = new Set([key]);
    for (const member of members) if (member.start >= from) keys.add(member.key);
    return keys.size > 1 && tail(keys.size - 1, this.expected(start - from)) < IMPROBABLE;
  }

  private join(running: Running, { lane, episode }: Beginning, joined: Joined): void {
    const { members } = running;
    running.last = Math.max(running.last, episode.start);
    running.at = this.current.now;
    takeIn(running, episode);
    this.changed.add(running);
    joined.set(episode.id, { ...episode, incident: running.id });
    if (members.length < KEPT) {
      const member = memberOf(lane, episode);
      insertMember(members, member);
      this.known.set(episode.id, { running, member });
      return;
    }
    running.more++;
    this.known.delete(episode.id);
  }

  /** What is placed by itself, and stays so unless more comes: not what will be an incident once that is placed which is known already. */
  private tellAlone(): string[] {
    const { alone, waiting } = this.current;
    const unsaid = alone.filter(({ said }) => !said);
    if (unsaid.length === 0) return [];
    const known = [...alone, ...waiting].sort((a, b) => inOrder(a.episode, b.episode));
    const least = this.leastKeys(this.allKeys);
    const told = unsaid.filter(({ episode }) => this.groupOf(episode, known).keys < least);
    for (const one of told) one.said = true;
    return told.map(({ episode }) => episode.id);
  }

  /** What began together with this, it included, in order: the stretch of `within` around it that most keys began in, the earliest of those. */
  private groupOf({ start }: Episode, all: readonly Beginning[]): { group: readonly Beginning[]; keys: number } {
    const { withinMs } = this.settings;
    const near = all.filter(({ episode }) => Math.abs(episode.start - start) <= withinMs);
    const counts = new Map<string, number>();
    let best = { from: 0, to: 0, keys: 0 };
    let to = 0;
    for (let from = 0; from < near.length && near[from]!.episode.start <= start; from++) {
      const { episode } = near[from]!;
      for (; to < near.length && near[to]!.episode.start <= episode.start + withinMs; to++) {
        const { key } = near[to]!.episode;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      if (counts.size > best.keys) best = { from, to, keys: counts.size };
      const left = counts.get(episode.key)! - 1;
      if (left === 0) counts.delete(episode.key);
      else counts.set(episode.key, left);
    }
    return { group: near.slice(best.from, best.to), keys: best.keys };
  }

  /** So many keys are improbable, the one that began included. */
  private leastKeys(keys: number): number {
    return keys < 2 ? Number.POSITIVE_INFINITY : fewest(this.expected(this.settings.withinMs)) + 1;
  }

  /** How many of the other keys begin an episode in a stretch by chance. */
  private expected(stretchMs: number): number {
    const keys = this.allKeys;
    const others = keys > 1 ? (keys - 1) / keys : 0;
    return others * expectedIn(stretchMs, keys, this.perDay(keys), this.current.begun);
  }

  private get allKeys(): number {
    let all = 0;
    for (const keys of this.keys.values()) all += keys;
    return all;
  }

  /** What has changed of incidents, and which are over. */
  private tell(over: boolean): Incident[] {
    const { current, changed, pipeline } = this;
    const told: Incident[] = [];
    const on: Running[] = [];
    for (const [i, running] of current.running.entries()) {
      const closes = i < current.running.length - MOST || this.isOver(running, over);
      if (closes) for (const { id } of running.members) this.known.delete(id);
      else on.push(running);
      if (closes || changed.has(running)) told.push(shown(running, pipeline, closes ? 'closed' : 'open'));
    }
    current.running = on;
    changed.clear();
    return told;
  }

  private isOver({ last, at, members }: Running, over: boolean): boolean {
    const { withinMs, settleMs } = this.settings;
    if (!over && this.current.now <= Math.max(last, at) + withinMs + settleMs) return false;
    return members.every(({ open }) => !open);
  }

  /** Lets go of what nothing can begin together with any more. */
  private forget(): void {
    const { current, known } = this;
    if (current.alone.length === 0) return;
    const { withinMs, settleMs } = this.settings;
    const since = current.now - withinMs - settleMs;
    const surplus = current.alone.length - KEPT;
    if (surplus <= 0 && current.alone.every(({ at }) => at >= since)) return;
    current.alone = current.alone.filter((one, i) => {
      const keep = i >= surplus && one.at >= since;
      if (!keep) known.delete(one.episode.id);
      return keep;
    });
  }

  /** Episodes of incidents say so, those that have joined one just now as well. */
  private together(batch: SinkBatch, joined: Joined): SinkBatch {
    const left = new Map(joined);
    const episodes = batch.episodes.map((episode) => {
      const incident = this.incidentOf(episode.id) ?? left.get(episode.id)?.incident;
      left.delete(episode.id);
      return incident === undefined ? episode : { ...episode, incident };
    });
    return { ...batch, episodes: [...episodes, ...left.values()] };
  }

  private incidentOf(id: string): string | undefined {
    const known = this.known.get(id);
    return known && 'running' in known ? known.running.id : undefined;
  }
}

function insert(list: Beginning[], one: Beginning): void {
  const after = list.findLastIndex((other) => inOrder(other.episode, one.episode) <= 0);
  list.splice(after + 1, 0, one);
}

function insertMember(list: Member[], one: Member): void {
  const after = list.findLastIndex((other) => inOrder(other, one) <= 0);
  list.splice(after + 1, 0, one);
}

/** What several lanes knew, as one of them would know it. */
export function putTogether(all: readonly IncidentsState[]): IncidentsState {
  const together = new Incidents('', () => 0, { withinMs: 0, longestMs: 0, settleMs: 0 });
  for (const one of all) together.restore(0, { now: one.now, keys: 0 }, one);
  return together.stateOf(0);
}
