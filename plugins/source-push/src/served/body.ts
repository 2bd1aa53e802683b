// The body of a request, read and unpacked within limits.

import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import snappy from 'snappyjs';
import { Refusal } from './refusal.js';

const unzip = promisify(gunzip);
/** HTTP calls deflate what zlib does: RFC 9110, 8.4.1.2. */
const undeflate = promisify(inflate);

/** A body that has not come within so long is not waited for, ms. */
const LONGEST = 30_000;
/** Bodies that come at once may hold so many times the largest one. */
const AT_ONCE = 4;

/** Reads bodies, all of them within a bounded memory. */
export class Bodies {
  private held = 0;
  private readonly most: number;
  private readonly unpacked: number;

  /** @param most bytes of a body as it is sent @param unpacked and once it is unpacked */
  constructor(most: number, unpacked: number) {
    this.most = most;
    this.unpacked = unpacked;
  }

  /** @param full what is said when too many come at once @throws Refusal */
  async read(request: IncomingMessage, full: (why: string) => Refusal): Promise<Buffer> {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > this.most) throw this.tooLarge();
    const parts: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => request.destroy(new Error('too slow')), LONGEST);
    try {
      for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += part.length;
        this.held += part.length;
        if (length > this.most) throw this.tooLarge();
        if (this.held > this.most * AT_ONCE) throw full('too much comes at once; come again');
        parts.push(part);
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    } finally {
      clearTimeout(timer);
      this.held -= length;
    }
  }

  /** @throws Refusal where it cannot be unpacked, or would be too large */
  async unpack(body: Buffer, encoding: string): Promise<Buffer> {
    if (encoding === '' || encoding === 'identity') return body;
    try {
      if (encoding === 'gzip') return await unzip(body, { maxOutputLength: this.unpacked });
      if (encoding === 'deflate') return await undeflate(body, { maxOutputLength: this.unpacked });
      if (encoding === 'snappy') {
        if (snappyLength(body) > this.unpacked) throw this.tooLarge('unpacked ');
        return snappy.uncompress(body, this.unpacked);
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw this.tooLarge('unpacked ');
      throw new Refusal(400, `the body is no ${encoding}: ${(error as Error).message}`);
    }
    throw new Refusal(415, `Content-Encoding: ${encoding.slice(0, 40)} is not understood; gzip, deflate, snappy and none are`);
  }

  private tooLarge(what = ''): Refusal {
    const limit = what === '' ? `maxBody: ${this.most}` : `maxUnpacked: ${this.unpacked}`;
    return new Refusal(413, `the ${what}body is larger than ${limit} bytes`);
  }
}

/** The length that a snappy block announces, as a varint in front (format_description.txt of snappy); infinite where there is none. */
function snappyLength(body: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = body[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  return Number.POSITIVE_INFINITY;
}
