// Knows the files that are followed: finds them by the patterns, again and again, and tells a rotated one from a new one.

import { messageOf, QuantStreamError, type SourceHost } from '@quantstream/engine';
import { type FoundFile, findFiles } from '@quantstream/engine/recordings';
import { Followed } from './followed.js';
import { type AsIs, continues, fileAt, holds, kinOf, older, packed, stemOf } from './kin.js';
import type { SavedPlace } from './places.js';

/** Files that were left are remembered, so that one that is packed later is known: so many that have no name any more. */
const REMEMBERED = 64;
/** Whether a file is a copy of one of the latest of its kin is asked of so many. */
const ASKED = 16;
/** A file that is nowhere is given up after so many looks. */
const ENOUGH = 4;
/** A file that has lost its name is left when nothing was added to it for so long, ms. */
const LINGER = 10_000;
/** A packed file that was not changed for so long is no longer being written, ms. */
const SETTLED = 2_000;

export class Watch {
  /** In the order in which they were met. */
  files: Followed[] = [];
  /** Keys of files of which something may be lost, since it was last asked. */
  lost: string[] = [];
  private readonly patterns: readonly string[];
  private readonly host: SourceHost;
  /** Size and time of change of packed files that may still be written, by identity. */
  private readonly written = new Map<string, string>();
  /** By name, when a file was changed last that is nowhere any more: what came behind it may be there under other names. */
  private readonly gone = new Map<string, number>();
  private told: string | undefined;

  constructor(patterns: readonly string[], host: SourceHost) {
    this.patterns = patterns;
    this.host = host;
  }

  /** Goes on from where files stood. */
  async restore(saved: readonly SavedPlace[]): Promise<void> {
    this.files = saved.map((place) => Followed.saved(place));
    const earlier = new Set<string>();
    for (const file of [...this.files]) {
      if (file.done !== undefined) continue;
      file.after = this.nameless(file.path).filter((one) => earlier.has(one.identity));
      const there = await this.isThere(file);
      if (!there) file.named = false;
      earlier.add((there ? file : ((await this.find(file)) ?? file)).identity);
    }
  }

  /** Looks which files there are. @param now ms of the clock */
  async look(now: number): Promise<void> {
    const found = await this.found();
    for (const file of this.files) file.named = false;
    const known = new Map(this.files.map((file) => [file.identity, file]));
    const fresh: AsIs[] = [];
    // Where a pattern leads to the generations of a file as well, they are what it was.
    const paths = new Set(found.map(({ path }) => path));
    const isNamed = ({ path }: AsIs) => stemOf(path) === path || !paths.has(stemOf(path));
    const begun = new Set(this.files.map(({ path }) => stemOf(path)));
    for (const one of found) {
      const file = known.get(one.identity);
      if (!file) {
        if (isNamed(one) || !begun.has(stemOf(one.path))) fresh.push(one);
        continue;
      }
      file.named = isNamed(one);
      if (file.named) file.drained = false;
      // What was left and is not as it was is read on, or is another one by now.
      if (file.done !== undefined && (file.done !== one.size || file.changed !== one.changed)) file.resume();
      file.move(one);
    }
    for (const one of fresh.sort(older))
      await this.meet(one, isNamed(one), begun.has(stemOf(one.path)) ? now : Number.POSITIVE_INFINITY);
    // Whose turn it is, and who has no row yet: a copy of what it held before may be there by now.
    for (const file of [...this.ready()]) if (file.waiting) await this.isNext(file);
    for (const file of [...this.files]) {
      if (file.named || file.done !== undefined || !this.files.includes(file)) continue;
      if (file.astray) await this.find(file);
      else if (file.drained && now - file.heard > LINGER) file.finish();
    }
    this.forget();
  }

  /** A file was cut, or written anew: goes on where its content still is. What it is now the next look meets. */
  async mend(file: Followed): Promise<void> {
    await file.close();
    file.identity = '';
    file.named = false;
    await this.find(file);
  }

  /** Files that can be read now: none that goes on from one that is not read to its end. */
  *ready(): Iterable<Followed> {
    for (const file of this.files)
      if (file.done === undefined && file.after.every((one) => one.done !== undefined || one.drained)) yield file;
  }

