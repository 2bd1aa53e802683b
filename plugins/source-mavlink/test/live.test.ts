import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { config } from '../src/config.js';
import { TcpLink } from '../src/links/tcp.js';
import { UdpLink } from '../src/links/udp.js';
import { LiveSource } from '../src/live/source.js';
import { frame2, message } from './frames.js';
import { Listening, listenTo, TestLink, until } from './live-helpers.js';

const hosts = new TestHosts();
const open: Listening[] = [];
afterAll(() => hosts.dispose());
beforeEach(() => {
  for (const counts of [hosts.dropped, hosts.metrics]) counts.clear();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

const attitude = (boot: number, sequence: number, system = 1) =>
  frame2(message('ATTITUDE', { timeBootMs: boot, roll: sequence }), { system, sequence: sequence & 255 });
const listen = (links: Parameters<typeof listenTo>[1], more: object = {}) => {
  const one = listenTo(hosts, links, { messages: ['ATTITUDE'], ...more });
  open.push(one);
  return one;
};

describe('a UDP port', () => {
  it('hears many vehicles, and gives each its own key', async () => {
    const link = new UdpLink('udpin', '127.0.0.1', 0);
    const heard = listen([link]);
    await until(() => link.boundPort > 0, 'the port is bound');
    const senders = [1, 2, 3].map(() => createSocket('udp4'));
    for (let i = 0; i < 20; i++) {
      for (const [k, sender] of senders.entries()) sender.send(attitude(1_000 + i * 10, i, k + 1), link.boundPort, '127.0.0.1');
    }
    await until(() => heard.of('attitude').length === 60, 'all has come');
    for (const sender of senders) sender.close();
    for (const system of [1, 2, 3]) {
      const rolls = heard.of('attitude').filter(({ key }) => key === `vehicle-${system}`);
      expect(rolls.map(({ values }) => values.roll)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    }
    expect([...hosts.dropped]).toEqual([]);
  });

  it('is spoken to under the address that a vehicle was last heard from', async () => {
    const link = new UdpLink('udpin', '127.0.0.1', 0);
    let peer = '';
    link.open({
      received(_, from) {
        peer = from;
      },
      up() {},
      down() {},
    });
    await until(() => link.boundPort > 0, 'the port is bound');
    const sender = createSocket('udp4');
    const answers: Buffer[] = [];
    sender.on('message', (bytes) => answers.push(bytes));
    sender.send(attitude(1, 0), link.boundPort, '127.0.0.1');
    await until(() => peer !== '', 'a frame has come');
    expect(link.send(Buffer.from('answer'), peer)).toBe(true);
    await until(() => answers.length === 1, 'the answer has come');
    expect(answers[0].toString()).toBe('answer');
    sender.close();
    await link.close();
    await link.close();
    expect(link.send(Buffer.from('answer'), peer)).toBe(false);
  });

  it('that somebody else has is asked for again, and the trouble is said meanwhile', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const { port } = other.address();
    const heard = listen([new UdpLink('udpin', '127.0.0.1', port)]);
    await until(() => hosts.trouble?.includes('EADDRINUSE') === true, 'the trouble is said');
    await new Promise<void>((resolve) => other.close(() => resolve()));
    await until(() => hosts.trouble === undefined, 'the port is bound');
    const sender = createSocket('udp4');
    sender.send(attitude(1_000, 0), port, '127.0.0.1');
    await until(() => heard.of('attitude').length === 1, 'a frame has come');
    sender.close();
  });
});

describe('a TCP connection', () => {
  it('is made again when the other end goes and comes back, and frames that were cut are put together', async () => {
    const sockets: Socket[] = [];
    const serve = (port: number) =>
      new Promise<Server>((resolve) => {
        const server = createServer((socket) => sockets.push(socket)).listen(port, '127.0.0.1', () => resolve(server));
      });
    let server = await serve(0);
    const { port } = server.address() as { port: number };
    const heard = listen([new TcpLink('127.0.0.1', port)]);
    await until(() => sockets.length === 1, 'it is connected');
    const bytes = Buffer.concat([attitude(1_000, 0), attitude(1_010, 1)]);
    for (const byte of bytes) sockets[0].write(Uint8Array.of(byte));
    await until(() => heard.of('attitude').length === 2, 'two frames have come');
    sockets[0].destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await until(() => hosts.trouble !== undefined, 'the trouble is said');
    server = await serve(port);
    await until(() => sockets.length === 2, 'it is connected again');
    sockets[1].write(attitude(2_000, 2));
    await until(() => heard.of('attitude').length === 3, 'a third has come');
    expect(hosts.trouble).toBeUndefined();
    for (const one of open.splice(0)) await one.stop();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});

describe('a live source', () => {
  it('tells how far time has come, silence included, and never ahead of what follows', async () => {
    const link = new TestLink();
    const heard = listen([link], { wait: '100ms' });
    await until(() => link.events !== undefined, 'the link is open');
    for (let i = 0; i < 30; i++) {
      link.receive(attitude(1_000 + i * 10, i));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(() => heard.watermarks.length > 10, 'time was told');
    expect(heard.watermarks.every((one, i) => i === 0 || one >= heard.watermarks[i - 1])).toBe(true);
    const last = heard.watermarks.at(-1)!;
    await until(() => heard.watermarks.at(-1)! > last + 100, 'time goes on in silence');
    // A second of frames that were under way for so long.
    link.receive(Buffer.concat(Array.from({ length: 5 }, (_, i) => attitude(1_310 + i, 30 + i))));
    await until(() => heard.of('attitude').length === 35, 'they have come');
  });

  it('begins by saying that nobody listened, with sequences beyond those of every earlier run', async () => {
    const runs: { last: number; first: number }[] = [];
    for (let run = 0; run < 2; run++) {
      const link = new TestLink();
      const heard = listen([link]);
      await until(() => heard.watermarks.length > 0, 'it has begun');
      for (let i = 0; i < 300; i++) link.receive(attitude(1_000 + i, i & 0xff));
      await until(() => heard.of('attitude').length === 300, 'all has come');
      const sequences = heard.of('attitude').map(({ sequence }) => sequence);
      expect(sequences.every((sequence, i) => i === 0 || sequence === sequences[i - 1] + 1)).toBe(true);
      expect(heard.beginnings).toMatchObject([{ key: '*', count: 0 }]);
      runs.push({ first: sequences[0], last: sequences[299] });
      await heard.stop();
    }
    expect(runs[1].first).toBeGreaterThan(runs[0].last);
    expect(Number.isSafeInteger(runs[1].last)).toBe(true);
  });

  it('takes the least delay for the offset of a boot clock, so that a stutter of the line does not move event time', async () => {
    const link = new TestLink();
    const heard = listen([link], { wait: '2s' });
    await until(() => link.events !== undefined, 'the link is open');
    link.receive(attitude(1_000, 0));
    await new Promise((resolve) => setTimeout(resolve, 300));
    link.receive(Buffer.concat([attitude(1_100, 1), attitude(1_200, 2), attitude(1_250, 3)]));
    await until(() => heard.of('attitude').length === 4, 'all has come');
    const times = heard.of('attitude').map(({ time }) => time);
    expect(times.map((time) => Math.round(time - times[0]))).toEqual([0, 100, 200, 250]);
  });

  it('says that a link was lost when its vehicle is heard again, and counts what is missing by the sequence numbers', async () => {
    const link = new TestLink();
    const heard = listen([link], { silence: '200ms' });
    await until(() => link.events !== undefined, 'the link is open');
    link.receive(attitude(1_000, 0));
    await new Promise((resolve) => setTimeout(resolve, 400));
    link.receive(attitude(1_400, 9));
    await until(() => heard.of('attitude').length === 2, 'all has come');
    expect(heard.missing).toMatchObject([{ key: 'vehicle-1', reason: 'link lost' }]);
    // What is missing may be late, for a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    link.receive(attitude(2_500, 10));
    await until(() => (hosts.metrics.get('mavlink_lost_frames_total') ?? 0) > 0, 'losses are counted');
    expect(hosts.metrics.get('mavlink_lost_frames_total')).toBe(8);
  });

  it('says of a vehicle that was switched off and on that it rebooted', async () => {
    const link = new TestLink();
    const heard = listen([link]);
    await until(() => link.events !== undefined, 'the link is open');
    for (let i = 0; i < 3; i++) link.receive(attitude(500_000 + i * 10, i));
    for (let i = 0; i < 3; i++) link.receive(attitude(3_000 + i * 10, i));
    await until(() => heard.of('attitude').length === 6, 'all has come');
    expect(heard.missing).toMatchObject([{ key: 'vehicle-1', reason: 'vehicle rebooted' }]);
  });

  it('sends nothing at all while it is passive, whatever it hears', async () => {
    const link = new TestLink();
    const heard = listen([link]);
    await until(() => link.events !== undefined, 'the link is open');
    const heartbeat = frame2(message('HEARTBEAT', { type: 2, autopilot: 3 }));
    for (let i = 0; i < 20; i++) {
      link.receive(Buffer.concat([heartbeat, attitude(1_000 + i * 200, i)]));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await until(() => heard.of('attitude').length === 20, 'all has come');
    expect(link.sent).toEqual([]);
  });

  it('of several links names the vehicles, and is in trouble only when all are down', async () => {
    const links = [new TestLink('one'), new TestLink('two')];
    const settings = config.parse({
      connect: [
        { vehicle: 'a', connect: 'tcp:h:1' },
        { vehicle: 'b', connect: 'tcp:h:2' },
      ],
      messages: ['ATTITUDE'],
    });
    const named = links.map((link, i) => ({ name: 'ab'[i], link }));
    const heard = new Listening(new LiveSource(settings, hosts.source(), named));
    open.push(heard);
    await until(() => links.every(({ events }) => events !== undefined) && hosts.trouble === undefined, 'the links are open');
    links[0].receive(attitude(1_000, 0));
    links[1].receive(attitude(5_000, 1));
    await until(() => heard.of('attitude').length === 2, 'both are heard');
    expect(heard.of('attitude').map(({ key, values }) => [key, values.roll])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    links[0].events?.down('unplugged');
    expect(hosts.trouble).toBeUndefined();
    links[1].events?.down('unplugged too');
    expect(hosts.trouble).toBe('one: unplugged; two: unplugged too');
    links[0].events?.up();
    expect(hosts.trouble).toBeUndefined();
  });

  it('holds a bounded number of observations, and tells what it had to drop', async () => {
    const link = new TestLink();
    const heard = listen([link], { buffer: 1_000 });
    await until(() => link.events !== undefined, 'the link is open');
    link.receive(Buffer.concat(Array.from({ length: 1_500 }, (_, i) => attitude(1_000 + i, i))));
    await until(() => heard.missing.length > 0, 'the loss is told');
    const lost = heard.missing.reduce((sum, { count }) => sum + (count ?? 0), 0);
    expect(heard.missing[0]).toMatchObject({ key: 'vehicle-1', reason: 'buffer full' });
    expect(heard.observations.length).toBe(1_000);
    expect(lost + heard.observations.length).toBeGreaterThanOrEqual(1_500);
    await until(() => (hosts.dropped.get('overflow') ?? 0) === lost, 'the drop is counted');
  });
});
