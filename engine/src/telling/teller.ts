// Who calls people: one message an episode, or an incident of several, kept until it was taken.

import { createHash } from 'node:crypto';
import type { Counter, Episode, Incident, Severity, Sink, SinkBatch, SinkHost } from '../api/index.js';
import type { EpisodeItem, IncidentItem, Item } from './items.js';
import { Outbox } from './outbox.js';
import type { Telling } from './settings.js';

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };
const isCritical = ({ severity }: Episode): boolean => severity === 'critical';
/** First pause after a failed attempt and the longest one, ms. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const MINUTE = 60_000;
/** How many of what is not told are told apart. */
const REMEMBERED = 10_000;
/** How often the same trouble is logged, ms. */
const LOG_EVERY = 60_000;
/** So much longer than event time needs is an episode held by the clock, ms: rows may come once a minute. */
const STILL = 60_000;
/** How long closing waits for what is still to be told, ms; the rest is told after the next start. */
const CLOSING = 3_000;

/** What came of an attempt. No text of it ever holds an address, a login or a token. */
export type Outcome =
  | { readonly kind: 'sent' }
  /** May succeed later, not before `afterMs`. */
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number }
  /** Can never succeed. */
  | { readonly kind: 'never'; readonly why: string };

/** One way of telling. */
export interface Way {
  /** What its counter is called, and how the log calls it: `webhook`. */
  readonly name: string;
  /** Where it tells: another place has been told of nothing yet. Only a digest of it is kept. */
  readonly receiver: string;
  /** Whoever was told that something began is told that it is over, whatever has come of it since. */
  readonly resolves?: boolean;
  /** One message holds one item. */
  readonly single?: boolean;
  /**
   * Tells once. Never throws, except when the signal aborts.
   * @param items one, or all that waits where that is more than may be told singly
   * @param raised the severity that each was told with first, by id
   */
  tell(items: readonly Item[], raised: ReadonlyMap<string, Severity>, signal: AbortSignal): Promise<Outcome>;
}

/**
 * A sink that tells people of episodes and incidents. Accepting a batch means that what is to be told stands in the outbox, on disk; it is told
 * beside the stream, which a receiver that is slow or away can therefore never hold.
 */
export class Teller implements Sink {
  private readonly settings: Telling;
  private readonly way: Way;
  private readonly host: SinkHost;
  private readonly counter: Counter;
  private outbox: Outbox | undefined;
  private readonly stop = new AbortController();
  private sending: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  /** Messages that may be sent at once, as of `filled`. */
  private tokens: number;
  private filled = 0;
  private logged = Number.NEGATIVE_INFINITY;
  private closing = false;
  private readonly skipped = new Set<string>();
  private readonly on: readonly ('opened' | 'closed')[];

  constructor(settings: Telling, way: Way, host: SinkHost) {
    this.settings = settings;
    this.way = way;
    this.on = settings.on ?? (way.resolves ? ['opened', 'closed'] : ['opened']);
    this.host = host;
    this.tokens = settings.perMinute;
    this.counter = host.metrics.counter(`${way.name}_messages_total`, 'Episodes that were to be told, by what came of it', [
      'sink',
      'result',
    ]);
  }

  async open(): Promise<void> {
    // Another receiver has been told of nothing yet.
    const receiver = createHash('sha256').update(this.way.receiver).digest('hex').slice(0, 12);
    this.outbox ??= new Outbox(this.host.dataPath(`${this.host.part}-outbox-${receiver}.json`));
    this.filled = this.host.clock.now();
    this.sending ??= this.send().catch((error: unknown) => {
      if (!this.stop.signal.aborted) this.host.log.error({}, `${this.way.name} has stopped: ${(error as Error).message}`);
    });
  }

  async write({ episodes, incidents = [], alone = [] }: SinkBatch): Promise<void> {
    const outbox = this.outbox!;
    // One after the other: that one is over is told where it was told that it began, also in the same batch.
    const waiting = outbox.waiting.length;
    for (const episode of episodes) {
      const item = this.itemOf(episode);
      if (item) outbox.add(item);
    }
    if (outbox.waiting.length > waiting) outbox.save();
    if (incidents.length > 0) {
      // Whoever is told of the incident need not be told of its episodes.
      const joined = outbox.drop(new Set(episodes.filter(({ incident }) => incident !== undefined).map(({ id }) => id)));
      if (joined > 0) this.count('joined', joined);
      for (const incident of incidents) this.tell(incident);
    }
    // What has become critical waits for nobody either.
    const urgent = episodes.filter(isCritical).map(({ id }) => id);
    if (alone.length + urgent.length > 0) outbox.release(new Set([...alone, ...urgent]));
    this.wake?.();
  }

