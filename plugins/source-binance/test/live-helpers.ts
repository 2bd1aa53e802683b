import type { Clock, Missing, Observation, SourceBatch, SourceHost } from '@quantstream/engine';
import type { TestHosts } from '@quantstream/engine/testing';
import { config } from '../src/config.js';
import { type LiveSettings, LiveSource } from '../src/live/live.js';
import type { FakeExchange, Urls } from './fake/exchange.mjs';

/** `with:` of a live source that talks to the fake, impatient enough for a test. */
export function liveConfig(urls: Urls, more: Record<string, unknown> = {}, limits: Record<string, unknown> = {}) {
  const { websocket, rest, archive } = urls;
  return {
    connect: 'live',
    symbols: ['BTCUSDT'],
    stream: 'trade',
    endpoints: { websocket, rest, archive },
    limits: { retry: '1s', reorder: '50ms', ...limits },
    ...more,
  };
}

/** Reads a live source in the background and keeps all that it hands over. */
export class Session {
  readonly observations: Observation[] = [];
  readonly missing: Missing[] = [];
  readonly batches: SourceBatch[] = [];
  readonly logs: string[] = [];
  readonly source: LiveSource;
  /** While true, the engine does not pull. */
  paused = false;
  failure: unknown;
  private readonly abort = new AbortController();
  private readonly reading: Promise<void>;

  constructor(
    hosts: TestHosts,
    raw: unknown,
    from: string | null = null,
    outside: { clock?: Clock; settings?: LiveSettings } = {},
  ) {
    const keep = (_: object, message: string) => void this.logs.push(message);
    const host: SourceHost = {
      ...hosts.source(),
      log: { debug() {}, info: keep, warn: keep, error: keep },
      ...(outside.clock ? { clock: outside.clock } : {}),
    };
    this.source = new LiveSource(config.parse(raw), host, outside.settings);
    this.reading = this.read(from).catch((error) => {
      this.failure = error;
    });
  }

  private async read(from: string | null): Promise<void> {
    for await (const batch of this.source.read(from, this.abort.signal)) {
      this.observations.push(...batch.observations);
      this.missing.push(...(batch.missing ?? []));
      this.batches.push(batch);
      while (this.paused && !this.abort.signal.aborted) await pause(2);
    }
  }

  get cursor(): string | null {
    return this.batches.at(-1)?.cursor ?? null;
  }

  get watermark(): number | undefined {
    return this.batches.at(-1)?.watermark;
  }

  ids(key = 'BTCUSDT'): number[] {
    return this.observations.filter((o) => o.key === key).map(({ sequence }) => sequence);
  }

  async stop(): Promise<void> {
    this.abort.abort(new Error('stop'));
    await this.reading;
    await this.source.close();
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something is so. */
export async function until(what: () => boolean, about: string, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!what()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${about}`);
    await pause(2);
  }
}

/** All ids from the first to the last, each once, in order. */
export const whole = (ids: readonly number[]) => Array.from({ length: ids.length }, (_, i) => ids[0]! + i);

/** Until the source listens. */
export const listening = (fake: FakeExchange, session: Session, clients = 1) =>
  until(() => fake.clients.size >= clients && session.batches.length > 0, 'the source listens');
