// A source that is read while others push to its door.

import type { Missing, Observation, Source } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import push from '../src/index.js';

/** How long a condition may take to come true, ms; nothing waits longer than it must. */
const PATIENCE = 20_000;

export class Listening {
  readonly hosts = new TestHosts();
  readonly observations: Observation[] = [];
  readonly missing: Missing[] = [];
  watermark = Number.NEGATIVE_INFINITY;
  cursor: string | null = null;
  address = '';
  source!: Source;
  private readonly abort = new AbortController();
  private done: Promise<void> | undefined;

  /** @param held resolves when batches are taken: until then nobody reads on */
  async begin(config: object, { from = null, held }: { from?: string | null; held?: Promise<void> } = {}): Promise<this> {
    this.address = `${await this.hosts.listen()}/test/push`;
    this.source = await push.create(push.config.parse(config), this.hosts.source());
    const read = async () => {
      for await (const batch of this.source.read(from, this.abort.signal)) {
        this.observations.push(...batch.observations);
        this.missing.push(...(batch.missing ?? []));
        this.watermark = batch.watermark ?? this.watermark;
        this.cursor = batch.cursor;
        if (batch.observations.length > 0) await held;
      }
    };
    this.done = read();
    await this.until(() => this.hosts.mounted.size > 0);
    return this;
  }

  async until(come: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!come()) {
      if (Date.now() > end)
        throw new Error(
          `it has not come about; ${this.observations.length} observations, dropped: ${this.hosts.drops.slice(0, 5).join('; ')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.address}${path}`, { method: 'POST', body: body as never, headers });
  }

  async end(): Promise<void> {
    this.abort.abort(new Error('over'));
    await this.done;
    await this.source?.close?.();
    this.hosts.dispose();
  }
}
