// What was taken in and may come again: until the broker has heard that it was, it sends it once more.

import { createHash } from 'node:crypto';
import { readPosition } from '@quantstream/engine/recordings';

/** A message that was taken. */
export interface Taken {
  /** What it is known by when it comes again: the number that the broker gave it, and a digest. */
  readonly name: string;
  readonly id: number;
  /** Which connection it came over last. */
  connection: number;
  /** How many observations had been handed over with its own; 0 before that. */
  given: number;
  acknowledged: boolean;
}

interface Cursor {
  readonly version: 1;
  readonly given: number;
  /** The latest event time; absent before the first. */
  readonly latest?: number;
  readonly taken: readonly string[];
}

/** A message that is sent again has the number that it had (MQTT 5, section 4.4), so two that say the same are two. */
export function nameOf(id: number, topic: string, payload: Buffer): string {
  return `${id}:${createHash('sha1').update(topic).update('\0').update(payload).digest('base64url').slice(0, 10)}`;
}

/** The latest messages that were handed over, and all that the broker still waits to hear of. */
export class TakenMessages {
  given = 0;
  /** As many as the latest checkpoint holds. */
  committed = 0;
  latest = Number.NEGATIVE_INFINITY;
  private readonly remembered: number;
  private readonly known = new Map<string, Taken>();
  private written: { given: number; text: string } | undefined;
  /** The latest connection over which something new came. */
  private news = 0;

  /** @param remembered how many are known again after the broker was told */
  constructor(remembered: number) {
    this.remembered = remembered;
  }

  /** From a cursor. @throws QS_SOURCE_FAILED where it is none */
  restore(text: string): void {
    const isCursor = ({ version, given, taken }: Partial<Cursor>) =>
      version === 1 && typeof given === 'number' && Array.isArray(taken) && taken.every((name) => typeof name === 'string');
    const { given, latest, taken } = readPosition<Cursor>(text, 'mqtt', 'brokers', isCursor);
    this.given = this.committed = given;
    if (latest !== undefined) this.latest = latest;
    for (const name of taken)
      this.known.set(name, { name, id: Number.parseInt(name, 10), connection: 0, given, acknowledged: false });
  }

  find(name: string): Taken | undefined {
    return this.known.get(name);
  }

  add(taken: Taken): void {
    this.known.delete(taken.name);
    this.known.set(taken.name, taken);
  }

  /** What a checkpoint holds now and the broker may forget. */
  *upTo(given: number): Iterable<Taken> {
    this.committed = Math.max(this.committed, given);
    for (const taken of this.known.values()) if (!taken.acknowledged && taken.given > 0 && taken.given <= given) yield taken;
    this.forget();
  }

  /**
   * Something new has come. What the broker was not told of it sends first, and gives no number away before (MQTT 5, sections 4.4 and
   * 2.2.1): of earlier connections nothing comes again that a checkpoint holds, and its numbers are those of other messages from now on.
   */
  begin(connection: number): void {
    if (this.news === connection) return;
    this.news = connection;
    for (const [name, taken] of this.known)
      if (taken.connection < connection && taken.given > 0 && taken.given <= this.committed) this.known.delete(name);
    this.written = undefined;
  }

  /** The broker has forgotten the session: nothing of it comes again, and nothing of it is waited for. */
  release(): void {
    for (const taken of this.known.values()) taken.acknowledged = true;
  }

  cursor(): string {
    if (this.written?.given === this.given) return this.written.text;
    const taken = [...this.known.values()].filter((one) => one.given > 0).map(({ name }) => name);
    const latest = Number.isFinite(this.latest) ? { latest: this.latest } : {};
    const text = JSON.stringify({ version: 1, given: this.given, ...latest, taken } satisfies Cursor);
    this.written = { given: this.given, text };
    return text;
  }

  private forget(): void {
    let more = this.known.size - this.remembered;
    for (const [name, { acknowledged }] of this.known) {
      if (more-- <= 0) return;
      if (acknowledged) this.known.delete(name);
    }
  }
}

/** What a cursor says of how many were handed over. */
export const givenOf = (cursor: string): number => (JSON.parse(cursor) as Cursor).given;
