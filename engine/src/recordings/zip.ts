/** Where the file that is wanted lies within a zip archive, cut off or whole. */
import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';
import { messageOf } from '../api/index.js';

export const LOCAL_HEADER = 0x04034b50;
/** Bytes of a local header before the name. Layout: PKWARE's APPNOTE.TXT, section 4.3.7. */
const HEADER_BYTES = 30;

/** Where the bytes of an entry lie in the archive, and how they are packed. */
export interface Place {
  readonly start: number;
  /** Behind its last byte; `Infinity` where the archive does not say any more. */
  readonly end: number;
  readonly deflated: boolean;
}

const STORED = 0;
const DEFLATED = 8;

/** Lets yauzl read through a handle that stays ours. */
class HandleReader extends RandomAccessReader {
  private readonly file: FileHandle;
  constructor(file: FileHandle) {
    super();
    this.file = file;
  }
  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    this.file.read(buffer, offset, length, position).then(
      ({ bytesRead }) => callback(bytesRead < length ? new Error('the archive ends early') : null),
      (error: Error) => callback(error),
    );
  }
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

interface Found extends Omit<Place, 'deflated'> {
  readonly method: number;
}

/** The first entry that has one of the endings, by the directory of the archive. */
async function byDirectory(file: FileHandle, size: number, endings: readonly string[] | undefined): Promise<Found | undefined> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromRandomAccessReader(new HandleReader(file), size, { lazyEntries: true, autoClose: false }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const entry = await new Promise<Entry | undefined>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(undefined));
    zip.on('entry', (found: Entry) => {
      const name = found.fileName.toLowerCase();
      if (endings ? endings.some((ending) => name.endsWith(ending)) : !name.endsWith('/')) resolve(found);
      else zip.readEntry();
    });
    zip.readEntry();
  });
  if (!entry) return undefined;
  const start = await new Promise<number>((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) => (error ? reject(error) : resolve(header.fileDataStart)));
  });
  return { start, end: start + entry.compressedSize, method: entry.compressionMethod };
}

/** An archive that was cut off has lost its directory, which stands at its end; its first entry can still be read. */
async function firstOfAll(file: FileHandle): Promise<Found | undefined> {
  const head = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await file.read(head, 0, HEADER_BYTES, 0);
  if (bytesRead < HEADER_BYTES || head.readUInt32LE(0) !== LOCAL_HEADER) return undefined;
  const start = HEADER_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  return { start, end: Number.POSITIVE_INFINITY, method: head.readUInt16LE(8) };
}

/**
 * Finds the first entry whose name has one of the endings (small letters), or the first file of all.
 * @returns a sentence where there is none that can be read. What is stored and not deflated cannot be read without the directory:
 * nothing would tell where it ends
 */
export async function placeInZip(file: FileHandle, size: number, endings?: readonly string[]): Promise<Place | string> {
  let found: Found | undefined;
  let damage: string | undefined;
  try {
    found = await byDirectory(file, size, endings);
  } catch (error) {
    damage = messageOf(error);
    found = await firstOfAll(file);
  }
  if (!found) return damage ?? `it holds no ${endings ? listed(endings) : 'file'}`;
  const { start, end, method } = found;
  if (method === DEFLATED) return { start, end, deflated: true };
  if (method !== STORED) return `compression method ${method} is not supported`;
  return damage ?? { start, end, deflated: false };
}

const listed = (endings: readonly string[]) =>
  endings.length > 1 ? `${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}` : `${endings[0]}`;