  async close(): Promise<void> {
    this.closing = true;
    this.wake?.();
    const late = this.host.clock.sleep(CLOSING, this.stop.signal).catch(() => {});
    await Promise.race([this.sending, late]);
    this.stop.abort(new Error('closed'));
    await this.sending;
    this.sending = undefined;
  }

  /** What is to be told of an episode, if anything. */
  private itemOf(episode: Episode): EpisodeItem | undefined {
    const { severity, maxAge } = this.settings;
    const { id, start, end, key } = episode;
    const status = episode.status === 'open' ? 'opened' : 'closed';
    const outbox = this.outbox!;
    if (!this.on.includes(status) || outbox.knows(`${id}/${status}`)) return undefined;
    const now = this.host.clock.now();
    if (status === 'closed' && this.way.resolves) {
      // Whoever was told that it opened is told that it is over, whatever has come of it since; nobody else is.
      if (!outbox.knows(`${id}/opened`) || outbox.knows(`${id}/joined`)) return undefined;
      const due = outbox.waiting.find((one) => one.id === id)?.due;
      return { id, status, episode, since: now, ...(due === undefined ? {} : { due }) };
    }
    if (RANK[episode.severity] < RANK[severity]) return undefined;
    // What joins an incident just now may be held here.
    if (episode.incident !== undefined) return undefined;
    if (now - (status === 'opened' ? start : end) > maxAge) return this.skip(id, status, 'old');
    if (this.host.muted(key)) return this.skip(id, status, 'muted');
    const due = isCritical(episode) ? undefined : this.dueOf(id, status, now);
    return { id, status, episode, since: now, ...(due === undefined ? {} : { due }) };
  }

  /** Until when an episode may turn out to be part of an incident, by the clock; event time mostly says so before. */
  private dueOf(id: string, status: EpisodeItem['status'], now: number): number | undefined {
    const { incidents } = this.host.schema.alarms;
    // What could not be told was held long enough.
    if (!incidents || this.outbox!.knows(`${id}/held`)) return undefined;
    if (status === 'opened' || !this.on.includes('opened')) return now + 2 * incidents.settleMs + STILL;
    return this.outbox!.waiting.find((one) => one.id === id)?.due;
  }

  /** Tells of an incident once when it opens, of each topic and each higher severity that come to it, and once when it is over. */
  private tell(incident: Incident): void {
    const outbox = this.outbox!;
    const { on } = this;
    const { severity, maxAge } = this.settings;
    const { id, status, start, end, names } = incident;
    const over = status === 'closed' && on.includes('closed') && !outbox.knows(`${id}/closed`);
    if (over && this.way.resolves && outbox.knows(`${id}/opened`)) {
      outbox.put([{ id, status: 'closed', incident, since: this.host.clock.now(), said: [] }]);
      return;
    }
    if (RANK[incident.severity] < RANK[severity]) return;
    const now = this.host.clock.now();
    const muted = names.every((name) => this.host.muted(name));
    const put = (item: IncidentItem, at: number) => {
      if (now - at > maxAge) this.skip(id, item.status, 'old');
      else if (muted) this.skip(id, item.status, 'muted');
      else outbox.put([item]);
    };
    const worst = `${id}/as ${incident.severity}`;
    const topics = incident.topics.filter(({ name }) => !outbox.knows(`${id}/topic ${name}`));
    const said = [worst, ...topics.map(({ name }) => `${id}/topic ${name}`)];
    if (on.includes('opened')) {
      if (!outbox.knows(`${id}/opened`)) put({ id, status: 'opened', incident, since: now, said }, start);
      else if (topics.length > 0 || !outbox.knows(worst)) {
        const news = topics.length > 0 ? topics.map(({ reason }) => reason).join('; ') : `it is ${incident.severity} now`;
        put({ id, status: 'news', incident, news, since: now, said }, Math.max(start, ...topics.map(({ time }) => time)));
      }
    }
    if (over && !this.way.resolves) put({ id, status: 'closed', incident, since: now, said: [] }, end);
  }

