import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import mavlink from '../src/index.js';
import { frame2, message, record } from './frames.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
const look = (raw: object) => mavlink.diagnose!(mavlink.config.parse(raw), hosts.outside());

describe('the doctor of a MAVLink source', () => {
  it('looks at each recording of a list', async () => {
    writeFileSync(join(hosts.directory, 'good.tlog'), record(1e12, frame2(message('HEARTBEAT', { type: 2 }))));
    writeFileSync(join(hosts.directory, 'empty.tlog'), '');
    const connect = ['good', 'empty', 'absent'].map((name) => ({ vehicle: name, connect: `file:${name}.tlog` }));
    expect((await look({ connect })).map(({ state }) => state)).toEqual(['good', 'doubtful', 'bad']);
  });

  it('says of a UDP port whether it is free', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const connect = `udpin:127.0.0.1:${port}`;
    expect(await look({ connect })).toMatchObject([
      { subject: connect, state: 'bad', detail: expect.stringContaining('EADDRINUSE') },
    ]);
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    expect(await look({ connect })).toMatchObject([{ state: 'good' }]);
  });

  it('says of a TCP server whether it answers', async () => {
    const server = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await look({ connect: `tcp:127.0.0.1:${port}` })).toMatchObject([{ state: 'good' }]);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await look({ connect: `tcp:127.0.0.1:${port}` })).toMatchObject([
      { state: 'bad', detail: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('says of an active source as whom it speaks, and sends nothing', async () => {
    const other = createSocket('udp4');
    let heard = 0;
    other.on('message', () => heard++);
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const found = await look({ connect: `udpout:127.0.0.1:${other.address().port}`, mode: 'active' });
    expect(found).toMatchObject([{ state: 'good' }, { subject: 'mode', detail: expect.stringContaining('system 245') }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toBe(0);
    await new Promise<void>((resolve) => other.close(() => resolve()));
  });

  it.skipIf(process.platform === 'win32')('says of a serial line what is missing', async () => {
    const [finding] = await look({ connect: 'serial:/dev/there-is-no-such-line:57600' });
    expect(finding).toMatchObject({ state: 'bad' });
    expect(finding.detail).toMatch(/npm install serialport|there-is-no-such-line/);
  });
});
