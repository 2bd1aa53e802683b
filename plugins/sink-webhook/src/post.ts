import type { Settings } from './config.js';
import type { Message } from './message.js';

/** What came of an attempt. No text of it ever holds the address, a header or a token. */
export type Outcome =
  | { readonly kind: 'sent' }
  /** May succeed later, not before `afterMs`. */
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number }
  /** Can never succeed. */
  | { readonly kind: 'never'; readonly why: string };

const TELEGRAM = 'https://api.telegram.org';
/** Answers of the family 4xx that are worth another attempt. */
const PASSING = [408, 425, 429];
const LONGEST_WISH = 300_000;

/** Where messages are posted. A secret. */
export function addressOf({ format, url, token }: Settings): string {
  return format === 'telegram' ? `${(url ?? TELEGRAM).replace(/\/+$/, '')}/bot${token}/sendMessage` : url!;
}

/** Posts a message once. Never throws, except when the signal aborts. */
export async function post(message: Message, settings: Settings, signal: AbortSignal): Promise<Outcome> {
  let response: Response;
  try {
    response = await fetch(addressOf(settings), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': message.key, ...settings.headers },
      body: message.body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeout)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'later', why: reasonOf(error, settings), afterMs: 0 };
  }
  const text = await response.text().catch(() => '');
  if (response.ok) return { kind: 'sent' };
  const why = `the receiver answers ${response.status}${response.statusText ? ` ${response.statusText}` : ''}`;
  if (response.status < 500 && !PASSING.includes(response.status)) return { kind: 'never', why };
  return { kind: 'later', why, afterMs: Math.min(LONGEST_WISH, wishOf(response, text)) };
}

/** How long the receiver wishes to be left alone, ms: Retry-After (RFC 9110), or Telegram's parameters.retry_after. */
function wishOf(response: Response, text: string): number {
  const header = response.headers.get('retry-after');
  if (header !== null) {
    const seconds = Number(header);
    const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000;
    if (ms > 0) return ms;
  }
  try {
    const seconds = (JSON.parse(text) as { parameters?: { retry_after?: unknown } }).parameters?.retry_after;
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
