import type { Missing, Observation, Source, SourceHost } from '@quantstream/engine';
import type { TestHosts } from '@quantstream/engine/testing';
import { config } from '../src/config.js';
import type { Link, LinkEvents } from '../src/links/link.js';
import { LiveSource } from '../src/live/source.js';

/** What a live source has yielded so far, and a way to wait for more. */
export class Listening {
  readonly observations: Observation[] = [];
  /** But for what every live source begins with. */
  readonly missing: Missing[] = [];
  readonly beginnings: Missing[] = [];
  readonly watermarks: number[] = [];
  private readonly abort = new AbortController();
  private readonly done: Promise<void>;

  constructor(source: Source) {
    this.done = this.take(source);
  }

  private async take(source: Source): Promise<void> {
    for await (const batch of source.read(null, this.abort.signal)) {
      for (const { time } of batch.observations) {
        const told = this.watermarks.at(-1);
        if (told !== undefined && time < told) throw new Error(`an observation at ${time} behind the watermark ${told}`);
      }
      this.observations.push(...batch.observations);
      for (const missing of batch.missing ?? []) (missing.key === '*' ? this.beginnings : this.missing).push(missing);
      if (batch.watermark !== undefined) this.watermarks.push(batch.watermark);
    }
  }

  /** Observations of a type. */
  of(type: string): Observation[] {
    return this.observations.filter((one) => one.type === type);
  }

  async stop(): Promise<void> {
    this.abort.abort(new Error('enough'));
    await this.done;
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string, withinMs = 8_000): Promise<void> {
  const started = performance.now();
  while (!holds()) {
    if (performance.now() - started > withinMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A link whose other end is the test. */
export class TestLink implements Link {
  readonly name: string;
  readonly bytesPerSecond: number;
  readonly sent: { frame: Buffer; peer: string }[] = [];
  events: LinkEvents | undefined;
  /** Whether it takes what is sent. */
  accepts = true;

  constructor(name = 'test', bytesPerSecond = Number.POSITIVE_INFINITY) {
    this.name = name;
    this.bytesPerSecond = bytesPerSecond;
  }

  open(events: LinkEvents): void {
    this.events = events;
    setImmediate(() => this.events?.up());
  }

  send(frame: Uint8Array, peer: string): boolean {
    if (this.accepts) this.sent.push({ frame: Buffer.from(frame), peer });
    return this.accepts;
  }

  async close(): Promise<void> {
    this.events = undefined;
  }

  receive(bytes: Uint8Array, peer = this.name): void {
    this.events?.received(bytes, peer);
  }
}

/** A source over links of the test. */
export function listenTo(hosts: TestHosts, links: readonly Link[], more: object = {}, host: Partial<SourceHost> = {}): Listening {
  const settings = config.parse({ connect: 'udpin:127.0.0.1:0', ...more });
  return new Listening(
    new LiveSource(
      settings,
      { ...hosts.source(), ...host },
      links.map((link) => ({ name: undefined, link })),
    ),
  );
}