  /** An episode is sent with each of its rows: what is not told is counted once. */
  private skip(id: string, status: Item['status'], result: 'old' | 'muted'): undefined {
    const name = `${id}/${status}`;
    if (this.skipped.has(name)) return undefined;
    if (this.skipped.size >= REMEMBERED) this.skipped.clear();
    this.skipped.add(name);
    this.count(result);
    return undefined;
  }

  private count(result: string, amount = 1): void {
    this.counter.add(amount, { sink: this.host.part, result });
  }

  /** Tells what waits, one message after the other, until it is closed. */
  private async send(): Promise<void> {
    const { waiting } = this.outbox!;
    let pause = 0;
    const { clock } = this.host;
    const ready = () => {
      const now = clock.now();
      return waiting.filter(({ due = now }) => due <= now);
    };
    while (!this.stop.signal.aborted) {
      if (ready().length === 0) {
        // What is held is told after the next start.
        if (this.closing) return;
        await this.woken(Math.min(...waiting.map(({ due = 0 }) => due)));
        continue;
      }
      if (pause > 0) await clock.sleep(pause, this.stop.signal);
      // Beyond what may be sent singly, all that waits is one message.
      const free = await this.freeTokens();
      const all = ready();
      const items = all.length <= free || this.way.single ? all.slice(0, 1) : all;
      pause = await this.attempt(items, pause);
    }
  }

  /** Waits until something is put in, or until something that is held is due. */
  private async woken(due: number): Promise<void> {
    const asleep = new AbortController();
    const put = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    const late = Number.isFinite(due)
      ? this.host.clock
          .sleep(Math.max(0, due - this.host.clock.now()), AbortSignal.any([asleep.signal, this.stop.signal]))
          .catch(() => {})
      : put;
    await Promise.race([put, late]);
    asleep.abort(new Error('woken'));
  }

  /** @returns how long to wait before the next attempt */
  private async attempt(items: readonly Item[], pause: number): Promise<number> {
    const { clock, log } = this.host;
    const outcome = await this.way.tell(items, this.outbox!.raised, this.stop.signal);
    if (outcome.kind === 'sent') {
      this.tokens--;
      this.outbox!.done(items);
      this.count('sent', items.length);
      return 0;
    }
    if (outcome.kind === 'never' || clock.now() - items[0]!.since > this.settings.giveUpAfter) {
      for (const { episode, incident } of items)
        await this.host.deadLetter({
          kind: episode ? 'episode' : 'incident',
          code: 'not_told',
          reason: `nobody was told: ${outcome.why}`,
          record: episode ?? incident,
        });
      this.outbox!.forget(items);
      this.count('failed', items.length);
      // Each of them stands in the dead letters; saying so once in a while is enough.
      if (this.says())
        log.error(
          {},
          `${items.length} ${items.length === 1 ? 'episode' : 'episodes'} could not be told, see the dead letters: ${outcome.why}`,
        );
      return 0;
    }
    if (this.says()) {
      log.warn(
        {},
        `${items.length} ${items.length === 1 ? 'episode waits' : 'episodes wait'} to be told: ${outcome.why}; it is tried again`,
      );
    }
    return Math.max(outcome.afterMs, pause === 0 ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, pause * 2));
  }

  /** Whether trouble is to be logged now: once in a while. */
  private says(): boolean {
    const now = this.host.clock.now();
    if (now - this.logged < LOG_EVERY) return false;
    this.logged = now;
    return true;
  }

  /** Waits for the first token. @returns how many there are */
  private async freeTokens(): Promise<number> {
    const { perMinute } = this.settings;
    for (;;) {
      const now = this.host.clock.now();
      this.tokens = Math.min(perMinute, this.tokens + ((now - this.filled) * perMinute) / MINUTE);
      this.filled = now;
      if (this.tokens >= 1) return Math.floor(this.tokens);
      await this.host.clock.sleep(((1 - this.tokens) * MINUTE) / perMinute, this.stop.signal);
    }
  }
}
