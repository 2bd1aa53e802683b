// One file that is followed, under whatever name: opened, read on, and left when nothing more is expected in it.

import { type FileHandle, open } from 'node:fs/promises';
import { type FoundFile, fits, identityOf, STDIN } from '@quantstream/engine/recordings';
import { type Mark, toMark, toPosition } from '../cursor.js';
import type { Named } from '../files.js';
import { BEGINNING, type Position, type ReaderHost } from '../formats/reader.js';
import { FileStream } from '../stream.js';
import { bytesBefore, Growing } from './growing.js';
import { fileAt, packed, TELLING } from './kin.js';
import type { SavedPlace } from './places.js';
import type { Planner } from './plan.js';

type Plan = Planner['plan'];

/** So much of a file is looked at, at most, before it is read, bytes. */
const FIRST = 1024 * 1024;

export class Followed {
  /** Empty where what was read is in no file that is known. */
  identity: string;
  readonly key: string;
  path: string;
  name: string;
  /** When it was changed last, ms since the epoch, as it was when it had been read to its end: what came later may be in a copy by now. */
  changed: number;
  /** Nothing of it was read yet, and something had its name before: a copy may go before it. */
  waiting = false;
  /** Whether a pattern still leads to it. */
  named = true;
  /** Its size when it was read to its end and left. */
  done: number | undefined;
  /** What it goes on from, and is read before it. */
  after: readonly Followed[] = [];
  /** It was read to its end since it has lost its name. */
  drained = false;
  /** When there was something in it last, and when it is to be looked into next, ms of the clock. */
  heard = 0;
  due = 0;
  /** It was cut, or is another file, since the place that is kept. */
  cut = false;
  /** It was read to its end and left before. */
  left = false;
  /** It is not where it was last. */
  astray = false;
  /** How often it was looked for in vain. */
  misses = 0;
  columns: readonly string[] | undefined;
  private place: Position;
  private stream: FileStream | undefined;
  private content: Growing | undefined;
  private size: number;
  /** The name that it was opened under, and whether it may be another one's by now. */
  private opened = '';
  private unsure = false;
  /** Nothing more is waited for. */
  private last = false;

  constructor(file: FoundFile, key: string, place: Position = BEGINNING, columns?: readonly string[]) {
    this.size = file.size;
    this.identity = file.identity ?? STDIN;
    this.path = file.path;
    this.name = file.name;
    this.changed = file.changed;
    this.key = key;
    this.place = place;
    this.columns = columns;
  }

  static saved({ identity, path, name, key, mark, changed, nameless, columns, done }: SavedPlace): Followed {
    const file = { path, name, below: name, size: 0, changed, identity };
    const followed = new Followed(file, key, toPosition(mark), columns);
    followed.done = done;
    followed.named = nameless === undefined;
    followed.waiting = followed.named && followed.place.at === 0;
    return followed;
  }

  get mark(): Mark {
    const { stream, place } = this;
    const mark = stream?.state()?.mark ?? toMark(place);
    // A header alone says nothing: it is as if it had not been read.
    return place.at === 0 && stream && !stream.handed && mark[1] < TELLING ? toMark(place) : mark;
  }

  /** Where it stands, for whoever looks for its content elsewhere. */
  get position(): Position {
    return toPosition(this.mark);
  }

  /** What was read of it, handed over or not: a copy of it holds that. */
  get seen(): Position {
    const { content, stream, position } = this;
    if (!content || content.consumed === 0) return position;
    const { consumed } = content;
    return { at: consumed, line: position.line + (stream?.head ? 2 : 0), print: content.print(consumed) };
  }

  state(): SavedPlace {
    const { identity, path, name, key, mark, changed, named, columns, done } = this;
    const more = { ...(!named && { nameless: true as const }), ...(columns && { columns }), ...(done !== undefined && { done }) };
    return { identity, path, name, key, mark, changed, ...more };
  }

  /** The rows that are there now. */
  get rows(): FileStream | undefined {
    return this.stream;
  }

  /** It is there, under this name. */
  move({ path, name, changed, size }: FoundFile): void {
    this.size = size;
    this.astray = false;
    this.path = path;
    this.name = name;
    if (!this.waiting && (this.done !== undefined || this.content?.dry || (this.stream && !this.content))) this.changed = changed;
  }

