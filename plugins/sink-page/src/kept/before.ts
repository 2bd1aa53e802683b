// What is older than memory holds: asked of the sink that keeps it.

import type { History, KeptHeat, KeptParts, KeptRow, KnownKey, Stretch } from '@quantstream/engine';
import type { Past } from './past.js';
import { firstOf, type Ring } from './ring.js';

/** So long it is believed which keys are stored since when, ms. */
const BELIEVED = 60_000;
/** Answers over all keys that are kept for those who ask the same. */
const ANSWERS = 16;
/** Less than any two event times that a database tells apart, ms. */
const INSTANT = 0.001;

/** All keys over the part of a stretch that only the other sink has. */
export interface Older {
  readonly keys: ReadonlyMap<string, KnownKey>;
  readonly heat: ReadonlyMap<string, KeptHeat>;
}

/** Rows that went from memory, or that never were in it. Every method may fail as the other sink does. */
export class Before {
  private readonly history: History;
  private readonly past: Past;
  private readonly now: () => number;
  private known: { readonly at: number; readonly keys: Promise<ReadonlyMap<string, KnownKey>> } | undefined;
  private readonly answers = new Map<string, { readonly at: number; readonly heat: Promise<readonly KeptHeat[]> }>();

  constructor(history: History, past: Past, now: () => number) {
    this.history = history;
    this.past = past;
    this.now = now;
  }

  /** Keys that have older rows than memory, over a stretch. @returns nothing where memory has all of it */
  async lanes(stretch: Stretch, bins: number): Promise<Older | undefined> {
    const keys = await this.keys();
    const until = new Map<string, number>();
    let end = Number.NEGATIVE_INFINITY;
    for (const { key, first, last } of keys.values()) {
      const edge = this.edgeOf(key);
      if (edge !== Number.POSITIVE_INFINITY) until.set(key, edge);
      if (first < edge) end = Math.max(end, Math.min(edge, last));
    }
    const to = Math.min(stretch.to, end);
    if (to <= stretch.from) return { keys, heat: new Map() };
    const step = (stretch.to - stretch.from) / bins;
    const asked = `${stretch.from} ${to} ${step}`;
    const now = this.now();
    for (const [name, { at }] of this.answers) if (now - at > BELIEVED || this.answers.size >= ANSWERS) this.answers.delete(name);
    const answer = this.answers.get(asked) ?? { at: now, heat: this.history.heat({ from: stretch.from, to }, step, until) };
    this.answers.set(asked, answer);
    const heat = await answer.heat.catch((error) => {
      this.answers.delete(asked);
      throw error;
    });
    return { keys, heat: new Map(heat.map((one) => [one.key, one])) };
  }

  /** Older rows of a key in parts of so many ms. @returns nothing where memory has all of them */
  async parts(key: string, { from, to }: Stretch, step: number): Promise<KeptParts | undefined> {
    const edge = await this.edge(key, from);
    return edge === undefined ? undefined : this.history.parts(key, { from, to: Math.min(to, edge - INSTANT) }, step);
  }

  /** The last rows of a key before a moment, of those that memory does not have. */
  async last(key: string, time: number, count: number): Promise<readonly KeptRow[]> {
    const edge = await this.edge(key, time);
    return edge === undefined ? [] : this.history.rows(key, { from: Number.NEGATIVE_INFINITY, to: time - INSTANT }, count);
  }

  /** What memory has, and for one key older rows of a stretch as well: as many of the latest as are asked for. */
  async ring(key: string, { from, to }: Stretch, most: number): Promise<Ring> {
    const edge = await this.edge(key, from);
    if (edge === undefined) return this.past.ring;
    return this.past.ring.besides(key, await this.history.rows(key, { from, to: Math.min(to, edge - INSTANT) }, most));
  }

  /** From when on memory has rows, where some are stored that are older than that and behind `from`. */
  async since(from: number): Promise<number | undefined> {
    const since = this.past.ring.span?.first ?? Number.POSITIVE_INFINITY;
    if (from >= since) return undefined;
    for (const { first } of (await this.keys()).values()) if (first < since) return since;
    return undefined;
  }

  /** The first moment that memory has of a key, where the other sink has more and that is asked for. */
  private async edge(key: string, from: number): Promise<number | undefined> {
    const edge = this.edgeOf(key);
    if (from >= edge) return undefined;
    const known = (await this.keys()).get(key);
    return known && known.first < edge ? edge : undefined;
  }

  private edgeOf(key: string): number {
    const rows = this.past.ring.keys.get(key);
    return rows && rows.blocks.length > 0 ? firstOf(rows) : Number.POSITIVE_INFINITY;
  }

  private keys(): Promise<ReadonlyMap<string, KnownKey>> {
    const now = this.now();
    if (this.known && now - this.known.at < BELIEVED) return this.known.keys;
    const keys = this.history.keys().then((all) => new Map(all.map((one) => [one.key, one])));
    this.known = { at: now, keys };
    keys.catch(() => {
      this.known = undefined;
    });
    return keys;
  }
}
