// Who may come in through the engine's door to what is mounted there.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Access } from '../../ports/http.js';

/** Either somebody may come in, perhaps with a name, or what they are answered. */
export type Admission =
  | { readonly admitted: true; readonly user?: string }
  | {
      readonly admitted: false;
      readonly status: number;
      readonly text: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** Requests that are answered at once, and how many more a second. */
const BURST = 400;
const RATE = 200;
/** Wrong tokens that are answered a minute. */
const WRONG = 20;

/** Whether an address is one that only this machine reaches. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host);

/**
 * Looks at each request before what is mounted does.
 * On loopback the name under which it is asked must be one of this machine, so that a page from elsewhere cannot reach it by a name that it
 * has pointed here (DNS rebinding). Elsewhere a token opens it, or a proxy that says in a header who asks. What comes from another origin is refused.
 */
export class Guard {
  private readonly access: Access;
  private readonly now: () => number;
  private left = BURST;
  private wrong = 0;
  private at: number;

  constructor(access: Access, now: () => number = Date.now) {
    this.access = access;
    this.now = now;
    this.at = now();
  }

  admit(request: IncomingMessage, port: number): Admission {
    const { token, userHeader, loopback } = this.access;
    const { host = '', origin } = request.headers;
    this.refill();
    if (this.left < 1) return refuse(429, 'too many requests at once; try again in a moment', { 'retry-after': '1' });
    this.left--;
    if (loopback && token === undefined && !isLoopback(host.replace(/:\d+$/, '').toLowerCase()))
      return refuse(403, 'this page answers under localhost and 127.0.0.1 only; to open it under another name, set http.token');
    if (origin !== undefined && hostOf(origin) !== host.toLowerCase())
      return refuse(403, 'this request comes from another page than this one');
    if (userHeader !== undefined) {
      const user = request.headers[userHeader.toLowerCase()];
      return typeof user === 'string' && user !== ''
        ? { admitted: true, user }
        : refuse(401, `the proxy in front of this page says nothing in ${userHeader} of who asks`);
    }
    return token === undefined ? { admitted: true } : this.byToken(request, token, port);
  }

  private byToken(request: IncomingMessage, token: string, port: number): Admission {
    // A browser sends the cookies of one host to all of its ports.
    const cookie = `quantstream_${port}`;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const asked = url.searchParams.get('token');
    // Who is in already is not kept out by somebody else's guesses.
    const given = cookiesOf(request).get(cookie);
    if (asked === null && given !== undefined && same(given, digest(token).toString('hex'))) return { admitted: true };
    if (this.wrong >= WRONG) return refuse(429, 'too many wrong tokens; try again in a minute', { 'retry-after': '60' });
    if (asked !== null && request.method === 'GET') {
      if (!same(asked, token)) return this.refuseToken();
      url.searchParams.delete('token');
      const set = `${cookie}=${digest(token).toString('hex')}; HttpOnly; SameSite=Strict; Path=/`;
      return refuse(302, '', { location: `${url.pathname}${url.search}`, 'set-cookie': set });
    }
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined && same(bearer, token)) return { admitted: true };
    return given === undefined && bearer === undefined
      ? refuse(401, 'this page wants the token that the engine printed at its start: add ?token=… to the address')
      : this.refuseToken();
  }

  private refuseToken(): Admission {
    this.wrong++;
    return refuse(401, 'this is not the token that the engine printed at its start');
  }

  private refill(): void {
    const now = this.now();
    const seconds = Math.max(0, (now - this.at) / 1_000);
    this.at = now;
    this.left = Math.min(BURST, this.left + RATE * seconds);
    this.wrong = Math.max(0, this.wrong - (WRONG * seconds) / 60);
  }
}

export function refuse(status: number, text: string, headers?: Readonly<Record<string, string>>): Admission {
  return { admitted: false, status, text, ...(headers && { headers }) };
}

export function hostOf(origin: string): string {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return '';
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Whether two texts are the same, in a time that tells nothing of either. */
export const same = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

function cookiesOf({ headers }: IncomingMessage): Map<string, string> {
  const pairs = (headers.cookie ?? '').split(/;\s*/).map((pair) => pair.split('=', 2) as [string, string | undefined]);
  return new Map(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
