/** Files that are followed while a test writes, rotates and cuts them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Missing, Observation, SourceBatch } from '@quantstream/engine';
import type { TestHosts } from '@quantstream/engine/testing';
import plugin from '../src/index.js';

/** Generous, as machines are busy, ms. */
const PATIENCE = 30_000;

/** Rows as they are handed over, and the cursor behind each batch. */
export class Follower {
  readonly rows: Observation[] = [];
  readonly missing: Missing[] = [];
  readonly batches: { readonly rows: number; readonly cursor: string | null; readonly watermark: number | undefined }[] = [];
  private readonly hosts: TestHosts;
  private readonly config: object;
  private readonly clock: Clock | undefined;
  private abort = new AbortController();
  private reading: Promise<void> | undefined;
  private failure: unknown;

  constructor(hosts: TestHosts, config: object, clock?: Clock) {
    this.clock = clock;
    this.hosts = hosts;
    this.config = config;
  }

  get xs(): number[] {
    return this.rows.map(({ values }) => values.x!);
  }

  /** Begins, or goes on behind the batch that was taken last. */
  async begin(): Promise<this> {
    const from = this.batches.at(-1)?.cursor ?? null;
    const source = await plugin.create(plugin.config.parse(this.config), {
      ...this.hosts.source(),
      ...(this.clock && { clock: this.clock }),
    });
    this.abort = new AbortController();
    const { signal } = this.abort;
    const read = async () => {
      for await (const batch of source.read(from, signal)) this.take(batch);
      await source.close?.();
    };
    this.reading = read().catch((error: unknown) => {
      this.failure = error;
    });
    return this;
  }

  private take({ observations, missing = [], cursor, watermark }: SourceBatch): void {
    this.missing.push(...missing);
    this.rows.push(...observations);
    this.batches.push({ rows: this.rows.length, cursor, watermark });
  }

  /** Waits until something has come about, generously. */
  async until(come: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!come()) {
      if (this.failure) throw this.failure;
      if (Date.now() > end) throw new Error(`${this.rows.length} rows have come; the last is ${this.xs.at(-1)}`);
      await sleep(5);
    }
  }

  /** Where rows are not those that are expected, first. */
  wrong(expected: readonly number[]): string | undefined {
    const { xs } = this;
    const i = Math.max(xs.length, expected.length);
    const at = Array.from({ length: i }, (_, i) => i).find((i) => xs[i] !== expected[i]);
    return at === undefined
      ? undefined
      : `${at}: ${xs.slice(at, at + 5)} and not ${expected.slice(at, at + 5)}; ${xs.length} of ${expected.length}`;
  }

  count(rows: number): Promise<void> {
    return this.until(() => this.rows.length >= rows);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.reading;
    if (this.failure) throw this.failure;
  }

  /** Stops as a crash does: the last batches were not yet saved. */
  async crash(unsaved: number): Promise<void> {
    await this.stop();
    this.batches.length = Math.max(1, this.batches.length - unsaved);
    this.rows.length = this.batches.at(-1)?.rows ?? 0;
  }
}
