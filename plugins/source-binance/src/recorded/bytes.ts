import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { messageOf, QuantStreamError } from '@quantstream/engine';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';

/** The decoded content of a recording, from front to back. */
export interface Bytes {
  /** The next piece, which stays the caller's; `undefined` at the end. */
  read(): Promise<Buffer | undefined>;
  /** Bytes of the file itself that were read so far, for the progress bar. */
  readonly consumed: number;
  /** Why the content ended before its end, if it did. Known once `read` has returned `undefined`. */
  readonly truncated: string | undefined;
  close(): Promise<void>;
}

const PIECE = 128 * 1024;
const GZIP_MAGIC = 0x1f8b;
const ZIP_MAGIC = 0x504b;
const LOCAL_HEADER = 0x04034b50;
const DEFLATED = 8;

/** A stretch of a file as it is. */
class PlainBytes implements Bytes {
  consumed: number;
  readonly truncated = undefined;
  private readonly file: FileHandle;
  private readonly end: number;

  constructor(file: FileHandle, start: number, end = Number.POSITIVE_INFINITY) {
    this.file = file;
    this.consumed = start;
    this.end = end;
  }

  async read(): Promise<Buffer | undefined> {
    const length = Math.min(PIECE, this.end - this.consumed);
    if (length <= 0) return undefined;
    const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(length), 0, length, this.consumed);
    this.consumed += bytesRead;
    return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/**
 * A deflated stretch of a file. Node's streams throw away what they hold when an error comes, so the inflater is fed by hand,
 * piece by piece, and its output is taken before the next: whatever was decoded before a fault is delivered.
 */
class InflatedBytes implements Bytes {
  truncated: string | undefined;
  private readonly plain: PlainBytes;
  private readonly inflater: Gunzip | InflateRaw;
  private readonly ready: Buffer[] = [];
  private finishing = false;
  private ended = false;
  /** Ends the wait for a write: one that meets a fault never calls back. */
  private written = () => {};

  constructor(plain: PlainBytes, inflater: Gunzip | InflateRaw) {
    this.plain = plain;
    this.inflater = inflater;
    inflater.on('data', (piece: Buffer) => this.ready.push(piece));
    inflater.on('end', () => {
      this.ended = true;
    });
    inflater.on('error', (error) => {
      this.truncated ??= messageOf(error);
      this.ended = true;
      this.written();
    });
    inflater.on('close', () => {
      this.ended = true;
      this.written();
    });
  }

  get consumed(): number {
    return this.plain.consumed;
  }

  async read(): Promise<Buffer | undefined> {
    while (this.ready.length === 0 && !this.ended) await this.feed();
    return this.ready.shift();
  }

  private async feed(): Promise<void> {
    const piece = this.finishing ? undefined : await this.plain.read();
    if (piece) {
      await new Promise<void>((resolve) => {
        this.written = resolve;
        this.inflater.write(piece, () => resolve());
      });
    } else if (!this.finishing) {
      this.finishing = true;
      this.inflater.end();
    }
    // The callback comes when the whole piece is decoded; one turn later its output has arrived as well.
    await turn();
  }

  async close(): Promise<void> {
    this.inflater.destroy();
    await this.plain.close();
  }
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

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly method: number;
}

/** Where the first recording in a zip archive lies, by its central directory. */
async function findEntry(file: FileHandle, size: number): Promise<Stretch | undefined> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromRandomAccessReader(new HandleReader(file), size, { lazyEntries: true, autoClose: false }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const entry = await new Promise<Entry | undefined>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(undefined));
    zip.on('entry', (found: Entry) => {
      if (/\.(?:csv|jsonl|txt)$/i.test(found.fileName)) resolve(found);
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
async function firstEntry(file: FileHandle): Promise<Stretch | undefined> {
  const head = Buffer.alloc(30);
  const { bytesRead } = await file.read(head, 0, 30, 0);
  if (bytesRead < 30 || head.readUInt32LE(0) !== LOCAL_HEADER) return undefined;
  const start = 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  return { start, end: Number.POSITIVE_INFINITY, method: head.readUInt16LE(8) };
}

async function openZip(file: FileHandle, path: string): Promise<Bytes> {
  const { size } = await file.stat();
  let found: Stretch | undefined;
  let damage: string | undefined;
  try {
    found = await findEntry(file, size);
  } catch (error) {
    damage = messageOf(error);
    found = await firstEntry(file);
  }
  if (!found || (found.method !== 0 && found.method !== DEFLATED)) {
    const why = found ? `compression method ${found.method} is not supported` : (damage ?? 'it holds no .csv or .jsonl');
    throw new QuantStreamError('QS_SOURCE_FAILED', `binance: cannot read the archive ${path}: ${why}`);
  }
  const plain = new PlainBytes(file, found.start, found.end);
  if (found.method === DEFLATED) return new InflatedBytes(plain, createInflateRaw({ chunkSize: PIECE }));
  if (damage) throw new QuantStreamError('QS_SOURCE_FAILED', `binance: cannot read the archive ${path}: ${damage}`);
  return plain;
}

/** Reads and forgets the first `count` bytes. */
async function skip(bytes: Bytes, count: number): Promise<Buffer | undefined> {
  let left = count;
  while (left > 0) {
    const piece = await bytes.read();
    if (!piece) return undefined;
    if (piece.length > left) return piece.subarray(left);
    left -= piece.length;
  }
  return undefined;
}

/**
 * Opens a recording at a position of its decoded content. Plain files are entered there directly, compressed ones decoded
 * up to it. What a file is, is told by its first bytes and not by its name.
 * @returns the content, and a piece of it that was read already
 */
export async function openBytes(path: string, offset: number): Promise<{ bytes: Bytes; first: Buffer | undefined }> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw new QuantStreamError('QS_SOURCE_FAILED', `binance: cannot open ${path}: ${messageOf(cause)}`, { cause });
  }
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const magic = bytesRead === 2 ? buffer.readUInt16BE(0) : 0;
    if (magic !== GZIP_MAGIC && magic !== ZIP_MAGIC) return { bytes: new PlainBytes(file, offset), first: undefined };
    const gzip = magic === GZIP_MAGIC;
    const bytes = gzip
      ? new InflatedBytes(new PlainBytes(file, 0), createGunzip({ chunkSize: PIECE }))
      : await openZip(file, path);
    return { bytes, first: await skip(bytes, offset) };
  } catch (error) {
    await file.close();
    throw error;
  }
}
