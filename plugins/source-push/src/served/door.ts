// What is answered on the engine's listener: each format at the path that its senders know.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SourceHost } from '@quantstream/engine';
import type { Settings } from '../config.js';
import { PRECISIONS } from '../wire/influx.js';
import { BadBody } from '../wire/intake.js';
import { encodeResponse } from '../wire/otlp-types.js';
import { Bodies } from './body.js';
import { type Format, type Intake, influxLines, otlpRequests, type Reader, type Taken, writeRequests } from './formats.js';
import { jsonObjects } from './objects.js';
import { Refusal } from './refusal.js';

/** When it is worth coming again, s. */
const RETRY_AFTER = 5;
/** Requests that may wait for their answers. */
const MOST_WAITING = 4_096;
/** The path of each format, as its senders know it. */
const PATHS: Readonly<Record<string, Format>> = {
  '/api/v1/write': 'remote-write',
  '/v1/metrics': 'otlp',
  '/write': 'influx',
  '/api/v2/write': 'influx',
  '/': 'json',
  '/json': 'json',
};
const TENANT = /^[\w.-]{1,64}$/;
const VERSION_2 = /;\s*proto\s*=\s*"?io\.prometheus\.write\.v2\.Request"?\s*(;|$)/i;
const VERSION_1 = /^application\/x-protobuf\s*(;\s*proto\s*=\s*"?prometheus\.WriteRequest"?\s*)?$/i;

interface Asked {
  readonly format: Format;
  readonly tenant: string;
  readonly type: string;
  readonly query: URLSearchParams;
}

export class Door {
  private readonly settings: Settings;
  private readonly intake: Intake;
  private readonly bodies: Bodies;
  private readonly requests;
  private readonly tenants: readonly { readonly name: string; readonly digest: Buffer }[];
  private waiting = 0;

  constructor(settings: Settings, host: SourceHost, intake: Intake) {
    this.settings = settings;
    this.intake = intake;
    this.bodies = new Bodies(settings.maxBody, settings.maxUnpacked);
    this.requests = host.metrics.counter('pushes_total', 'Pushes, by format and status', ['format', 'status']);
    this.tenants = Object.entries(settings.tenants?.tokens ?? {}).map(([name, token]) => ({ name, digest: digestOf(token) }));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let format: Format | 'none' = 'none';
    try {
      const url = urlOf(request.url);
      const { tenant, path } = this.tenantOf(request, url.pathname);
      // Who pushes Influx lines asks first whether somebody is there.
      if ((request.method === 'GET' || request.method === 'HEAD') && (path === '/ping' || path === '/health'))
        return void response.writeHead(204).end();
      const found = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
      if (found === undefined) throw new Refusal(404, `nothing is here; push to ${Object.keys(PATHS).join(', ')}`);
      if (request.method !== 'POST') throw new Refusal(405, 'expected POST', { allow: 'POST' });
      format = found;
      await this.push(request, response, {
        format,
        tenant,
        type: request.headers['content-type'] ?? '',
        query: url.searchParams,
      });
    } catch (error) {
      if (request.destroyed && !request.complete) return void response.destroy();
      const refusal =
        error instanceof Refusal ? error : new Refusal(error instanceof BadBody ? 400 : 500, (error as Error).message);
      this.refuse(request, response, refusal);
    } finally {
      this.requests.add(1, { format, status: String(response.statusCode) });
    }
  }

  private async push(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const { format } = asked;
    const full = (why: string) => new Refusal(format === 'remote-write' ? 503 : 429, why, { 'retry-after': String(RETRY_AFTER) });
    const why = this.intake.full ?? (this.waiting >= MOST_WAITING ? 'too many wait for their answers; come again' : undefined);
    if (why !== undefined) throw full(why);
    const { version, encoding } = this.form(request, asked);
    this.waiting++;
    try {
      const body = await this.bodies.unpack(await this.bodies.read(request, full), encoding);
      const still = this.intake.full;
      if (still !== undefined) throw full(still);
      const taken = this.intake.take(format, asked.tenant, this.readerOf(asked, body, version));
      if (!(await taken.push.settled)) throw full('it was not stored; come again');
      this.accept(response, asked, taken, version);
    } finally {
      this.waiting--;
    }
  }

  /** How the body is written. */
  private form({ headers }: IncomingMessage, { format, type }: Asked): { version: 1 | 2; encoding: string } {
    const encoding = String(headers['content-encoding'] ?? '')
      .trim()
      .toLowerCase();
    if (format !== 'remote-write') return { version: 1, encoding };
    if (encoding !== 'snappy') throw new Refusal(415, 'remote-write wants Content-Encoding: snappy');
    if (VERSION_2.test(type)) return { version: 2, encoding };
    if (type === '' || VERSION_1.test(type)) return { version: 1, encoding };
    throw new Refusal(
      415,
      'expected Content-Type: application/x-protobuf, of prometheus.WriteRequest or io.prometheus.write.v2.Request',
    );
  }

