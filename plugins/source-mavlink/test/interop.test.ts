import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Link } from '../src/links/link.js';
import { SerialLink, type SerialPortClass } from '../src/links/serial.js';
import { TcpLink } from '../src/links/tcp.js';
import { UdpLink } from '../src/links/udp.js';
import { keyOfPassphrase } from '../src/signing.js';
import { type Listening, listenTo, until } from './live-helpers.js';

const python = process.env.QUANTSTREAM_PYTHON ?? '';
const present = python !== '' && spawnSync(python, ['-c', 'import pymavlink']).status === 0;
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

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
let vehicle: Vehicle | undefined;
let listening: Listening | undefined;
afterEach(async () => {
  await listening?.stop();
  await vehicle?.stop();
  listening = undefined;
  vehicle = undefined;
  hosts.dropped.clear();
});

const key = keyOfPassphrase('interop').toString('hex');
const active = { mode: 'active', active: { ground: '2s' }, messages: ['ATTITUDE', 'SYS_STATUS', 'HOME_POSITION', 'HEARTBEAT'] };

/** What must hold of any line: everything asked for comes, what we send is understood, a ground station silences us, and it comes back. */
async function check(one: Vehicle, heard: Listening, signed: boolean): Promise<void> {
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
  it.each([false, true])('speak with us over UDP (signed: %s)', async (signed) => {
    const link = new UdpLink('udpin', '127.0.0.1', 0);
    listening = listenTo(hosts, [link], signed ? { ...active, signing: { key } } : active);
    await until(() => link.boundPort > 0, 'the port is bound');
    vehicle = new Vehicle('udp', String(link.boundPort), ...(signed ? ['--key', key] : []));
    await check(vehicle, listening, signed);
  });

  it('are spoken to first at a UDP address, and speak with us', async () => {
    vehicle = new Vehicle('listen');
    await until(() => vehicle?.ready !== undefined, 'it listens');
    listening = listenTo(hosts, [new UdpLink('udpout', '127.0.0.1', vehicle.ready as number)], active);
    await check(vehicle, listening, false);
  });

  it('speak with us over TCP', async () => {
    vehicle = new Vehicle('tcp', '0');
    await until(() => vehicle?.ready !== undefined, 'it listens');
    listening = listenTo(hosts, [new TcpLink('127.0.0.1', vehicle.ready as number)], active);
    await check(vehicle, listening, false);
  });

  const lines = Port && process.platform !== 'win32';
  it.skipIf(!lines)(
    `speak with us over a serial line${lines ? '' : ' (skipped: the package serialport is not installed)'}`,
    async () => {
      const path = join(hosts.directory, 'tty');
      vehicle = new Vehicle('pty', path);
      await until(() => vehicle?.ready !== undefined, 'the line is there');
      const link: Link = new SerialLink(path, 57_600, async () => Port as SerialPortClass);
      listening = listenTo(hosts, [link], active);
      await check(vehicle, listening, false);
    },
  );
});
