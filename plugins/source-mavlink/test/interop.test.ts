import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TestHosts } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import type { Link } from '../src/links/link.js';
import { SerialLink, type SerialPortClass } from '../src/links/serial.js';
import { TcpLink } from '../src/links/tcp.js';
import { UdpLink } from '../src/links/udp.js';
import { keyOfPassphrase } from '../src/wire/signing.js';
import { type Listening, listenTo, until } from './live-helpers.js';

const python = process.env.QUANTSTREAM_PYTHON ?? '';
// Where a Python is named, it must have pymavlink: a check that was asked for is not skipped.
const present = python !== '';
const why = present ? '' : ' (skipped: QUANTSTREAM_PYTHON names no Python with pymavlink)';

/** `serialport` is optional: found beside us, or where QUANTSTREAM_SERIALPORT says. */
function serialPort(): SerialPortClass | undefined {
  try {
    const from = process.env.QUANTSTREAM_SERIALPORT;
    return (createRequire(from ? join(from, 'x.js') : import.meta.url)('serialport') as { SerialPort: SerialPortClass })
      .SerialPort;
  } catch {
    return undefined;
  }
}
const Port = serialPort();

interface Heard {
  readonly heard?: string;
  readonly from?: [number, number];
  readonly signed?: boolean;
  readonly bad?: string;
  readonly ready?: number | string;
  readonly fields?: Record<string, number | string>;
}

/** The vehicle of vehicle.py. */
class Vehicle {
  readonly lines: Heard[] = [];
  private readonly child: ChildProcessWithoutNullStreams;

  constructor(...args: string[]) {
    this.child = spawn(python, [join(import.meta.dirname, 'interop', 'vehicle.py'), ...args]);
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line) as Heard));
    this.child.stderr.on('data', (text) => process.stderr.write(text));
  }

  get ready() {
    return this.lines.find(({ ready }) => ready !== undefined)?.ready;
  }

  heard(type: string): Heard[] {
    return this.lines.filter(({ heard }) => heard === type);
  }

  say(command: string): void {
    this.child.stdin.write(`${command}\n`);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.say('quit');
    await gone;
  }
}

/** What one exchange uses: they run beside each other, because they mostly wait. */
class Exchange {
  readonly hosts = new TestHosts();
  private vehicle: Vehicle | undefined;
  private listening: Listening | undefined;

  async start(...args: string[]): Promise<Vehicle> {
    const vehicle = new Vehicle(...args);
    this.vehicle = vehicle;
    return vehicle;
  }

  /** Starts one that says where it can be found. */
  async startReady(...args: string[]): Promise<Vehicle> {
    const vehicle = await this.start(...args);
    await until(() => vehicle.ready !== undefined, 'it is ready', 20_000);
    return vehicle;
  }

  listen(link: Link, more: object = active): Listening {
    this.listening = listenTo(this.hosts, [link], more);
    return this.listening;
  }

  async close(): Promise<void> {
    await this.listening?.stop();
    await this.vehicle?.stop();
    this.hosts.dispose();
  }
}

async function exchanging(work: (exchange: Exchange) => Promise<void>): Promise<void> {
  const exchange = new Exchange();
  try {
    await work(exchange);
  } finally {
    await exchange.close();
  }
}

const key = keyOfPassphrase('interop').toString('hex');
const active = { mode: 'active', active: { ground: '2s' }, messages: ['ATTITUDE', 'SYS_STATUS', 'HOME_POSITION', 'HEARTBEAT'] };

/** What must hold of any line: everything asked for comes, what we send is understood, a ground station silences us, and it comes back. */
async function check({ hosts }: Exchange, one: Vehicle, heard: Listening, signed = false): Promise<void> {
  await until(() => heard.of('attitude').length > 20, 'telemetry comes');
  await until(() => heard.of('setting').length >= 3, 'settings come', 40_000);
  await until(
    () => heard.of('fence_item').length >= 3 && heard.of('home_position').length > 0,
    'the fence and the home come',
    20_000,
  );
  await until(() => one.heard('HEARTBEAT').length > 1, 'our heartbeat comes');
  expect(one.lines.filter(({ bad }) => bad !== undefined)).toEqual([]);
  expect(new Set(one.lines.flatMap(({ from }) => (from ? [from.join('/')] : [])))).toEqual(new Set(['245/191']));
  expect(one.lines.filter((line) => line.heard !== undefined).every((line) => line.signed === signed)).toBe(true);
  expect(one.heard('MISSION_ACK')).toHaveLength(1);
  const commands = new Set(one.heard('COMMAND_LONG').map(({ fields }) => fields?.command));
  expect(commands).toEqual(new Set([511, 512]));
  expect(heard.of('attitude').every(({ key }) => key === 'vehicle-7')).toBe(true);

  one.say('ground on');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const quiet = one.heard('HEARTBEAT').length;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(one.heard('HEARTBEAT').length).toBe(quiet);
  one.say('ground off');
  await until(() => one.heard('HEARTBEAT').length > quiet, 'we speak again', 15_000);

  const before = heard.of('attitude').length;
  one.say('drop');
  await until(() => heard.of('attitude').length > before + 50, 'telemetry comes again', 20_000);
  expect([...hosts.dropped].filter(([reason]) => reason !== 'garbage' && reason !== 'bad_crc')).toEqual([]);
}

describe.skipIf(!present)(`a vehicle and a ground station made of pymavlink${why}`, { timeout: 120_000 }, () => {
  it.concurrent.each([false, true])('speak with us over UDP (signed: %s)', (signed) =>
    exchanging(async (exchange) => {
      const link = new UdpLink('udpin', '127.0.0.1', 0);
      const heard = exchange.listen(link, signed ? { ...active, signing: { key } } : active);
      await until(() => link.boundPort > 0, 'the port is bound');
      const vehicle = await exchange.start('udp', String(link.boundPort), ...(signed ? ['--key', key] : []));
      await check(exchange, vehicle, heard, signed);
    }),
  );

  it.concurrent('are spoken to first at a UDP address, and speak with us', () =>
    exchanging(async (exchange) => {
      const vehicle = await exchange.startReady('listen');
      await check(exchange, vehicle, exchange.listen(new UdpLink('udpout', '127.0.0.1', vehicle.ready as number)));
    }));

  it.concurrent('speak with us over TCP', () =>
    exchanging(async (exchange) => {
      const vehicle = await exchange.startReady('tcp', '0');
      await check(exchange, vehicle, exchange.listen(new TcpLink('127.0.0.1', vehicle.ready as number)));
    }));

  const lines = Port && process.platform !== 'win32';
  (lines ? it.concurrent : it.skip)(
    `speak with us over a serial line${lines ? '' : ' (skipped: the package serialport is not installed)'}`,
    () =>
      exchanging(async (exchange) => {
        const path = join(exchange.hosts.directory, 'tty');
        const vehicle = await exchange.startReady('pty', path);
        await check(exchange, vehicle, exchange.listen(new SerialLink(path, 57_600, async () => Port as SerialPortClass)));
      }),
  );
});
