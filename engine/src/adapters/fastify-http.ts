import fastify, { type FastifyInstance } from 'fastify';
import { messageOf, QuantStreamError } from '../api/index.js';
import type { HttpServer, HttpState } from '../ports/http.js';

/** `/live`, `/ready` (with reasons) and `/metrics`. */
export class FastifyHttp implements HttpServer {
  private readonly host: string;
  private readonly port: number;
  private server: FastifyInstance | undefined;

  /** @param listen `127.0.0.1:9464`; port 0 takes a free one */
  constructor(listen: string) {
    const colon = listen.lastIndexOf(':');
    this.host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    this.port = Number(listen.slice(colon + 1));
  }

  async listen(state: HttpState): Promise<string> {
    const server = fastify({ logger: false });
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
    try {
      return await server.listen({ host: this.host, port: this.port });
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      const why = taken ? 'another process listens there' : messageOf(error);
      const message = `cannot listen on ${this.host}:${this.port}: ${why}; change http.listen (port 0 takes a free one), or leave http out`;
      throw new QuantStreamError('QS_HTTP_LISTEN', message, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }
}
