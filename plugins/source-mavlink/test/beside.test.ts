// A companion's port over real sockets: the autopilot forwards what its ground station says, and the ground station goes.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import type { Link } from '../src/links/link.js';
import { TcpLink } from '../src/links/tcp.js';
import { UdpLink } from '../src/links/udp.js';
import { SimulatedVehicle } from '../src/simulator/simulated-vehicle.js';
import { frame2, message } from './frames.js';
import { listenTo, until } from './live-helpers.js';
import { settings as vehicleSettings } from './simulator-helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const ground = frame2(message('HEARTBEAT', { type: 6, autopilot: 8 }), { system: 255, component: 190 });
/** The simulated vehicle is on its mission by then, ms since the start. */
const IN_FLIGHT = 60_000;
const RETURN = 6;

/** A vehicle in flight that sends nothing but heartbeats by itself, and runs with the clock on the wall. */
class Flying {
  readonly vehicle = new SimulatedVehicle(vehicleSettings({ onRequest: true, gcsFailsafe: true }));
  /** Whether its ground station is there; what that says is heard by it, and forwarded to us. */
  withGround = true;
  private readonly timer: NodeJS.Timeout;
  private simulated = IN_FLIGHT;
  private groundAt = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    for (let ms = 0; ms <= IN_FLIGHT; ms += 500) {
      this.vehicle.receive(ground);
      this.vehicle.advance(ms, () => {});
    }
    const began = performance.now() - IN_FLIGHT;
    this.timer = setInterval(() => {
      // What a busy machine holds up is not made up for at once.
      this.simulated = Math.min(performance.now() - began, this.simulated + 200);
      if (this.withGround && this.simulated - this.groundAt > 900) {
        this.groundAt = this.simulated;
        this.vehicle.receive(ground);
        send(ground);
      }
      this.vehicle.advance(this.simulated, send);
    }, 20);
  }

  heard(name: string): number {
    return this.vehicle.protocol.heard.get(name) ?? 0;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** What must hold of any line. */
async function check(link: Link, start: () => Promise<Flying>, end: () => void): Promise<void> {
  const heard = listenTo(hosts, [link], { mode: 'active', active: { ground: '3s' } });
  const flying = await start();
  try {
    await until(() => heard.of('attitude').length > 20 && heard.of('vibration').length > 5, 'telemetry comes', 60_000);
    await until(() => heard.of('home_position').length > 0 && heard.of('setting').length > 10, 'home and settings come', 60_000);
    expect(flying.vehicle.protocol.refused).toBe(0);
    // All heartbeats so far are those of the ground station.
    const before = flying.heard('HEARTBEAT');
    flying.withGround = false;
    await until(() => flying.heard('HEARTBEAT') > before + 1, 'our own heartbeat comes once it has gone', 60_000);
    const mode = () => heard.of('heartbeat').at(-1)?.values.custom_mode;
    await until(() => mode() === RETURN, 'the vehicle returns because its ground station has gone', 60_000);
    expect(flying.heard('HEARTBEAT')).toBeGreaterThan(before + 1);
  } finally {
    flying.stop();
    await heard.stop();
    end();
  }
}

describe("an active source on a companion's port", { timeout: 240_000 }, () => {
  it.concurrent('gets what it needs over UDP beside a ground station, and does not hide that this has gone', async () => {
    const link = new UdpLink('udpin', '127.0.0.1', 0);
    const socket = createSocket('udp4');
    await check(
      link,
      async () => {
        await until(() => link.boundPort > 0, 'the port is bound');
        const flying = new Flying((bytes) => socket.send(bytes, link.boundPort, '127.0.0.1'));
        socket.on('message', (bytes) => flying.vehicle.receive(bytes));
        return flying;
      },
      () => socket.close(),
    );
  });

  it.concurrent('does so over TCP', async () => {
    let ended = () => {};
    let flies = (_: Flying) => {};
    const flying = new Promise<Flying>((resolve) => {
      flies = resolve;
    });
    const server = createServer((socket) => {
      const one = new Flying((bytes) => socket.write(bytes));
      socket.on('data', (bytes) => one.vehicle.receive(bytes));
      socket.on('error', () => {});
      ended = () => socket.destroy();
      flies(one);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await check(
      new TcpLink('127.0.0.1', port),
      () => flying,
      () => {
        ended();
        server.close();
      },
    );
  });
});
