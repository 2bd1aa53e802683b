// A serial line, by the optional package `serialport`.

import { messageOf } from '@quantstream/engine';
import type { Link, LinkEvents } from './link.js';
import { Retry } from './retry.js';

/** Bits on the line for a byte: a start, eight, a stop. */
const BITS = 10;
const MOST_UNSENT = 4_096;

/** What is used of the package `serialport`, which is installed only where it is wanted. */
export interface SerialPort {
  readonly writableLength: number;
  open(opened: (error: Error | null) => void): void;
  close(closed: (error: Error | null) => void): void;
  write(bytes: Uint8Array): boolean;
  on(event: 'data', listener: (bytes: Uint8Array) => void): void;
  on(event: 'error' | 'close', listener: (error?: Error | null) => void): void;
  readonly isOpen: boolean;
}
export type SerialPortClass = new (options: { path: string; baudRate: number; autoOpen: false }) => SerialPort;

/** Loads `serialport`. @throws what is missing and how to get it */
export async function loadSerialPort(): Promise<SerialPortClass> {
  // A variable, so that it need not be there when this is compiled.
  const name = 'serialport';
  try {
    const { SerialPort } = (await import(name)) as { SerialPort: SerialPortClass };
    return SerialPort;
  } catch (cause) {
    throw new Error(`serial lines need the package serialport: npm install serialport@13 (${messageOf(cause)})`, { cause });
  }
}

/** A serial line: a telemetry radio, or a cable to the autopilot. */
export class SerialLink implements Link {
  readonly name: string;
  readonly bytesPerSecond: number;
  private readonly path: string;
  private readonly baud: number;
  private readonly load: () => Promise<SerialPortClass>;
  private readonly retry = new Retry(() => void this.connect());
  private events: LinkEvents | undefined;
  private port: SerialPort | undefined;

  constructor(path: string, baud: number, load: () => Promise<SerialPortClass> = loadSerialPort) {
    this.path = path;
    this.baud = baud;
    this.load = load;
    this.name = `serial:${path}:${baud}`;
    this.bytesPerSecond = baud / BITS;
  }

  open(events: LinkEvents): void {
    this.events = events;
    void this.connect();
  }

  send(frame: Uint8Array): boolean {
    const { port } = this;
    if (!port?.isOpen || port.writableLength > MOST_UNSENT) return false;
    port.write(frame);
    return true;
  }

  async close(): Promise<void> {
    this.retry.stop();
    this.events = undefined;
    const { port } = this;
    this.port = undefined;
    if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }

  private async connect(): Promise<void> {
    let port: SerialPort;
    try {
      const Port = await this.load();
      if (!this.events) return;
      port = new Port({ path: this.path, baudRate: this.baud, autoOpen: false });
    } catch (error) {
      this.fail(undefined, messageOf(error));
      return;
    }
    this.port = port;
    let why = 'the line was closed';
    port.on('data', (bytes) => this.events?.received(bytes, this.name));
    port.on('error', (error) => {
      why = messageOf(error);
    });
    // A radio that is unplugged closes its line with an error.
    port.on('close', (error) => this.fail(port, error ? messageOf(error) : why));
    port.open((error) => {
      if (error) {
        this.fail(port, messageOf(error));
        return;
      }
      if (!this.events) {
        port.close(() => {});
        return;
      }
      this.retry.up();
      this.events.up();
    });
  }

  private fail(port: SerialPort | undefined, why: string): void {
    if (this.port !== port) return;
    this.port = undefined;
    this.events?.down(why);
    this.retry.down();
  }
}
