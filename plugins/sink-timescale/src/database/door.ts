// Who may speak to the embedded database: whoever knows its password.

import { timingSafeEqual } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';

// Frontend and backend messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const PROTOCOL_3 = 3 << 16;
/** The longest message before a login, bytes. */
const LONGEST = 10_000;
/** Who has not said a password by then is let go of, ms. */
const PATIENCE = 10_000;
/** Connections that have not said one at a time. */
const STRANGERS = 32;

/** `AuthenticationCleartextPassword`. The other end is on this machine, and the bytes never leave it. */
const ASK = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

function refusal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/**
 * A door on 127.0.0.1 in front of a database that asks nobody for a password. Those who have not said one, however many and however long
 * they wait, take no place of those who have.
 */
export class Door {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly password: Buffer;
  private readonly inner: string;
  private readonly role: string;
  private strangers = 0;

  /**
   * @param role who may enter
   * @param inner path of the socket, or name of the pipe, of the database
   */
  constructor(role: string, password: string, inner: string) {
    this.role = role;
    this.password = Buffer.from(password);
    this.inner = inner;
    this.server = createServer((socket) => this.greet(socket));
  }

  /** @param port 0: a free one @returns the port, or `undefined` where somebody else has it */
  listen(port: number): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
      );
      this.server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
        resolve((this.server.address() as { port: number }).port);
      });
    });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private greet(socket: Socket): void {
    this.keep(socket);
    if (++this.strangers > STRANGERS) {
      this.strangers--;
      socket.end(refusal('53300', 'too many connections have not said a password yet'));
      return;
    }
    let known = false;
    const settle = () => {
      if (!known) this.strangers--;
      known = true;
      clearTimeout(timer);
    };
    const timer = setTimeout(() => socket.destroy(), PATIENCE);
    socket.once('close', settle);
    let waiting = Buffer.alloc(0);
    let startup: Buffer | undefined;
    const take = (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        // Only the first message has no letter in front of its length.
        const at = startup === undefined ? 0 : 1;
        if (waiting.length < at + 4) return;
        const end = at + waiting.readInt32BE(at);
        if (end - at < 8 - 3 * at || end > LONGEST) return void socket.destroy();
        if (waiting.length < end) return;
        const message = waiting.subarray(0, end);
        waiting = waiting.subarray(end);
        if (startup === undefined) {
          const code = message.readInt32BE(4);
          if (code === SSL_REQUEST || code === GSS_REQUEST) {
            socket.write('N');
            continue;
          }
          // A wish to cancel needs no answer, and this database has nothing to cancel it with.
          if (code >>> 16 !== PROTOCOL_3 >>> 16) return void socket.end();
          // Names and values, each ended by a zero.
          const said = message.subarray(8).toString().split('\0');
          if (said[said.indexOf('user') + 1] !== this.role) {
            return void socket.end(refusal('28000', `password authentication failed: only ${this.role} may enter`));
          }
          startup = Buffer.from(message);
          socket.write(ASK);
          continue;
        }
        if (message[0] !== 0x70 || !this.isPassword(message.subarray(5, -1))) {
          return void socket.end(refusal('28P01', 'password authentication failed: it is in the address that the engine prints'));
        }
        socket.off('data', take);
        settle();
        this.lead(socket, Buffer.concat([startup, waiting]));
        return;
      }
    };
    socket.on('data', take);
  }

  private isPassword(said: Buffer): boolean {
    return said.length === this.password.length && timingSafeEqual(said, this.password);
  }

  /** Hands a connection on to the database, as if it had come there. */
  private lead(socket: Socket, first: Buffer): void {
    socket.pause();
    const inner = connect(this.inner);
    this.keep(inner);
    socket.setNoDelay(true);
    inner.once('connect', () => {
      inner.write(first);
      socket.pipe(inner);
      inner.pipe(socket);
    });
    socket.once('close', () => inner.destroy());
    inner.once('close', () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }
}