  private known({ identity }: FoundFile): Followed | undefined {
    return this.files.find((file) => file.identity === identity);
  }

  private async found(): Promise<AsIs[]> {
    const all = new Map<string, AsIs>();
    let absent: string | undefined;
    for (const pattern of this.patterns) {
      const files = await findFiles([pattern], {
        plugin: 'file',
        code: 'QS_PLAN_DECLARATION',
        resolvePath: (path) => this.host.resolvePath(path),
        filesOf: (folder) => `${folder}/*.csv`,
        growing: true,
      }).catch((error: unknown) => {
        if (!(error instanceof QuantStreamError)) throw error;
        absent ??= messageOf(error);
        return [];
      });
      for (const { identity, ...file } of files)
        if (!file.piped && identity !== undefined && !all.has(identity)) all.set(identity, { ...file, identity });
    }
    const why = all.size === 0 && absent !== undefined ? `${absent}; it is waited for` : undefined;
    this.host.trouble(why);
    if (why !== undefined && why !== this.told) this.host.log.warn({}, why);
    this.told = why;
    return [...all.values()];
  }

  /** A file that was not there before. @returns whether it is known what it is */
  private async meet(one: AsIs, named: boolean, now: number): Promise<boolean> {
    const isPacked = await packed(one.path);
    if (isPacked) {
      if (await hasOriginal(one)) return true;
      if (!this.stamp(one, now)) return false;
    }
    this.written.delete(one.identity);
    const kin = this.files.filter(({ path }) => stemOf(path) === stemOf(one.path));
    const origin = await originOf(one.path, kin);
    if (origin) {
      if (!isPacked && (await this.isCopy(one, origin))) return true;
      const file = new Followed(one, origin.key, origin.position, origin.columns);
      file.named = named;
      file.after = origin.after;
      await origin.close();
      this.swap(origin, file);
      return true;
    }
    if ((await fileAt(one.path))?.identity !== one.identity) return false;
    const stem = stemOf(one.path);
    const since = this.gone.get(stem) ?? Math.max(...kin.map(({ changed }) => changed));
    if (named && Number.isFinite(since)) {
      if (!(await this.between(one, since, now))) return false;
      this.gone.delete(stem);
    }
    const file = new Followed(one, named ? one.below.replace(/\.gz$/i, '') : (kin.at(-1)?.key ?? stemOf(one.below)));
    file.named = named;
    file.waiting = named && Number.isFinite(since);
    file.after = this.nameless(one.path);
    this.files.push(file);
    return true;
  }

  /** Takes in the files that had a name, and lost it, since one was changed that is known. @returns whether it is known of all what they are */
  private async between({ path, identity }: AsIs, since: number, now: number): Promise<boolean> {
    let all = true;
    for (const one of await this.since(path, identity, since))
      if (all) all = await this.meet(one, false, now);
      else this.stamp(one, now);
    return all;
  }

  /** Files of the kin of one that are not known, and were changed since. */
  private async since(path: string, identity: string, since: number): Promise<AsIs[]> {
    return (await kinOf(path)).filter(
      (one) => one.path !== path && one.identity !== identity && Math.round(one.changed) >= Math.round(since) && !this.known(one),
    );
  }

  /** @returns whether a packed file is no longer being written, as far as its size and time say */
  private stamp({ identity, size, changed }: AsIs, now: number): boolean {
    const stamp = `${size} ${changed}`;
    const settled = now - changed > SETTLED || this.written.get(identity) === stamp;
    this.written.set(identity, stamp);
    return settled;
  }

  /**
   * Whether nothing goes before a file that was looked into for the first time just now. What goes before it may have been cut away from it, into a
   * copy, while it waited for its turn; then both are met anew.
   */
  async isNext(file: Followed): Promise<boolean> {
    const kin = this.files.filter((one) => one !== file && stemOf(one.path) === stemOf(file.path));
    for (const one of await this.since(file.path, file.identity, file.changed)) {
      // Copies that stay beside what is read hold nobody up.
      const isPacked = await packed(one.path);
      if (isPacked && (await hasOriginal(one))) continue;
      const origin = isPacked ? undefined : await originOf(one.path, kin);
      if (origin && (await this.isCopy(one, origin))) continue;
      await file.undo();
      this.meetAnew(file);
      return false;
    }
    return true;
  }

