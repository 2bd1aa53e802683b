// What waits to be told, and what has been, on disk.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, type Severity } from '../api/index.js';
import { type EpisodeItem, type Item, nameOf } from './items.js';

/** How many messages are remembered as told. */
const REMEMBERED = 2_000;

/** What waits to be told and what has been, on disk: a restart neither forgets nor repeats. */
export class Outbox {
  readonly waiting: Item[] = [];
  /** The severity that each was told with first, by id, until it is over; only where that is asked for. */
  readonly raised = new Map<string, Severity>();
  private told: string[] = [];
  private readonly path: string;

  /** @throws what keeps the file from being read */
  constructor(path: string) {
    this.path = path;
    if (!existsSync(path)) return;
    const saved = JSON.parse(readFileSync(path, 'utf8')) as {
      waiting: Item[];
      told: string[];
      raised?: [string, Severity][];
    };
    for (const [id, severity] of saved.raised ?? []) this.raised.set(id, severity);
    this.waiting.push(...saved.waiting);
    this.told = saved.told;
  }

  /** Whether this was put in before, told or not. */
  knows(name: string): boolean {
    return this.told.includes(name);
  }

  put(items: readonly Item[]): void {
    for (const item of items) this.add(item);
    this.save();
  }

  /** Puts it in and knows it from now on; whoever has added all saves them. */
  add(item: Item): void {
    this.waiting.push(item);
    if (item.status === 'opened') this.raised.set(item.id, (item.episode ?? item.incident).severity);
    if (this.raised.size > REMEMBERED) this.raised.delete(this.raised.keys().next().value!);
    this.told.push(...namesOf(item));
    this.told.splice(0, this.told.length - REMEMBERED);
  }

  /** These have been told. */
  done(items: readonly Item[]): void {
    // By their names: what was held may have been released meanwhile.
    const gone = new Set(items.map(nameOf));
    for (const { id, status } of items) if (status === 'closed') this.raised.delete(id);
    this.leave((one) => !gone.has(nameOf(one)));
  }

  /** These could not be told: should they be asked for once more, they are tried again. */
  forget(items: readonly Item[]): void {
    const gone = new Set(items.flatMap(namesOf));
    this.told = this.told.filter((one) => !gone.has(one));
    this.told.push(...items.filter(({ episode }) => episode).map(({ id }) => `${id}/held`));
    this.done(items);
  }

  /** What waits for its time is to be told now: these episodes began with no others. */
  release(ids: ReadonlySet<string>): void {
    const held = (one: Item) => one.due !== undefined && ids.has(one.id);
    if (!this.waiting.some(held)) return;
    this.waiting.splice(
      0,
      this.waiting.length,
      ...this.waiting.map((one): Item => {
        if (!held(one)) return one;
        const { due: _, ...now } = one as EpisodeItem;
        return now;
      }),
    );
    this.save();
  }

  /** What waits for its time is told with an incident. @returns how many that were */
  drop(ids: ReadonlySet<string>): number {
    const before = this.waiting.length;
    this.told.push(...this.waiting.filter(({ due, id }) => due !== undefined && ids.has(id)).map(({ id }) => `${id}/joined`));
    if (this.waiting.some((one) => one.due !== undefined && ids.has(one.id)))
      this.leave((one) => one.due === undefined || !ids.has(one.id));
    return before - this.waiting.length;
  }

  private leave(keep: (item: Item) => boolean): void {
    this.waiting.splice(0, this.waiting.length, ...this.waiting.filter(keep));
    this.save();
  }

  save(): void {
    makeFolder(dirname(this.path));
    const text = JSON.stringify({ waiting: this.waiting, told: this.told, raised: [...this.raised] });
    writeFileSync(`${this.path}.part`, text);
    renameSync(`${this.path}.part`, this.path);
  }
}

/** All that is told by an item. */
const namesOf = (item: Item): string[] => [nameOf(item), ...(item.incident ? item.said : [])];
