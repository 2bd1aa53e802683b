// Downloads files that may be cut off, and goes on with them.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { type FetchHost, QuantStreamError } from '@quantstream/engine';
import { causeOf, refusal } from '../live/rest/network.js';

/** No byte for so long: the connection is dead, ms. */
const STALLED = 30_000;
const TRIES = 5;
const SMALL = 65_536;

function open(url: string, agent: Agent, from: number, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const make = url.startsWith('https:') ? httpsRequest : httpRequest;
    const headers = from > 0 ? { range: `bytes=${from}-` } : {};
    const outgoing = make(url, { agent, headers, signal }, resolve);
    outgoing.setTimeout(STALLED, () => outgoing.destroy(new Error('nothing arrives any more')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const sizeOf = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0;

/** SHA-256 of a file, in hex. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

class Refused extends Error {}

/** Repeats what a network spoils, waiting longer each time. */
async function patiently<T>(url: string, host: FetchHost, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      host.signal.throwIfAborted();
      const final = error instanceof Refused;
      if (final || attempt >= TRIES) {
        const why = final ? (error as Error).message : `${causeOf(error)}, ${attempt} times`;
        throw new QuantStreamError('QS_SOURCE_FAILED', `binance: cannot fetch ${url}: ${why}`, { cause: error });
      }
      await host.clock.sleep(500 * 2 ** (attempt - 1), host.signal);
    }
  }
}

function refuse(status: number): void {
  const hint = refusal(status);
  if (hint) throw new Refused(`answered ${status}: ${hint}`);
  throw new Error(`answered ${status}`);
}

/** A small text, or `undefined` where there is none. @throws QS_SOURCE_FAILED */
export function fetchText(url: string, agent: Agent, host: FetchHost): Promise<string | undefined> {
  return patiently(url, host, async () => {
    const answer = await open(url, agent, 0, host.signal);
    if (answer.statusCode !== 200) answer.resume();
    if (answer.statusCode === 404) return undefined;
    if (answer.statusCode !== 200) refuse(answer.statusCode ?? 0);
    let text = '';
    for await (const piece of answer) {
      text += String(piece);
      if (text.length > SMALL) throw new Error('the answer is too long');
    }
    return text;
  });
}

/**
 * Downloads a file, going on where an earlier attempt stopped, and puts it in its place only when its checksum is right. One that is
 * not right is fetched once more from the beginning.
 * @returns bytes that were downloaded; `undefined`: there is no such file
 * @throws QS_SOURCE_FAILED
 */
export async function fetchFile(
  url: string,
  path: string,
  checksum: string,
  agent: Agent,
  host: FetchHost,
): Promise<number | undefined> {
  const part = `${path}.part`;
  const counted = { bytes: 0 };
  for (let again = 0; again < 2; again++) {
    const there = await patiently(url, host, () => append(url, part, agent, host, counted));
    if (!there) return undefined;
    if ((await hashOf(part)) === checksum) {
      await rename(part, path);
      return counted.bytes;
    }
    await rm(part, { force: true });
    if (again === 0) host.log.warn({ url }, `${url} arrived damaged and is fetched again`);
  }
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `binance: ${url} does not match its checksum, and did not when it was fetched again`,
  );
}

/** Adds what is missing of a file to what is there. @returns whether there is such a file */
async function append(url: string, part: string, agent: Agent, host: FetchHost, counted: { bytes: number }): Promise<boolean> {
  const from = await sizeOf(part);
  const answer = await open(url, agent, from, host.signal);
  const status = answer.statusCode ?? 0;
  if (status !== 200 && status !== 206) {
    answer.resume();
    if (status === 404) return false;
    // All of it is there already; the checksum tells whether it is right.
    if (status === 416) return true;
    refuse(status);
  }
  const start = status === 206 ? from : 0;
  const length = Number(answer.headers['content-length']);
  const total = start + (Number.isFinite(length) ? length : 0);
  let done = start;
  answer.on('data', (piece: Buffer) => {
    done += piece.length;
    counted.bytes += piece.length;
    host.progress(done, total, 'bytes');
  });
  await pipeline(answer, createWriteStream(part, { flags: start > 0 ? 'a' : 'w' }), { signal: host.signal });
  if (done < total) throw new Error('the connection ended early');
  return true;
}
