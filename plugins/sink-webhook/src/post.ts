// Posts a message, and says what came of it.

import type { Outcome } from '@quantstream/engine/telling';
import type { Settings } from './config.js';
import type { Message } from './message.js';
import { keyFor, placeOf } from './receivers.js';

const TELEGRAM = 'https://api.telegram.org';
/** Answers of the family 4xx that are worth another attempt. */
const PASSING = [408, 425, 429];
/** More of an answer is not read, bytes. */
const MOST_BYTES = 65_536;
const LONGEST_WISH = 300_000;

/** Where messages are posted. A secret. */
export function addressOf(settings: Settings): string {
  const { format, url, token } = settings;
  const place = placeOf(settings);
  if (place !== undefined) return place;
  return format === 'telegram' ? `${(url ?? TELEGRAM).replace(/\/+$/, '')}/bot${token}/sendMessage` : url!;
}

/** Posts a message once. Never throws, except when the signal aborts. */
export async function post(message: Message, settings: Settings, signal: AbortSignal): Promise<Outcome> {
  let response: Response;
  const { address, login } = loginOf(addressOf(settings) + (message.path ?? ''));
  try {
    response = await fetch(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': message.key,
        ...login,
        ...keyFor(settings),
        ...settings.headers,
      },
      body: message.body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeout)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'later', why: reasonOf(error, settings), afterMs: 0 };
  }
  const text = await beginningOf(response).catch(() => '');
  if (response.ok) return { kind: 'sent' };
  const why = `the receiver answers ${response.status}${response.statusText ? ` ${response.statusText}` : ''}`;
  if (response.status < 500 && !PASSING.includes(response.status)) return { kind: 'never', why };
  return { kind: 'later', why, afterMs: Math.min(LONGEST_WISH, wishOf(response, text)) };
}

/** An address without the login in it, and that login as a header: fetch takes no address with one. */
export function loginOf(address: string): { address: string; login: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { address, login: {} };
  url.username = '';
  url.password = '';
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address: url.href, login: { authorization: `Basic ${Buffer.from(plain).toString('base64')}` } };
}

/** What an answer says first; a body without an end is let go of. */
async function beginningOf({ body }: Response): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    if (size < MOST_BYTES) continue;
    await reader.cancel().catch(() => {});
    break;
  }
  return Buffer.concat(pieces).subarray(0, MOST_BYTES).toString();
}

/** How long the receiver wishes to be left alone, ms: Retry-After (RFC 9110), Telegram's parameters.retry_after, or Discord's retry_after. */
function wishOf(response: Response, text: string): number {
  const header = response.headers.get('retry-after');
  if (header !== null) {
    const seconds = Number(header);
    const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000;
    if (ms > 0) return ms;
  }
  try {
    const said = JSON.parse(text) as { retry_after?: unknown; parameters?: { retry_after?: unknown } };
    const seconds = said.parameters?.retry_after ?? said.retry_after;
    return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : 0;
  } catch {
    return 0;
  }
}

function reasonOf(error: unknown, { timeout }: Settings): string {
  if ((error as Error).name === 'TimeoutError') return `no answer within ${timeout / 1_000} s`;
  // Messages of fetch may hold the address: of the cause only the code is passed on.
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `the receiver cannot be reached (${code})` : 'the receiver cannot be reached';
}
