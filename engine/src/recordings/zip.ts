/** What lies in a zip archive, cut off or whole. */
import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';
import { messageOf } from '../api/index.js';
import type { Promised } from './pieces.js';

export const LOCAL_HEADER = 0x04034b50;
/** Bytes of a local header before the name. Layout: PKWARE's APPNOTE.TXT, section 4.3.7. */
const HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/** A file in an archive. */
export interface ZipEntry {
  /** With forward slashes. */
  readonly name: string;
  /** Bytes in the archive; `Infinity` where it does not say any more. */
  readonly packed: number;
  /** Where its local header lies. */
  readonly header: number;
  readonly method: number;
  readonly encrypted: boolean;
  readonly promised?: Promised;
  /** The archive has lost its directory: why. What lies behind this file is lost as well. */
  readonly damage?: string;
}

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

/** The files in an archive, as its directory has them; of one that has lost it the first. */
export async function listZip(file: FileHandle, size: number): Promise<ZipEntry[]> {
  try {
    return await byDirectory(file, size);
  } catch (error) {
    const first = await firstOfAll(file, messageOf(error));
    // Nothing would tell where a stored file ends.
    if (!first || first.method === STORED) throw error;
    return [first];
  }
}

async function byDirectory(file: FileHandle, size: number): Promise<ZipEntry[]> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromRandomAccessReader(new HandleReader(file), size, { lazyEntries: true, autoClose: false }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const found: ZipEntry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      if (!entry.fileName.endsWith('/')) found.push(entryOf(entry));
      zip.readEntry();
    });
    zip.readEntry();
  });
  return found;
}

function entryOf(entry: Entry): ZipEntry {
  return {
    name: entry.fileName,
    packed: entry.compressedSize,
    header: entry.relativeOffsetOfLocalHeader,
    method: entry.compressionMethod,
    encrypted: entry.isEncrypted(),
    promised: { size: entry.uncompressedSize, crc: entry.crc32 },
  };
}

async function headerAt(file: FileHandle, at: number): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, at);
  return bytesRead === HEADER_BYTES && buffer.readUInt32LE(0) === LOCAL_HEADER ? buffer : undefined;
}

/** An archive that was cut off has lost its directory, which stands at its end; its first file can still be read. */
async function firstOfAll(file: FileHandle, damage: string): Promise<ZipEntry | undefined> {
  const head = await headerAt(file, 0);
  if (!head) return undefined;
  const length = head.readUInt16LE(26);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, HEADER_BYTES);
  const name = buffer.toString('utf8', 0, bytesRead);
  const encrypted = (head.readUInt16LE(6) & 1) === 1;
  return { name, packed: Number.POSITIVE_INFINITY, header: 0, method: head.readUInt16LE(8), encrypted, damage };
}

/** Where the bytes of a file lie in the archive, and whether they are deflated; or why they cannot be read. */
export async function placeInZip(
  file: FileHandle,
  entry: ZipEntry,
): Promise<{ readonly range: readonly [start: number, end: number]; readonly deflated: boolean } | string> {
  if (entry.encrypted) return 'it is encrypted; unpack it with its password';
  if (entry.method !== STORED && entry.method !== DEFLATED)
    return `compression method ${entry.method} is not supported; unpack it`;
  const head = await headerAt(file, entry.header);
  if (!head) return 'the archive is damaged in front of it';
  const start = entry.header + HEADER_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  return { range: [start, start + entry.packed], deflated: entry.method === DEFLATED };
}
