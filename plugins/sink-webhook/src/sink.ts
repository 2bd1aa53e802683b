// Calls people: one message an episode, kept until it was taken.

import { createHash } from 'node:crypto';
import type { Counter, Episode, Severity, Sink, SinkBatch, SinkHost } from '@quantstream/engine';
import type { Settings } from './config.js';
import { type Item, messageOf } from './message.js';
import { Outbox } from './outbox.js';
import { addressOf, post } from './post.js';

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };
/** First pause after a failed attempt and the longest one, ms. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const MINUTE = 60_000;
/** How many of what is not told are told apart. */
const REMEMBERED = 10_000;
/** How often the same trouble is logged, ms. */
const LOG_EVERY = 60_000;
/** How long closing waits for what is still to be told, ms; the rest is told after the next start. */
const CLOSING = 3_000;

/**
 * Tells people of episodes. Accepting a batch means that what is to be told stands in the outbox, on disk; it is posted beside the stream, which
 * a receiver that is slow or away can therefore never hold.
 */
export class WebhookSink implements Sink {
  private readonly settings: Settings;
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

  constructor(settings: Settings, host: SinkHost) {
    this.settings = settings;
    this.host = host;
    this.tokens = settings.perMinute;
    this.counter = host.metrics.counter('webhook_messages_total', 'Episodes that were to be told, by what came of it', [
      'sink',
      'result',
    ]);
  }

  async open(): Promise<void> {
    // Another receiver has been told of nothing yet.
    const receiver = createHash('sha256').update(addressOf(this.settings)).digest('hex').slice(0, 12);
    this.outbox ??= new Outbox(this.host.dataPath(`${this.host.part}-outbox-${receiver}.json`));
    this.filled = this.host.clock.now();
    this.sending ??= this.send().catch((error: unknown) => {
      if (!this.stop.signal.aborted) this.host.log.error({}, `the webhook has stopped: ${(error as Error).message}`);
    });
  }

  async write({ episodes }: SinkBatch): Promise<void> {
    const items = episodes.flatMap((episode) => this.itemOf(episode) ?? []);
    const fresh = items.filter(({ id, status }, i) => items.findIndex((one) => one.id === id && one.status === status) === i);
    if (fresh.length === 0) return;
    this.outbox!.put(fresh);
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
  private itemOf(episode: Episode): Item | undefined {
    const { on, severity, maxAge } = this.settings;
    const status = episode.status === 'open' ? 'opened' : 'closed';
    if (!on.includes(status) || RANK[episode.severity] < RANK[severity] || this.outbox!.knows(episode.id, status))
      return undefined;
    const now = this.host.clock.now();
    const age = now - (status === 'opened' ? episode.start : episode.end);
    if (age > maxAge) return this.skip(episode, status, 'old');
    if (this.host.muted(episode.key)) return this.skip(episode, status, 'muted');
    return { id: episode.id, status, episode, since: now };
  }

  /** An episode is sent with each of its rows: what is not told is counted once. */
  private skip({ id }: Episode, status: Item['status'], result: 'old' | 'muted'): undefined {
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

  /** Posts what waits, one message after the other, until it is closed. */
  private async send(): Promise<void> {
    const { waiting } = this.outbox!;
    let pause = 0;
    while (!this.stop.signal.aborted) {
      if (waiting.length === 0) {
        if (this.closing) return;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      if (pause > 0) await this.host.clock.sleep(pause, this.stop.signal);
      // Beyond what may be sent singly, all that waits is one message.
      const free = await this.freeTokens();
      const items = waiting.length <= free ? waiting.slice(0, 1) : waiting.slice();
      pause = await this.attempt(items, pause);
    }
  }

  /** @returns how long to wait before the next attempt */
  private async attempt(items: readonly Item[], pause: number): Promise<number> {
    const { clock, log } = this.host;
    const outcome = await post(messageOf(items, this.settings), this.settings, this.stop.signal);
    if (outcome.kind === 'sent') {
      this.tokens--;
      this.outbox!.done(items.length);
      this.count('sent', items.length);
      return 0;
    }
    if (outcome.kind === 'never' || clock.now() - items[0]!.since > this.settings.giveUpAfter) {
      for (const { episode } of items)
        await this.host.deadLetter({
          kind: 'episode',
          code: 'not_told',
          reason: `nobody was told: ${outcome.why}`,
          record: episode,
        });
      this.outbox!.forget(items.length);
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
