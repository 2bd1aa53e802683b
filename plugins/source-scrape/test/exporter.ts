// An exporter for tests: it exposes what it is told, once, and keeps it until it was fetched.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Exporter {
  readonly target: string;
  /** What is answered; by default what was said and not fetched yet. */
  answer: (response: ServerResponse) => void;
  /** Puts text into the next answer. Resolves once that was fetched. */
  say(text: string): Promise<void>;
  /** Ends all connections. */
  cut(): void;
  readonly connections: number;
  close(): Promise<void>;
}

export async function exporter(): Promise<Exporter> {
  let waiting: { text: string; fetched: () => void }[] = [];
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((_, response) => one.answer(response));
  server.on('connection', (socket) => {
    if (open.size === 0) connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const one = {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(response: ServerResponse) {
      const said = waiting;
      waiting = [];
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(said.map(({ text }) => text).join(''), () => said.forEach(({ fetched }) => void fetched()));
    },
    say: (text: string) => new Promise<void>((fetched) => void waiting.push({ text, fetched })),
    cut: () => open.forEach((socket) => void socket.destroy()),
    get connections() {
      return connections;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return one;
}
