// A UDP port that listens, or speaks first.

import { createSocket, type Socket } from 'node:dgram';
import { messageOf } from '@quantstream/engine';
import type { Link, LinkEvents } from './link.js';
import { Retry } from './retry.js';

/** What the system is asked to hold while we are busy, bytes: a second of fifty vehicles is some 250 kB. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/**
 * A UDP port. `udpin` binds HOST:PORT and hears whoever sends there, many vehicles if need be; `udpout` speaks to HOST:PORT from a port of
 * its own and hears only what comes from there, so somebody has to speak first.
 */
export class UdpLink implements Link {
  readonly name: string;
  readonly bytesPerSecond = Number.POSITIVE_INFINITY;
  readonly speaksFirst: boolean;
  private readonly inward: boolean;
  private readonly host: string;
  private readonly port: number;
  private readonly retry = new Retry(() => this.connect());
  private events: LinkEvents | undefined;
  private socket: Socket | undefined;
  private ready = false;

  constructor(kind: 'udpin' | 'udpout', host: string, port: number) {
    this.inward = kind === 'udpin';
    this.speaksFirst = !this.inward;
    this.host = host;
    this.port = port;
    this.name = `${kind}:${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** The port that is bound; 0 before. */
  get boundPort(): number {
    return this.ready && this.socket ? this.socket.address().port : 0;
  }

  open(events: LinkEvents): void {
    this.events = events;
    this.connect();
  }

  send(frame: Uint8Array, peer: string): boolean {
    const { socket } = this;
    if (!this.ready || !socket) return false;
    const sent = () => {};
    if (!this.inward) socket.send(frame, sent);
    else {
      const colon = peer.lastIndexOf(':');
      socket.send(frame, Number(peer.slice(colon + 1)), peer.slice(0, colon), sent);
    }
    return true;
  }

  async close(): Promise<void> {
    this.retry.stop();
    this.events = undefined;
    const { socket } = this;
    this.socket = undefined;
    this.ready = false;
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  private connect(): void {
    if (!this.events) return;
    const socket = createSocket({ type: this.host.includes(':') ? 'udp6' : 'udp4' });
    this.socket = socket;
    socket.on('message', (bytes, { address, port }) => this.events?.received(bytes, `${address}:${port}`));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // What was sent before the other end listened comes back as a refusal; it may listen later.
      if (error.code === 'ECONNREFUSED' && this.ready) return;
      this.fail(socket, messageOf(error));
    });
    const up = () => {
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER);
      } catch {
        // The system allows less; it says so in its own way.
      }
      this.ready = true;
      this.retry.up();
      this.events?.up();
    };
    if (this.inward) socket.bind({ address: this.host, port: this.port, exclusive: true }, up);
    else {
      // A callback would take the error of an address that is not known, and say nothing of it.
      socket.once('connect', up);
      socket.connect(this.port, this.host);
    }
  }

  private fail(socket: Socket, why: string): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.ready = false;
    socket.close();
    this.events?.down(why);
    this.retry.down();
  }
}
