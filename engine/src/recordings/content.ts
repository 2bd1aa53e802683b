/** Opens a file at a place of its decoded content; what it is packed in is told by its first bytes and not by its name. */
import { constants, openSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, QuantStreamError } from '../api/index.js';
import { Inflated, MOUTHFUL, PIECE, type Pieces, Piped, Stretch } from './pieces.js';
import { type Content, fits, type Print, Remembered } from './prints.js';
import { isSideFile } from './side-files.js';
import type { ZipEntry } from './zip.js';

/** Who reads a file, for messages, and what of an archive. */
export interface ContentSettings {
  /** The name of the plugin, with which messages begin. */
  readonly plugin: string;
  /** What the plugin calls its files: "cannot read the log …". Without it: "cannot open …". */
  readonly noun?: string;
  /** Endings, in small letters, of what is read in a zip archive. Default: all that is no folder and no side file. */
  readonly endings?: readonly string[];
  /** Ends the wait for what comes through a pipe. */
  readonly signal?: AbortSignal;
}

/** What is opened: a file, or one in an archive. */
export interface Openable {
  readonly path: string;
  readonly entry?: ZipEntry;
}

type Kind = 'plain' | 'gzip' | 'zip';

const GZIP = 0x1f8b;
/** A local header, the end of an empty archive, the mark of a split one. Two letters alone may be how a text begins. */
const ZIP: readonly number[] = [0x504b0304, 0x504b0506, 0x504b0708];

function kindOf(first: Buffer): Kind {
  if (first.length >= 2 && first.readUInt16BE(0) === GZIP) return 'gzip';
  return first.length >= 4 && ZIP.includes(first.readUInt32BE(0)) ? 'zip' : 'plain';
}

async function firstOf(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.subarray(0, bytesRead);
}

/** Standard input, as a path. */
export const STDIN = '-';

/** Whether a path leads to what is read once, from front to back: standard input (`-`), a FIFO, a device. */
export function isPiped(path: string): boolean {
  if (path === STDIN) return true;
  const info = statSync(path, { throwIfNoEntry: false });
  return info !== undefined && !info.isFile() && !info.isDirectory();
}

/**
 * The data files of a zip archive, in natural order of their names; `undefined` where the file is none.
 * @returns what was left out as well: names that have none of the endings
 * @throws QS_SOURCE_FAILED where it cannot be read, or holds no data file
 */
export async function filesInZip(
  path: string,
  settings: ContentSettings,
): Promise<{ readonly entries: readonly ZipEntry[]; readonly others: readonly string[] } | undefined> {
  return opened(path, settings, async (file) => {
    const found = kindOf(await firstOf(file)) === 'zip' ? await dataIn(file, path, settings) : undefined;
    await file.close();
    return found;
  });
}

