import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { messageOf, QuantStreamError } from '@quantstream/engine';

const PIECE = 128 * 1024;
const GZIP = [0x1f, 0x8b];

/** The content of a log from front to back, unpacked where it is gzipped, which its first bytes say and not its name. */
export class LogBytes {
  readonly path: string;
  /** Bytes of the file itself. */
  readonly size: number;
  /** Of these, how many were read. */
  consumed = 0;
  /** Why the content ended before its end, if it did; known once `read` has returned `undefined`. */
  damage: string | undefined;
  private readonly file: FileHandle;
  private readonly unpacker: Gunzip | undefined;
  private readonly unpacked: Buffer[] = [];
  private over = false;
  /** Bytes of content still to be passed over. */
  private skip = 0;

  private constructor(path: string, file: FileHandle, size: number, gzipped: boolean) {
    this.path = path;
    this.file = file;
    this.size = size;
    if (!gzipped) return;
    const unpacker = createGunzip({ chunkSize: PIECE });
    unpacker.on('data', (piece: Buffer) => this.unpacked.push(piece));
    unpacker.on('error', (error) => {
      this.damage = messageOf(error);
      this.over = true;
    });
    for (const event of ['end', 'close']) {
      unpacker.on(event, () => {
        this.over = true;
      });
    }
    this.unpacker = unpacker;
  }

  /** Opens a log at a position of its content. @throws QS_SOURCE_FAILED when that cannot be done */
  static async open(path: string, offset: number): Promise<LogBytes> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'r');
      const stat = await file.stat();
      if (stat.isDirectory()) throw new Error('it is a folder; name one log in it');
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      const gzipped = bytesRead === 2 && buffer[0] === GZIP[0] && buffer[1] === GZIP[1];
      const bytes = new LogBytes(path, file, stat.size, gzipped);
      if (gzipped) bytes.skip = offset;
      else bytes.consumed = offset;
      return bytes;
    } catch (cause) {
      await file?.close();
      throw new QuantStreamError('QS_SOURCE_FAILED', `mavlink: cannot read the log ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** The next piece, which stays the caller's; `undefined` at the end. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      const piece = this.unpacker ? await this.unpack(this.unpacker) : await this.plain();
      if (!piece || this.skip === 0) return piece;
      const passed = Math.min(this.skip, piece.length);
      this.skip -= passed;
      if (passed < piece.length) return piece.subarray(passed);
    }
  }

  /** Frees the file. Twice is fine. */
  async close(): Promise<void> {
    this.over = true;
    this.unpacker?.destroy();
    await this.file.close();
  }

  private async plain(): Promise<Buffer | undefined> {
    const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, this.consumed);
    this.consumed += bytesRead;
    return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
  }

  /** Feeds the unpacker by hand: in a stream pipeline, an error would throw away what was unpacked before it. */
  private async unpack(unpacker: Gunzip): Promise<Buffer | undefined> {
    while (this.unpacked.length === 0 && !this.over) {
      const piece = unpacker.writableEnded ? undefined : await this.plain();
      if (piece) await new Promise<void>((resolve) => unpacker.write(piece, () => resolve()));
      else if (!unpacker.writableEnded) unpacker.end();
      // What the piece became arrives one turn after the callback.
      await turn();
    }
    return this.unpacked.shift();
  }
}
