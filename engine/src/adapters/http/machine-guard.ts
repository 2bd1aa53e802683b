// Which machines may come in through the engine's door to what is mounted there for them.

import type { IncomingMessage } from 'node:http';
import type { MachineAccess } from '../../api/index.js';
import type { Access } from '../../ports/http.js';
import { type Admission, hostOf, isLoopback, refuse, same } from './guard.js';

/** Wrong tokens that are told to be wrong a minute; after that the answer is that there were too many. */
const WRONG = 60;
const MINUTE = 60_000;

/**
 * Looks at each request of a machine: it has a token in its header, or the address is one that only this machine reaches. Nothing that a
 * browser was led to say comes in: what has an origin is refused, and on loopback without a token so is a name that was pointed here.
 */
export class MachineGuard {
  private readonly loopback: boolean;
  private readonly tokens: readonly string[];
  private readonly now: () => number;
  private wrong = 0;
  private since: number;

  constructor({ loopback, token }: Access, { tokens }: MachineAccess, now: () => number = Date.now) {
    this.loopback = loopback;
    this.tokens = tokens.length > 0 || token === undefined ? tokens : [token];
    this.now = now;
    this.since = now();
  }

  admit({ headers }: IncomingMessage): Admission {
    const { host = '', origin, authorization } = headers;
    if (origin !== undefined && hostOf(origin) !== host.toLowerCase()) return refuse(403, 'pages of browsers may not push');
    if (this.tokens.length === 0) return this.here(host);
    // What writes to InfluxDB says Token, with a token of its own setting.
    const given = /^(?:Bearer|Token) (.+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return refuse(401, 'expected Authorization: Bearer TOKEN', { 'www-authenticate': 'Bearer' });
    // All of them are compared, so that the time tells nothing of which.
    if (this.tokens.filter((token) => same(given, token)).length > 0) return { admitted: true };
    if (this.now() - this.since > MINUTE) {
      this.since = this.now();
      this.wrong = 0;
    }
    if (this.wrong >= WRONG) return refuse(429, 'too many wrong tokens; try again in a minute', { 'retry-after': '60' });
    this.wrong++;
    return refuse(401, 'the token in Authorization is none that opens this', {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  }

  private here(host: string): Admission {
    // Without a token an address elsewhere is never open: the engine makes one there.
    if (!this.loopback) return refuse(401, 'this address wants a token, and has none; set one');
    return isLoopback(host.replace(/:\d+$/, '').toLowerCase())
      ? { admitted: true }
      : refuse(403, 'without a token only localhost and 127.0.0.1 may be spoken to; set one to push under another name');
  }
}
