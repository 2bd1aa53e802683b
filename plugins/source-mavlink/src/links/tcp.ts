// A TCP connection to something that listens.

import { connect, type Socket } from 'node:net';
import { messageOf } from '@quantstream/engine';
import type { Link, LinkEvents } from './link.js';
import { Retry } from './retry.js';

/** An attempt to connect that takes longer has failed, ms. */
const CONNECT_WITHIN = 5_000;
/** A connection over which nothing comes is asked whether it stands, ms. */
const KEEP_ALIVE = 10_000;
/** With so many bytes under way nothing more is sent. */
const MOST_UNSENT = 16_384;

/** A TCP connection to something that listens: a simulator, a router, a serial server. */
export class TcpLink implements Link {
  readonly name: string;
  readonly bytesPerSecond = Number.POSITIVE_INFINITY;
  private readonly host: string;
  private readonly port: number;
  private readonly retry = new Retry(() => this.connect());
  private events: LinkEvents | undefined;
  private socket: Socket | undefined;
  private ready = false;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
    this.name = `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  open(events: LinkEvents): void {
    this.events = events;
    this.connect();
  }

  send(frame: Uint8Array): boolean {
    const { socket } = this;
    if (!this.ready || !socket || socket.writableLength > MOST_UNSENT) return false;
    socket.write(frame);
    return true;
  }

  async close(): Promise<void> {
    this.retry.stop();
    this.events = undefined;
    this.ready = false;
    this.socket?.destroy();
    this.socket = undefined;
  }

  private connect(): void {
    if (!this.events) return;
    const socket = connect({
      host: this.host,
      port: this.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
    });
    this.socket = socket;
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_WITHIN / 1_000} s`)), CONNECT_WITHIN);
    let why = 'the other end has closed the connection';
    socket.on('connect', () => {
      clearTimeout(timer);
      this.ready = true;
      this.retry.up();
      this.events?.up();
    });
    socket.on('data', (bytes) => this.events?.received(bytes, this.name));
    socket.on('error', (error) => {
      why = messageOf(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.ready = false;
      this.events?.down(why);
      this.retry.down();
    });
  }
}
