// The HTTP listener of the engine, by fastify.

import type { IncomingMessage, ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { type HttpHandler, type MachineAccess, messageOf, QuantStreamError } from '../../api/index.js';
import type { Access, HttpServer, HttpState } from '../../ports/http.js';
import { Guard } from './guard.js';
import { MachineGuard } from './machine-guard.js';

/** What is mounted, and who may come in there. */
interface Mounted {
  readonly handler: HttpHandler;
  readonly guard: Pick<Guard, 'admit'>;
  /** Whether people open it. */
  readonly forPeople: boolean;
}

/** `/live`, `/ready` (with reasons) and `/metrics`, and what is mounted beside them. */
export class FastifyHttp implements HttpServer {
  private readonly host: string;
  private readonly port: number;
  private readonly orAnother: boolean;
  private readonly access: Access;
  private readonly guard: Guard;
  private readonly mounted = new Map<string, Mounted>();
  private server: FastifyInstance | undefined;

  /** @param listen `127.0.0.1:9464`; port 0 takes a free one @param orAnother whether another port does as well when this one is taken */
  constructor(listen: string, access: Access, orAnother = false) {
    this.orAnother = orAnother;
    const colon = listen.lastIndexOf(':');
    this.host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    this.port = Number(listen.slice(colon + 1));
    this.access = access;
    this.guard = new Guard(access);
  }

  async listen(state: HttpState): Promise<string> {
    // A stream of events never ends by itself.
    const server = fastify({ logger: false, forceCloseConnections: true });
    this.server = server;
    server.get('/live', async () => ({ live: true }));
    server.get('/ready', async (_, reply) => {
      const readiness = state.readiness();
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    });
    server.get('/metrics', async (_, reply) => {
      const { contentType, body } = await state.metrics();
      return reply.type(contentType).send(body);
    });
    // What is mounted reads bodies by itself.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', (_request, _payload, done) => done(null));
    server.all('/*', (request, reply) => {
      reply.hijack();
      void this.answer(request.raw, reply.raw);
    });
    try {
      return await server.listen({ host: this.host, port: this.port });
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (taken && this.orAnother) return server.listen({ host: this.host, port: 0 });
      const why = taken ? 'another process listens there' : messageOf(error);
      const message = `cannot listen on ${this.host}:${this.port}: ${why}; change http.listen (port 0 takes a free one), or leave http out`;
      throw new QuantStreamError('QS_HTTP_LISTEN', message, { cause: error });
    }
  }

  mount(path: string, handler: HttpHandler, machines?: MachineAccess): () => void {
    const guard = machines ? new MachineGuard(this.access, machines) : this.guard;
    const mounted = { handler, guard, forPeople: machines === undefined };
    this.mounted.set(path, mounted);
    return () => {
      if (this.mounted.get(path) === mounted) this.mounted.delete(path);
    };
  }

  async close(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const path = url.split('?', 1)[0]!;
    const place = [...this.mounted.keys()].find((one) => path === one || path.startsWith(`${one}/`));
    const pages = [...this.mounted].filter(([, { forPeople }]) => forPeople).map(([one]) => one);
    if (place === undefined && (path !== '/' || pages.length === 0))
      return say(response, 404, 'nothing is here; see /live, /ready and /metrics');
    const mounted = place === undefined ? undefined : this.mounted.get(place);
    const admission = (mounted?.guard ?? this.guard).admit(request, request.socket.localPort ?? this.port);
    if (!admission.admitted) return say(response, admission.status, admission.text, admission.headers);
    if (place === undefined || !mounted) {
      const [only, ...others] = pages;
      const list = [only, ...others].map((one) => `${one}/`).join('\n');
      return others.length === 0 ? say(response, 302, '', { location: `${only}/` }) : say(response, 200, list);
    }
    // Relative addresses of a page want the slash.
    if (path === place && request.method === 'GET')
      return say(response, 302, '', { location: `${place}/${url.slice(path.length)}` });
    const rest = url.slice(place.length);
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    if (admission.user !== undefined) request.headers['x-quantstream-user'] = admission.user;
    else delete request.headers['x-quantstream-user'];
    try {
      await mounted.handler(request, response);
    } catch (error) {
      if (!response.headersSent) say(response, 500, messageOf(error));
      else response.destroy();
    }
  }
}

function say(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers });
  response.end(text === '' ? undefined : `${text}\n`);
}
