// A line to a server that can be made slow (what goes over it arrives later, in order), or cut.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class SlowLine {
  /** How much later what is sent arrives, each way, ms. */
  delay = 0;
  private away = false;
  /** The URL of the server, over this line. */
  readonly url: string;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  static async to(url: string): Promise<SlowLine> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new SlowLine(server, url);
  }

  private constructor(server: Server, url: string) {
    this.server = server;
    const { hostname, port } = new URL(url);
    this.url = Object.assign(new URL(url), { port: String((server.address() as AddressInfo).port) }).href;
    server.on('connection', (near) => {
      if (this.away) return void near.destroy();
      const far = connect(Number(port), hostname);
      this.join(near, far);
      this.join(far, near);
    });
  }

  /** While it is cut, connections break, and none is made. */
  set cut(cut: boolean) {
    this.away = cut;
    if (cut) for (const socket of this.sockets) socket.destroy();
  }

  /** One direction. A socket that ends ends the other one, behind what was sent before. */
  private join(from: Socket, to: Socket): void {
    this.sockets.add(from);
    const later = (action: () => void) => (this.delay === 0 ? action() : void setTimeout(action, this.delay));
    let turn: Promise<void> = Promise.resolve();
    const inOrder = (action: () => void) => {
      const arrived = new Promise<void>((done) => later(done));
      turn = turn.then(() => arrived).then(action);
    };
    from.on('data', (piece) => inOrder(() => void to.write(piece)));
    from.on('error', () => {});
    from.on('close', () => {
      this.sockets.delete(from);
      inOrder(() => to.destroy());
    });
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
