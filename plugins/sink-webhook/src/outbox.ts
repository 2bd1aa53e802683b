// What waits to be told, and what has been, on disk.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '@quantstream/engine';
import type { Item } from './message.js';

/** How many messages are remembered as told. */
const REMEMBERED = 2_000;

/** What waits to be told and what has been, on disk: a restart neither forgets nor repeats. */
export class Outbox {
  readonly waiting: Item[] = [];
  private told: string[] = [];
  private readonly path: string;

  /** @throws what keeps the file from being read */
  constructor(path: string) {
    this.path = path;
    if (!existsSync(path)) return;
    const saved = JSON.parse(readFileSync(path, 'utf8')) as { waiting: Item[]; told: string[] };
    this.waiting.push(...saved.waiting);
    this.told = saved.told;
  }

  /** Whether this was put in before, told or not. */
  knows(id: string, status: Item['status']): boolean {
    return this.told.includes(`${id}/${status}`);
  }

  put(items: readonly Item[]): void {
    this.waiting.push(...items);
    this.told.push(...items.map(({ id, status }) => `${id}/${status}`));
    this.told.splice(0, this.told.length - REMEMBERED);
    this.save();
  }

  /** The first so many have been told. */
  done(count: number): void {
    this.waiting.splice(0, count);
    this.save();
  }

  /** The first so many could not be told: should they be asked for once more, they are tried again. */
  forget(count: number): void {
    const gone = new Set(this.waiting.slice(0, count).map(({ id, status }) => `${id}/${status}`));
    this.told = this.told.filter((one) => !gone.has(one));
    this.done(count);
  }

  private save(): void {
    makeFolder(dirname(this.path));
    const text = JSON.stringify({ waiting: this.waiting, told: this.told });
    writeFileSync(`${this.path}.part`, text);
    renameSync(`${this.path}.part`, this.path);
  }
}