  private readerOf({ format, type, query }: Asked, body: Buffer, version: 1 | 2): Reader {
    if (format === 'remote-write') return writeRequests(body, version);
    if (format === 'json') return jsonObjects(body, this.settings.json);
    if (format === 'otlp') {
      if (/^application\/json\b/i.test(type)) return otlpRequests(body, true);
      if (/^application\/x-protobuf\b/i.test(type)) return otlpRequests(body, false);
      throw new Refusal(415, 'OTLP wants Content-Type: application/x-protobuf or application/json');
    }
    const precision = query.get('precision') ?? 'ns';
    const scale = Object.hasOwn(PRECISIONS, precision) ? PRECISIONS[precision] : undefined;
    if (scale === undefined) throw new Refusal(400, `precision is one of ${Object.keys(PRECISIONS).join(', ')}`);
    return influxLines(body, scale);
  }

  /** Answers as the format has it; what was not taken of a body is said where there is a place for it. */
  private accept(response: ServerResponse, { format, type }: Asked, done: Taken, version: 1 | 2): void {
    const { found, taken, repeated, refused } = done;
    const wrong = refused === 0 ? undefined : refusedIn(found);
    const nothing = taken + repeated === 0;
    // Who sends everything that there is wants to hear of it only where that is not a single column.
    const foreign = nothing || format === 'json' ? done.foreign : undefined;
    const said = [wrong, foreign].filter((one) => one !== undefined).join('; ');
    if (format === 'otlp') {
      const answer = said === '' ? {} : { partialSuccess: { rejectedDataPoints: refused, errorMessage: said } };
      const json = /^application\/json\b/i.test(type);
      response.writeHead(200, { 'content-type': json ? 'application/json' : 'application/x-protobuf' });
      response.end(json ? JSON.stringify(answer) : encodeResponse(answer));
      return;
    }
    const headers = version === 2 ? written(done) : {};
    // Sent again it would be refused again.
    if (refused > 0 && nothing && found.unnamed === 0)
      return void response.writeHead(400, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(`${wrong}\n`);
    if (said === '' || format === 'remote-write') return void response.writeHead(204, headers).end();
    if (format === 'influx')
      return void response.writeHead(204, { 'x-influxdb-error': inHeader(`partial write: ${said}`) }).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ taken, repeated, refused, left: found.unnamed, message: said })}\n`);
  }

  /** Whose a push is, and the path behind that. */
  private tenantOf({ headers }: IncomingMessage, path: string): { tenant: string; path: string } {
    const { tenants } = this.settings;
    if (!tenants) return { tenant: '', path };
    if (tenants.from === 'path') {
      const [, tenant = '', rest = '/'] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
      if (!TENANT.test(tenant)) throw new Refusal(404, 'the path begins with a tenant: /TENANT/api/v1/write');
      return { tenant, path: rest };
    }
    if (tenants.from === 'header') {
      const tenant = headers[tenants.header.toLowerCase()];
      if (typeof tenant !== 'string' || !TENANT.test(tenant))
        throw new Refusal(400, `${tenants.header} names the tenant: letters, digits, _ . and -`);
      return { tenant, path };
    }
    const given = digestOf(/^(?:Bearer|Token) (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '');
    const [whose] = this.tenants.filter(({ digest }) => timingSafeEqual(digest, given));
    if (!whose) throw new Refusal(401, 'the token is nobody’s', { 'www-authenticate': 'Bearer' });
    return { tenant: whose.name, path };
  }

  private refuse(request: IncomingMessage, response: ServerResponse, { status, message, headers }: Refusal): void {
    if (response.headersSent) return void response.destroy();
    // What is still on its way is not waited for.
    const close = request.complete ? {} : { connection: 'close' };
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      ...headers,
      ...close,
    });
    response.end(`${message.slice(0, MOST_SAID)}\n`, () => {
      if (!request.complete) request.destroy();
    });
  }
}

/** @throws Refusal where it is none */
function urlOf(text = '/'): URL {
  try {
    return new URL(`http://localhost${text}`);
  } catch {
    throw new Refusal(400, 'this is no address');
  }
}

const MOST_SAID = 500;

const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** What remote-write 2.0 wants to know. */
const written = ({ found, taken, repeated }: Taken) => ({
  'x-prometheus-remote-write-samples-written': String(taken + repeated + found.unnamed),
  'x-prometheus-remote-write-histograms-written': '0',
  'x-prometheus-remote-write-exemplars-written': '0',
});

/** A text of others as a header may hold it. */
const inHeader = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MOST_SAID);

function refusedIn({ refused }: Taken['found']): string {
  return [...refused].map(([reason, { count, detail }]) => `${count} ${reason}: ${detail.slice(0, 200)}`).join('; ');
}