async function dataIn(file: FileHandle, path: string, { plugin, endings }: ContentSettings) {
  // Loaded only where there is an archive: most runs have none, and it costs some of their start.
  const [{ listZip }, { natural }] = await Promise.all([import('./zip.js'), import('./natural.js')]);
  const refusal = (why: string) => new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: cannot read the archive ${path}: ${why}`);
  const all = await listZip(file, (await file.stat()).size).catch((error: unknown) => {
    throw refusal(messageOf(error));
  });
  const isData = ({ name }: ZipEntry) => !endings || endings.some((ending) => name.toLowerCase().endsWith(ending));
  const files = all.filter(({ name }) => !isSideFile(name));
  const entries = files.filter(isData).sort((a, b) => natural(a.name, b.name));
  if (entries.length === 0) throw refusal(`it holds no ${endings ? listed(endings) : 'file'}`);
  return { entries, others: files.filter((entry) => !isData(entry)).map(({ name }) => name) };
}

/** Whether a file is an archive, so that its content may be longer than itself. Rejects where it cannot be read. */
export async function isPacked(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    return kindOf(await firstOf(file)) !== 'plain';
  } finally {
    await file.close();
  }
}

/**
 * Opens a file. A plain one is entered at `offset` directly, a packed one decoded up to it. `-` is standard input.
 * Memory: a few pieces of 128 KiB; of an archive as much as 32 KiB of it unpack to.
 * @param offset bytes of the decoded content that are passed over
 * @param known what the content was recognised by when reading stopped there
 * @throws QS_SOURCE_FAILED where it cannot be opened, is an archive with nothing to read or (unless `entry` says which) with several
 * files, ends before `offset`, or is not the content that is known. One that is cut off or damaged gives what can be decoded before
 * that, and then says so in `truncated`
 */
export async function openContent(
  target: string | Openable,
  offset: number,
  settings: ContentSettings,
  known?: Print,
): Promise<Content> {
  const { path, entry } = typeof target === 'string' ? { path: target, entry: undefined } : target;
  if (isPiped(path)) return openPiped(path, settings);
  return opened(path, settings, async (file) => {
    const { size } = await file.stat();
    const name = entry ? `${path}/${entry.name}` : path;
    const changed = (what: string) =>
      new QuantStreamError(
        'QS_SOURCE_FAILED',
        `${settings.plugin}: ${name} ${what}: it was cut or replaced. Put it back, give what is new another name, or start afresh with --reset-state`,
      );
    const kind = kindOf(await firstOf(file));
    if (kind === 'plain') {
      if (known && size < offset) throw changed(`has ${size} bytes and had at least ${offset} when reading stopped`);
      const bytes = async (at: number, length: number) => {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
        return buffer.subarray(0, bytesRead);
      };
      if (known && !(await fits(bytes, offset, known))) throw changed(OTHER);
      return new Remembered(new Stretch(file, size, [offset, Number.POSITIVE_INFINITY]), offset, known);
    }
    const content = new Remembered(await unpacked(file, path, kind, size, entry, settings));
    if (offset === 0) return content;
    const rest = await content.passTo(offset, known);
    if (!rest && known) throw changed(OTHER);
    return new Rest(content, rest);
  });
}

const OTHER = 'does not hold what it held before the place where reading stopped';

async function unpacked(
  file: FileHandle,
  path: string,
  kind: 'gzip' | 'zip',
  size: number,
  given: ZipEntry | undefined,
  settings: ContentSettings,
): Promise<Pieces> {
  const chunks = { chunkSize: PIECE };
  const { createGunzip, createInflateRaw } = await import('node:zlib');
  if (kind === 'gzip')
    return new Inflated(new Stretch(file, size, [0, Number.POSITIVE_INFINITY], MOUTHFUL), createGunzip(chunks));
  const refusal = (why: string) =>
    new QuantStreamError('QS_SOURCE_FAILED', `${settings.plugin}: cannot read the archive ${path}: ${why}`);
  const entry = given ?? (await only(file, path, settings, refusal));
  const { placeInZip } = await import('./zip.js');
  const place = await placeInZip(file, entry);
  if (typeof place === 'string') throw refusal(`${entry.name}: ${place}`);
  const { range, deflated } = place;
  const damage = entry.damage && `${entry.damage}; what the archive held behind ${entry.name} is lost`;
  const stretch = new Stretch(file, size, range, deflated ? MOUTHFUL : PIECE, damage);
  return deflated ? new Inflated(stretch, createInflateRaw(chunks), entry.promised) : stretch;
}

/** The only file of an archive. */
async function only(
  file: FileHandle,
  path: string,
  settings: ContentSettings,
  refusal: (why: string) => QuantStreamError,
): Promise<ZipEntry> {
  const { entries } = await dataIn(file, path, settings);
  const [first, second] = entries;
  if (second)
    throw refusal(
      `it holds ${entries.length} files, ${first!.name}, ${second.name}${entries.length > 2 ? ', …' : ''}: unpack it`,
    );
  return first!;
}

/** What is left of a content behind a place. */
class Rest implements Content {
  private readonly content: Content;
  private first: Buffer | undefined;

  constructor(content: Content, first: Buffer | undefined) {
    this.content = content;
    this.first = first;
  }

  get size(): number {
    return this.content.size;
  }

  get consumed(): number {
    return this.content.consumed;
  }

  get truncated(): string | undefined {
    return this.content.truncated;
  }

  async read(): Promise<Buffer | undefined> {
    const { first } = this;
    this.first = undefined;
    return first && first.length > 0 ? first : this.content.read();
  }

  print(at: number): Print {
    return this.content.print(at);
  }

  close(): Promise<void> {
    return this.content.close();
  }
}

async function openPiped(path: string, { plugin, signal }: ContentSettings): Promise<Content> {
  const piped = new Piped(await streamOf(path));
  if (signal?.aborted) await piped.close();
  signal?.addEventListener('abort', () => void piped.close(), { once: true });
  const kind = kindOf(await piped.begin(4));
  if (kind === 'zip') {
    await piped.close();
    throw new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: a zip archive cannot be read from ${path}: it must be a file`);
  }
  if (kind === 'plain') return new Remembered(piped);
  const { createGunzip } = await import('node:zlib');
  return new Remembered(new Inflated(piped, createGunzip({ chunkSize: PIECE })));
}

/** A FIFO is waited for without holding a thread, so that the wait can be ended. */
async function streamOf(path: string) {
  if (path === STDIN) return process.stdin;
  const { Socket } = await import('node:net');
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

/** Opens a file for `use`, which closes it if all goes well. */
async function opened<Result>(
  path: string,
  { plugin, noun }: ContentSettings,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    if ((await file.stat()).isDirectory()) throw new Error(`it is a folder; name one ${noun ?? 'file'} in it`);
    return await use(file);
  } catch (cause) {
    await file?.close();
    if (cause instanceof QuantStreamError) throw cause;
    const failed = noun === undefined ? 'open' : `read the ${noun}`;
    throw new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: cannot ${failed} ${path}: ${messageOf(cause)}`, { cause });
  }
}

const listed = (endings: readonly string[]) =>
  endings.length > 1 ? `${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}` : `${endings[0]}`;
