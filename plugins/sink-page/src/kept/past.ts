// What the page keeps of a pipeline: rows, episodes, what is missing, and what else happened.

import type { Episode, History, Incident, Missing, PipelineSchema, SinkBatch, Verdict } from '@quantstream/engine';
import type { Gap, KeyHistory } from '../wire.js';
import { Changing } from './changing.js';
import { type KeyRows, lastOf, Ring } from './ring.js';

type Note = KeyHistory['notes'][number];

/** Episodes, incidents, gaps and notes that are kept at most. */
const EPISODES = 20_000;
const INCIDENTS = 2_000;
const GAPS = 20_000;
const NOTES = 2_000;
/** Gaps of all keys. */
const ALL = '*';
const ROWS_AT_ONCE = 20_000;

/** What the page keeps, in bounded memory. */
export class Past {
  readonly ring: Ring;
  readonly episodes = new Changing<Episode>(EPISODES);
  readonly incidents = new Changing<Incident>(INCIDENTS);
  private gaps: { readonly key: string; readonly gap: Gap }[] = [];
  private notes: { readonly key: string; readonly note: Note }[] = [];
  /** By model and version, how many keys it judges. */
  private readonly versions = new Map<string, Map<string, number>>();

  /** @param most bytes for rows */
  constructor(schema: PipelineSchema, most: number) {
    const columns = schema.row.columns.map(({ name }) => name);
    this.ring = new Ring({ columns, models: schema.models.map(({ name }) => name) }, most);
    for (const { name } of schema.models) this.versions.set(name, new Map());
  }

  take({ verdicts, episodes, missing, incidents }: SinkBatch): void {
    for (const verdict of verdicts) this.follow(this.ring.add(verdict), verdict);
    // What a batch holds is lent.
    for (const episode of episodes) this.episodes.put(structuredClone(episode), ++this.ring.now);
    for (const incident of incidents ?? []) this.incidents.put(structuredClone(incident), ++this.ring.now);
    for (const one of missing) this.miss(one);
  }

  /**
   * Fills what room is left with what another sink keeps: of each key as many of the latest rows.
   * @param live whether a stream goes on from there, so that it is noted where this process began
   */
  async fill(history: History, signal: AbortSignal, live: boolean): Promise<void> {
    const keys = await history.keys();
    const share = Math.min(ROWS_AT_ONCE, Math.floor(this.ring.room / Math.max(1, keys.length)));
    for (const { key, first, last } of share > 0 ? keys : []) {
      if (signal.aborted) return;
      const before = this.ring.keys.get(key)?.blocks[0]?.time(0) ?? Number.POSITIVE_INFINITY;
      const rows = await history.rows(key, { from: first, to: Math.min(last, before - 1) }, share);
      this.ring.put(key, rows);
      if (live && rows.length > 0) this.note(key, { time: rows.at(-1)!.time, kind: 'restart', text: 'started anew behind this' });
    }
    // Of before the rows in memory as well: their pictures are asked for when somebody looks.
    const stretch = { from: Number.NEGATIVE_INFINITY, to: Number.MAX_SAFE_INTEGER };
    // What has been heard since is later than what was stored.
    for (const episode of await history.episodes(stretch))
      if (!this.episodes.has(episode.id)) this.episodes.put(episode, ++this.ring.now);
    for (const incident of await history.incidents(stretch))
      if (!this.incidents.has(incident.id)) this.incidents.put(incident, ++this.ring.now);
    for (const one of await history.missing(stretch)) if (!this.knows(one)) this.miss(one);
  }

  /** Event time of the last row of a key; −∞ without one. */
  lastOf(key: string): number {
    const rows = this.ring.keys.get(key);
    return rows && rows.blocks.length > 0 ? lastOf(rows) : Number.NEGATIVE_INFINITY;
  }

  episodesWithin(from: number, to: number, key?: string): Episode[] {
    const found = this.episodes.within(from, to);
    return key === undefined ? found : found.filter((episode) => episode.key === key);
  }

  gapsWithin(from: number, to: number, key: string): readonly Gap[] {
    return this.allGapsWithin(from, to)(key);
  }

  /** Gaps that touch a stretch, looked for once: gives those of a key. */
  allGapsWithin(from: number, to: number): (key: string) => readonly Gap[] {
    const byKey = new Map<string, Gap[]>([[ALL, []]]);
    for (const { key, gap } of this.gaps) {
      if (gap.to < from || gap.from > to) continue;
      const own = byKey.get(key);
      if (own) own.push(gap);
      else byKey.set(key, [gap]);
    }
    const ofAll = byKey.get(ALL)!;
    return (key) => (key === ALL ? ofAll : [...(byKey.get(key) ?? []), ...ofAll]);
  }

  notesWithin(from: number, to: number, key: string): Note[] {
    return this.notes.filter((one) => one.key === key && one.note.time >= from && one.note.time <= to).map(({ note }) => note);
  }

  models(): { name: string; versions: { version: string; keys: number }[] }[] {
    return [...this.versions].map(([name, versions]) => ({
      name,
      versions: [...versions].filter(([, keys]) => keys > 0).map(([version, keys]) => ({ version, keys })),
    }));
  }

  private miss({ key, from, to, reason, count }: Missing): void {
    this.gaps.push({ key, gap: { from: Number.isFinite(from) ? from : to, to, reason, count: count ?? 0 } });
    if (this.gaps.length > 2 * GAPS) this.gaps = this.gaps.slice(-GAPS);
  }

  private knows({ key, to, reason }: Missing): boolean {
    return this.gaps.some((one) => one.key === key && one.gap.to === to && one.gap.reason === reason);
  }

  private note(key: string, note: Note): void {
    this.notes.push({ key, note });
    if (this.notes.length > 2 * NOTES) this.notes = this.notes.slice(-NOTES);
  }

  /** Notes another generation of a model. */
  private follow({ key, versions }: KeyRows, { models, time }: Verdict): void {
    for (const name in models) {
      const { version } = models[name]!;
      const before = versions.get(name);
      if (before === version) continue;
      versions.set(name, version);
      const counts = this.versions.get(name);
      if (!counts) continue;
      counts.set(version, (counts.get(version) ?? 0) + 1);
      if (before === undefined) continue;
      const left = counts.get(before)! - 1;
      if (left > 0) counts.set(before, left);
      else counts.delete(before);
      this.note(key, { time, kind: 'model', text: `${name} is ${version} from here on, before it was ${before}` });
    }
  }
}