  /** Whether a file is a copy of what is being read; it is gone on with once that is cut or gone. */
  private async isCopy({ size }: AsIs, origin: Followed): Promise<boolean> {
    return size <= ((await fileAt(origin.path))?.size ?? 0) && (await this.isThere(origin));
  }

  /** Those that had the name of a file before. */
  private nameless(path: string): Followed[] {
    return this.files.filter((file) => !file.named && file.done === undefined && stemOf(file.path) === stemOf(path));
  }

  /** Finds what a file held under another name, or packed, and goes on there. */
  private async find(file: Followed): Promise<Followed | undefined> {
    const { position } = file;
    const others = await kinOf(file.path);
    // Under its own identity first.
    others.sort((a, b) => Number(b.identity === file.identity) - Number(a.identity === file.identity));
    for (const one of others) {
      const known = this.known(one);
      if (known && known !== file) continue;
      if (!(await (one.identity === file.identity ? holds : continues)(one.path, position))) continue;
      const rest = new Followed(one, file.key, position, file.columns);
      rest.named = false;
      rest.after = file.after;
      this.swap(file, rest);
      this.host.log.info(
        { file: file.name, at: position.at, in: one.path },
        'a file that was begun is read on under another name',
      );
      return rest;
    }
    if (position.at === 0) {
      this.meetAnew(file);
      return undefined;
    }
    // Names may be moving on just now, or a copy is being written.
    if (++file.misses < ENOUGH) {
      file.astray = true;
      return undefined;
    }
    this.lose(file);
    if (position.at > 0 && !file.left) {
      this.lost.push(file.key);
      const what = file.cut ? 'was cut or written anew' : 'is gone';
      this.host.drop(
        'lost_file',
        `${file.name}:${position.line + 1}: it ${what}: what came behind byte ${position.at} and was not read is lost`,
      );
    }
    return undefined;
  }

  /** Puts another file in the place of one, or none. */
  private swap(file: Followed, by?: Followed): void {
    const instead = by ? [by] : [];
    this.files = this.files.flatMap((one) => (one === file ? instead : [one]));
    for (const one of this.files)
      if (one.after.includes(file)) one.after = one.after.flatMap((before) => (before === file ? instead : [before]));
  }

  private async isThere(file: Followed): Promise<boolean> {
    return !file.cut && (await fileAt(file.path))?.identity === file.identity && (await holds(file.path, file.position));
  }

  /** Nothing was read of a file that is nowhere: it and those behind it, of which nothing was read either, are found in order by the next look. */
  private meetAnew(file: Followed): void {
    const stem = stemOf(file.path);
    for (const one of this.files.slice(this.files.indexOf(file)))
      if (one.done === undefined && one.position.at === 0 && stemOf(one.path) === stem) this.lose(one);
  }

  /** Leaves a file that is nowhere; what was changed since is looked at when something has its name. */
  private lose(file: Followed): void {
    const stem = stemOf(file.path);
    this.gone.set(stem, Math.min(file.changed, this.gone.get(stem) ?? Number.POSITIVE_INFINITY));
    this.swap(file);
  }

  private forget(): void {
    let over = this.files.filter(({ named, done }) => !named && done !== undefined).length - REMEMBERED;
    if (over > 0) this.files = this.files.filter(({ named, done }) => named || done === undefined || over-- <= 0);
    for (const file of this.files) if (file.after.length > 0) file.after = file.after.filter(({ done }) => done === undefined);
    if (this.written.size > 10_000) this.written.clear();
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close();
  }
}

/** Whether the file is there that a packed one was made of: as long as it is, that is read. */
async function hasOriginal({ path, name, identity }: AsIs): Promise<boolean> {
  const original = await fileAt(path.replace(/\.gz$/i, ''), name);
  return original !== undefined && original.identity !== identity;
}

/** The file whose content another one goes on with, or is a copy of. */
async function originOf(path: string, kin: readonly Followed[]): Promise<Followed | undefined> {
  for (const file of kin.toReversed().slice(0, ASKED)) if (await continues(path, file.seen)) return file;
  return undefined;
}
