// One target: asked for what it exposes, within a time and a size.

import { messageOf } from '@quantstream/engine';
import { addressOf } from './config.js';
import { isWhole } from './exposition.js';

export interface AskSettings {
  readonly timeout: number;
  readonly maxBody: number;
  readonly authorization?: string | undefined;
}

const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

/** An answer that cannot be taken: `reason` for those who count. */
export class BadAnswer extends Error {
  readonly reason: 'failed_scrape' | 'too_large' | 'cut_off';
  constructor(reason: BadAnswer['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export class Target {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it could not be scraped the last time. */
  trouble: string | undefined;
  /** When it is asked next, and since when it is being asked, ms of our clock. */
  next = 0;
  asking: number | undefined;
  /** Time of the last observation. */
  last = Number.NEGATIVE_INFINITY;
  private readonly url: URL;

  constructor({ url, labels }: { readonly url: string; readonly labels: Readonly<Record<string, string>> }) {
    this.url = addressOf(url)!;
    const { host, port, protocol } = this.url;
    this.name = port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host;
    this.labels = { instance: this.name, ...labels };
  }

  /** @throws BadAnswer */
  async ask({ timeout, maxBody, authorization }: AskSettings, stop: AbortSignal): Promise<string> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeout)]);
    try {
      const headers: Record<string, string> = { accept: ACCEPT, 'user-agent': 'quantstream' };
      if (authorization !== undefined) headers.authorization = authorization;
      const response = await fetch(this.url, { headers, signal, redirect: 'manual' });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new BadAnswer('failed_scrape', `it answers ${response.status}`);
      }
      const text = await whole(response, maxBody);
      if (response.headers.get('content-type')?.startsWith('application/openmetrics-text') && !isWhole(text))
        throw new BadAnswer('cut_off', 'its answer does not end with # EOF');
      return text;
    } catch (error) {
      if (error instanceof BadAnswer) throw error;
      const late = (error as Error).name === 'TimeoutError';
      const why = late ? `no answer within ${timeout} ms` : messageOf((error as Error).cause ?? error);
      throw new BadAnswer('failed_scrape', why);
    }
  }
}

/** @throws BadAnswer where it is larger than it may be, once unpacked */
async function whole(response: Response, most: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return '';
  for await (const piece of response.body) {
    size += piece.length;
    if (size > most) throw new BadAnswer('too_large', `its answer has more than ${most} bytes (maxBody)`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
