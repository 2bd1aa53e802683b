import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { hostileRecords, TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import mavlink from '../src/index.js';
import { frame1, frame2, message } from './frames.js';
import { Listening, until } from './live-helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

// Each frame is another one, as repeats are dropped; its boot clock goes no faster than they are sent.
const good = Array.from({ length: 10_000 }, (_, i) =>
  (i % 2 ? frame2 : frame1)(
    message(i % 3 ? 'HEARTBEAT' : 'ATTITUDE', i % 3 ? { type: 2 } : { timeBootMs: 20_000 + Math.floor(i / 50) }),
    {
      sequence: i % 256,
    },
  ),
);
const hostile = hostileRecords(good, 10_000) as Uint8Array[];
/** What must be heard behind all that, of a vehicle of its own. */
const last = Array.from({ length: 20 }, (_, i) => frame2(message('HEARTBEAT', { type: 2 }), { system: 77, sequence: i }));

async function listen(connect: string): Promise<Listening> {
  const raw = { connect, messages: ['HEARTBEAT', 'ATTITUDE'] };
  return new Listening(await mavlink.create(mavlink.config.parse(raw), hosts.source()));
}

const heardLast = (ear: Listening) => () => ear.observations.some(({ key }) => key.includes('77'));

describe('ten thousand hostile records on a link end nothing', () => {
  it('over TCP', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ear = await listen(`tcp:127.0.0.1:${(server.address() as { port: number }).port}`);
    await until(() => sockets.length === 1, 'it has connected');
    sockets[0]!.write(Buffer.concat(hostile));
    sockets[0]!.write(Buffer.concat([Buffer.alloc(600), ...last]));
    await until(heardLast(ear), 'the vehicle behind them is heard');
    expect(sockets).toHaveLength(1);
    expect(ear.observations.length).toBeGreaterThan(1_000);
    await ear.stop();
    sockets[0]!.destroy();
    server.close();
  });

  it('over UDP', async () => {
    const probe = createSocket('udp4');
    await new Promise<void>((resolve) => probe.bind(0, '127.0.0.1', resolve));
    const { port } = probe.address();
    await new Promise<void>((resolve) => probe.close(() => resolve()));
    const ear = await listen(`udpin:127.0.0.1:${port}`);
    const socket = createSocket('udp4');
    const send = (bytes: Uint8Array) => new Promise<void>((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));
    for (const bytes of hostile) await send(bytes);
    for (const bytes of last) await send(bytes);
    await until(heardLast(ear), 'the vehicle behind them is heard');
    await ear.stop();
    socket.close();
  });
});