  /** Something came to it after it was left. */
  resume(): void {
    this.done = undefined;
    this.left = true;
    this.last = false;
    this.drained = false;
    this.due = 0;
  }

  /**
   * Has a row at hand if there is one.
   * @returns whether there is; otherwise it is dry, cut, done, or not to be opened yet
   * @throws where it cannot be opened or planned: the file is none of those that can be read
   */
  async load(plan: Plan, host: ReaderHost, signal: AbortSignal): Promise<boolean> {
    if (this.done !== undefined || this.cut) return false;
    try {
      return await this.readOn(plan, host, signal);
    } catch (error) {
      // Another one has its name by now: the next look tells which.
      // Its name has moved on since it was opened.
      if (this.opened !== this.path) {
        await this.close();
        return false;
      }
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
      this.astray = code === 'ENOENT' || (await fileAt(this.path))?.identity !== this.identity;
      if (!this.astray) throw error;
      return false;
    }
  }

  private async readOn(plan: Plan, host: ReaderHost, signal: AbortSignal): Promise<boolean> {
    if (!this.stream && !(await this.open(plan, host))) {
      if (this.cut || this.astray) return false;
      if (this.last) this.done = this.size;
      else this.drained = !this.named;
      return false;
    }
    const stream = this.stream!;
    if (stream.head) return true;
    const more = await stream.load(signal);
    if (this.unsure) {
      this.unsure = false;
      // It was opened by its name, which another one may have had by then.
      if ((await fileAt(this.opened))?.identity !== this.identity) {
        this.stream = undefined;
        await stream.close();
        return false;
      }
    }
    if (more) return true;
    if (this.content?.cut) this.cut = true;
    else if (stream.ended) {
      await this.close();
      this.done = this.size;
    } else this.drained = !this.named;
    return false;
  }

  /** Nothing more is waited for: an unfinished last line is taken as it is. */
  finish(): void {
    this.last = true;
    this.content?.finish();
    this.due = 0;
  }

  /** What was read of it is not handed over. */
  async undo(): Promise<void> {
    await this.close();
    this.place = BEGINNING;
  }

  /** Frees the file; its place is kept. */
  async close(): Promise<void> {
    const { stream, content } = this;
    this.place = this.position;
    if (content) this.size = content.size;
    this.stream = undefined;
    this.content = undefined;
    await stream?.close();
    await content?.close().catch(() => {});
  }

  private async open(plan: Plan, host: ReaderHost): Promise<boolean> {
    const { path, name, key, place, identity } = this;
    const named = { path, name, below: name, key, size: 0, changed: this.changed, identity } as Named;
    this.opened = path;
    if (await packed(path)) {
      this.astray = (await fileAt(path))?.identity !== identity;
      if (this.astray) return false;
      this.unsure = true;
      const planned = await plan(named, undefined, this.columns);
      this.stream = new FileStream(named, planned.open, host, place);
      return true;
    }
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      this.astray = true;
    });
    if (!file) return false;
    try {
      const info = await file.stat();
      this.astray = identityOf(info) !== identity;
      if (this.astray) return await none(file);
      const before = await bytesBefore(file, place.at);
      if (
        place.print &&
        !(info.size >= place.at && (await fits((at, length) => bytes(file, at, length), place.at, place.print)))
      ) {
        this.cut = true;
        return await none(file);
      }
      const first = await firstLine(file, this.last);
      if (first === undefined) return await none(file);
      const planned = await plan(named, first, this.columns);
      this.columns = planned.columns;
      this.content = new Growing(file, place.at, before, place.print);
      if (this.last) this.content.finish();
      named.content = this.content;
      this.left = false;
      this.stream = new FileStream(named, planned.open, host, place);
      return true;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

async function none(file: FileHandle): Promise<false> {
  await file.close();
  return false;
}

async function bytes(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** The first line of a file, as latin1; `undefined` where it has no end yet. @param last whether that is waited for no more */
async function firstLine(file: FileHandle, last: boolean): Promise<string | undefined> {
  for (let length = 4_096; ; length *= 16) {
    const piece = await bytes(file, 0, Math.min(length, FIRST));
    const end = piece.indexOf(10);
    if (end >= 0 || piece.length >= FIRST) return piece.toString('latin1', 0, end < 0 ? piece.length : end + 1);
    if (piece.length < length) return last && piece.length > 0 ? piece.toString('latin1') : undefined;
  }
}
