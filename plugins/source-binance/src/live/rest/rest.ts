import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Clock, type Log, sayDuration } from '@quantstream/engine';
import type { WeightLimiter } from './limiter.js';
import { agentFor, causeOf, type Endpoints, refusal, throughOf } from './network.js';

/** Why a request got no answer that can be used. */
export class RestError extends Error {
  /** HTTP status; 0: none came. */
  readonly status: number;
  /** The exchange's own code, such as −1121. */
  readonly code: number | undefined;

  constructor(message: string, status: number, code?: number) {
    super(message);
    this.name = 'RestError';
    this.status = status;
    this.code = code;
  }

  /** The exchange named a time before which it will not answer: waiting is all that is needed. */
  get mustWait(): boolean {
    return this.status === 429 || this.status === 418;
  }

  /** The same request will be refused again, however often it is made. */
  get final(): boolean {
    return this.status >= 400 && this.status < 500 && !this.mustWait && this.status !== 403 && this.status !== 451;
  }
}

export interface RestSettings {
  readonly endpoints: Endpoints;
  readonly proxy: string | undefined;
  readonly apiKey: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limiter: WeightLimiter;
  /** How long an answer may take, ms. */
  readonly answerMs: number;
}

/** No answer that we ask for is larger; the list of all spot symbols is about 15 MB. */
const LARGEST = 64 * 1024 * 1024;
const MINUTE = 60_000;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks the REST interface, within its limits. */
export class Rest {
  /** Requests that wait for an answer. */
  underWay = 0;
  private readonly settings: RestSettings;
  private readonly agent: Agent;

  constructor(settings: RestSettings) {
    this.settings = settings;
    this.agent = agentFor(settings.endpoints.rest, settings.proxy, true);
  }

  get host(): string {
    return this.settings.endpoints.rest;
  }

  /** Share of this minute's request weight that is used. */
  get usedShare(): number {
    const { limiter, clock } = this.settings;
    return limiter.usedShare(clock.now());
  }

  /**
   * Waits for its turn, asks, and reads the answer as JSON.
   * @param path below `/api/v3` or `/fapi/v1`, with its query
   * @param weight what the exchange counts it as
   * @throws RestError; whatever `signal` aborts with
   */
  async get(path: string, weight: number, signal: AbortSignal): Promise<unknown> {
    const { limiter, clock } = this.settings;
    for (let wait = limiter.ask(clock.now(), weight); wait > 0; wait = limiter.ask(clock.now(), weight)) {
      await clock.sleep(wait, signal);
    }
    let told: number | undefined;
    try {
      const answer = await this.send(path, signal);
      const used = Number(answer.headers['x-mbx-used-weight-1m']);
      if (Number.isFinite(used) && answer.headers['x-mbx-used-weight-1m'] !== undefined) told = used;
      return this.read(path, answer);
    } finally {
      limiter.done(clock.now(), weight, told);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private read(path: string, { status, headers, body }: Answer): unknown {
    let content: unknown;
    try {
      content = JSON.parse(body);
    } catch {
      content = undefined;
    }
    if (status === 200 && content !== undefined) return content;
    const { code, msg } = (content ?? {}) as { code?: unknown; msg?: unknown };
    const said = typeof msg === 'string' ? `: ${msg.slice(0, 200)}` : '';
    const where = `${this.host} answers ${status} to ${path.split('?')[0]}`;
    if (status === 429 || status === 418) this.pause(status, headers, msg);
    const hint = refusal(status);
    const what = status === 200 ? 'what is no JSON' : `${said}${hint ? ` (${hint})` : ''}`;
    throw new RestError(`${where}${what}`, status, typeof code === 'number' ? code : undefined);
  }

  /** 429 and 418 say for how long; a ban's message names its end as well. */
  private pause(status: number, headers: IncomingHttpHeaders, msg: unknown): void {
    const { clock, limiter, log } = this.settings;
    const now = clock.now();
    const seconds = Number(headers['retry-after']);
    const named = Number(/until (\d{13})/.exec(typeof msg === 'string' ? msg : '')?.[1]);
    let until = now + (Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : status === 418 ? 2 * MINUTE : MINUTE);
    // By the exchange's clock.
    if (Number.isFinite(named)) until = Math.max(until, named - limiter.skew);
    if (until <= limiter.pausedUntil) return;
    limiter.pause(until);
    const fields = { status, until: new Date(until).toISOString() };
    const what = status === 418 ? 'has banned this address' : 'asks for fewer requests';
    log.warn(fields, `${this.host} ${what}: nothing is fetched until ${fields.until}, in ${sayDuration(until - now)}`);
  }

  private async send(path: string, signal: AbortSignal): Promise<Answer> {
    const { endpoints, apiKey, clock, answerMs } = this.settings;
    const url = `${endpoints.rest}${endpoints.restPath}${path}`;
    const ended = new AbortController();
    const abort = AbortSignal.any([signal, ended.signal]);
    this.underWay++;
    const late = clock.sleep(answerMs, abort).then(() => {
      throw new RestError(`${this.host} did not answer within ${sayDuration(answerMs)}`, 0);
    });
    try {
      return await Promise.race([ask(url, this.agent, apiKey, abort), late]);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof RestError
        ? error
        : new RestError(`cannot reach ${this.host} (${causeOf(error)}${throughOf(this.agent)})`, 0);
    } finally {
      this.underWay--;
      ended.abort(new Error('answered'));
      late.catch(() => {});
    }
  }
}

function ask(url: string, agent: Agent, apiKey: string | undefined, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const make = url.startsWith('https:') ? httpsRequest : httpRequest;
    const headers = { accept: 'application/json', ...(apiKey === undefined ? {} : { 'X-MBX-APIKEY': apiKey }) };
    const outgoing = make(url, { agent, headers, signal }, (incoming) => {
      const pieces: Buffer[] = [];
      let size = 0;
      incoming.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > LARGEST) incoming.destroy(new Error('the answer is too large'));
        else pieces.push(piece);
      });
      incoming.on('error', reject);
      incoming.on('aborted', () => reject(new Error('the answer was cut off')));
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(pieces).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
