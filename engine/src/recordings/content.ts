/** Opens a file at a place of its decoded content; what it is packed in is told by its first bytes and not by its name. */
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, QuantStreamError } from '../api/index.js';
import { type Content, Inflated, PIECE, Stretch } from './pieces.js';

/** Who reads a file, for messages, and what of an archive. */
export interface ContentSettings {
  /** The name of the plugin, with which messages begin. */
  readonly plugin: string;
  /** What the plugin calls its files: "cannot read the log …". Without it: "cannot open …". */
  readonly noun?: string;
  /** Endings, in small letters, of what is read in a zip archive: its first entry that has one. Default: its first file. */
  readonly endings?: readonly string[];
}

type Kind = 'plain' | 'gzip' | 'zip';

const GZIP = 0x1f8b;
/** A local header, the end of an empty archive, the mark of a split one. Two letters alone may be how a text begins. */
const ZIP: readonly number[] = [0x504b0304, 0x504b0506, 0x504b0708];

async function kindOf(file: FileHandle): Promise<Kind> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  if (bytesRead >= 2 && buffer.readUInt16BE(0) === GZIP) return 'gzip';
  return bytesRead === 4 && ZIP.includes(buffer.readUInt32BE(0)) ? 'zip' : 'plain';
}

/** Whether a file is an archive, so that its content may be longer than itself. Rejects where it cannot be read. */
export async function isPacked(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    return (await kindOf(file)) !== 'plain';
  } finally {
    await file.close();
  }
}

/**
 * Opens a file. A plain one is entered at `offset` directly, a packed one decoded up to it (by the first reads).
 * Memory: a few pieces of 128 KiB; of an archive as much as 32 KiB of it unpack to.
 * @param offset bytes of the decoded content that are passed over
 * @throws QS_SOURCE_FAILED where it cannot be opened, or is an archive without anything to read. One that is cut off or damaged
 * gives what can be decoded before that, and then says so in `truncated`
 */
export async function openContent(path: string, offset: number, settings: ContentSettings): Promise<Content> {
  const { plugin, noun } = settings;
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const stat = await file.stat();
    if (stat.isDirectory()) throw new Error(`it is a folder; name one ${noun ?? 'file'} in it`);
    return await contentOf(file, path, stat.size, offset, settings);
  } catch (cause) {
    await file?.close();
    if (cause instanceof QuantStreamError) throw cause;
    const failed = noun === undefined ? 'open' : `read the ${noun}`;
    throw new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: cannot ${failed} ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function contentOf(
  file: FileHandle,
  path: string,
  size: number,
  offset: number,
  { plugin, endings }: ContentSettings,
): Promise<Content> {
  const kind = await kindOf(file);
  if (kind === 'plain') return new Stretch(file, size, offset);
  const chunks = { chunkSize: PIECE };
  const { createGunzip, createInflateRaw } = await import('node:zlib');
  if (kind === 'gzip') return new Inflated(file, size, [0, Number.POSITIVE_INFINITY], createGunzip(chunks), offset);
  // Loaded only where there is an archive: most runs have none, and it costs some of their start.
  const { placeInZip } = await import('./zip.js');
  const place = await placeInZip(file, size, endings);
  if (typeof place === 'string')
    throw new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: cannot read the archive ${path}: ${place}`);
  const { start, end, deflated } = place;
  return deflated
    ? new Inflated(file, size, [start, end], createInflateRaw(chunks), offset)
    : new Stretch(file, size, start + offset, end);
}
