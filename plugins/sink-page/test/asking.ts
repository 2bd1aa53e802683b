// Asks what a sink has mounted, as a browser would.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpHandler } from '@quantstream/engine';

/** A listener on a free port that hands everything to a handler. */
export class Asking {
  private readonly server: Server;
  private readonly url: Promise<string>;

  constructor(handler: HttpHandler) {
    this.server = createServer(
      (request, response) =>
        void Promise.resolve(handler(request, response)).catch((error) => {
          response.statusCode = 500;
          response.end(String(error));
        }),
    );
    this.url = new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`));
    });
  }

  async fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${await this.url}/${path}`, init);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.fetch(path);
    const body = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status}: ${body}`);
    return JSON.parse(body) as T;
  }

  async post(path: string, body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) {
    const answer = await this.fetch(path, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
