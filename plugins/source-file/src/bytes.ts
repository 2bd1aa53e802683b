import { createReadStream, type ReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const BLOCK = 64 * 1024;

/** The text of a file from an offset on, in blocks, unpacked where its name ends in .gz. */
export class Bytes {
  private readonly file: ReadStream;
  private readonly blocks: AsyncIterator<Buffer>;
  private readonly stream: Readable;
  private readonly begin: number;
  private skip: number;

  /** @param from bytes of the unpacked text that are left out */
  constructor(path: string, from: number) {
    const packed = /\.gz$/i.test(path);
    this.begin = packed ? 0 : from;
    this.skip = packed ? from : 0;
    this.file = createReadStream(path, { start: this.begin, highWaterMark: BLOCK });
    if (packed) {
      const unpacked = createGunzip({ chunkSize: BLOCK });
      this.file.on('error', (error) => unpacked.destroy(error));
      this.stream = this.file.pipe(unpacked);
    } else this.stream = this.file;
    this.blocks = this.stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Bytes on disk that have been read. */
  get consumed(): number {
    return this.begin + this.file.bytesRead;
  }

  /** The next block; `undefined` at the end. Rejects where the file cannot be read or unpacked. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const { done, value } = await this.blocks.next();
      if (done) return undefined;
      if (this.skip === 0) return value;
      const block = value.subarray(Math.min(this.skip, value.length));
      this.skip -= value.length - block.length;
      if (block.length > 0) return block;
    }
  }

  close(): void {
    this.stream.destroy();
    this.file.destroy();
  }
}
