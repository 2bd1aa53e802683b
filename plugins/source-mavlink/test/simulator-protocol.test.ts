import { describe, expect, it } from 'vitest';
import { type Fields, FrameEncoder } from '../src/simulator/wire/codec.js';
import { byName } from '../src/wire/dialects.js';
import { Flight, type Message } from './simulator-helpers.js';

const ground = { target_system: 1, target_component: 1 };

/** A ground station that asks, and asks again every half second, until it was answered. */
class Ground {
  readonly flight: Flight;
  readonly heard: Message[] = [];
  private readonly encoder = new FrameEncoder({ system: 255, component: 190, version: 2 });

  constructor(changes: ConstructorParameters<typeof Flight>[0] = {}) {
    this.flight = new Flight(changes).until(5);
    this.flight.onMessage = (message) => this.heard.push(message);
  }

  say(name: string, fields: Fields): void {
    this.flight.vehicle.receive(this.encoder.encode(name, fields, 0)!);
  }

  of(type: string): Message[] {
    return this.heard.filter((message) => message.type === type);
  }

  /** Passes `seconds`, in steps. */
  wait(seconds: number): void {
    const from = this.flight.vehicle.seconds;
    for (let at = 0.1; at < seconds + 0.01; at += 0.1) this.flight.until(from + at);
  }

  until(answered: () => boolean, ask: () => void): number {
    let tries = 0;
    while (!answered()) {
      if (++tries > 40) throw new Error('never answered');
      ask();
      this.wait(0.5);
    }
    return tries;
  }

  command(command: number, param1 = 0, param2 = 0): void {
    this.say('COMMAND_LONG', { ...ground, command, param1, param2 });
  }
}

const FENCE = {
  circle: 0,
  ceiling: 100,
  polygon: [
    [-200, -200],
    [-200, 200],
    [200, 200],
    [200, -200],
  ] as const,
};

describe('what a simulated vehicle answers', () => {
  it.each([0, 0.2])('gives every parameter, listed or asked for by name, with a loss of %d', (loss) => {
    const station = new Ground({ loss });
    const names = () => new Set(station.of('param_value').map(({ text }) => text));
    station.until(
      () => names().size > 0,
      () => station.say('PARAM_REQUEST_LIST', ground),
    );
    station.wait(1);
    const count = station.of('param_value')[0].values.param_count;
    for (let index = 0; index < count; index++) {
      station.until(
        () => station.of('param_value').some(({ values }) => values.param_index === index),
        () => station.say('PARAM_REQUEST_READ', { ...ground, param_index: index }),
      );
    }
    expect(names().size).toBe(count);
    for (const name of ['FENCE_RADIUS', 'FENCE_ALT_MAX', 'BATT_CAPACITY', 'RTL_ALT', 'SYSID_MYGCS', 'MAV_GCS_SYSID']) {
      station.heard.length = 0;
      station.until(
        () => names().has(name),
        () => station.say('PARAM_REQUEST_READ', { ...ground, param_id: name, param_index: -1 }),
      );
    }
    expect(station.of('param_value').at(-1)!.values.param_value).toBe(255);
  });

  it.each([0, 0.2])('hands out the fence and the mission item by item with a loss of %d', (loss) => {
    const station = new Ground({ loss, fence: FENCE });
    for (const type of [1, 0]) {
      station.heard.length = 0;
      const counts = () => station.of('mission_count').filter(({ values }) => values.mission_type === type);
      station.until(
        () => counts().length > 0,
        () => station.say('MISSION_REQUEST_LIST', { ...ground, mission_type: type }),
      );
      const { count } = counts()[0].values;
      expect(count).toBe(type === 1 ? 4 : station.flight.vehicle.autopilot.waypoints.length + 1);
      for (let seq = 0; seq < count; seq++) {
        station.until(
          () => station.of('mission_item_int').some(({ values }) => values.seq === seq),
          () => station.say('MISSION_REQUEST_INT', { ...ground, seq, mission_type: type }),
        );
      }
      station.say('MISSION_ACK', { ...ground, type: 0, mission_type: type });
      const item = station.of('mission_item_int')[0].values;
      expect([item.command, item.mission_type]).toEqual(type === 1 ? [5_001, 1] : [16, 0]);
      if (type === 1) {
        expect(item.param1).toBe(4);
        expect((item.x / 1e7 - 47.4) * 111_319).toBeCloseTo(-200, 0);
      }
    }
    expect(station.flight.vehicle.protocol.refused).toBe(0);
  });

  it.each([0, 0.2])('streams what it is asked for and acknowledges it, with a loss of %d', (loss) => {
    const station = new Ground({ loss, onRequest: true });
    const id = byName.get('VIBRATION')!.MSG_ID;
    const acknowledged = () => station.of('command_ack').some(({ values }) => values.command === 511 && values.result === 0);
    station.until(acknowledged, () => station.command(511, id, 500_000));
    station.heard.length = 0;
    station.wait(20);
    expect(station.of('vibration').length).toBeGreaterThan(25);
    expect(station.of('vibration').length).toBeLessThan(42);
    expect(station.of('attitude')).toEqual([]);
    station.until(
      () => station.of('attitude').length > 0,
      () => station.say('REQUEST_DATA_STREAM', { ...ground, req_stream_id: 10, req_message_rate: 4, start_stop: 1 }),
    );
    station.until(
      () => station.of('autopilot_version').length > 0,
      () => station.command(512, 148),
    );
    station.until(
      () => station.of('home_position').length > 0,
      () => station.command(512, 242),
    );
  });

  it('says the time when it is asked, and hears frames in any pieces', () => {
    const station = new Ground();
    const frame = new FrameEncoder({ system: 255, component: 190, version: 2 }).encode('TIMESYNC', { tc1: 0, ts1: 77 }, 0)!;
    for (const byte of frame) station.flight.vehicle.receive(Uint8Array.of(byte));
    station.wait(0.2);
    expect(station.of('timesync').map(({ values }) => values.ts1)).toEqual([77]);
  });
});

describe('what a simulated vehicle refuses', () => {
  it('is moved by no command and no message, and counts them', () => {
    const alone = new Flight().until(200);
    const station = new Ground();
    station.flight.until(100);
    const orders = [16, 20, 21, 22, 176, 178, 192, 300, 400, 246, 179];
    for (const command of orders) station.command(command, 1, 4);
    station.say('COMMAND_INT', { ...ground, command: 192, x: 470_000_000, y: 80_000_000, z: 10 });
    station.say('SET_MODE', { ...ground, base_mode: 1, custom_mode: 9 });
    station.say('MISSION_COUNT', { ...ground, count: 3, mission_type: 0 });
    station.say('MISSION_CLEAR_ALL', { ...ground, mission_type: 1 });
    station.say('PARAM_SET', { ...ground, param_id: 'FENCE_RADIUS', param_value: 1, param_type: 9 });
    station.say('RC_CHANNELS_OVERRIDE', { ...ground, chan1_raw: 1_900 });
    station.say('SET_POSITION_TARGET_LOCAL_NED', { ...ground, x: 500 });
    station.flight.until(200);
    const results = station.of('command_ack').map(({ values }) => values.result);
    expect(results).toEqual(new Array(orders.length + 1).fill(2));
    expect(station.of('mission_ack').map(({ values }) => values.type)).toEqual([14, 14]);
    expect(station.flight.vehicle.protocol.refused).toBe(orders.length + 7);
    expect(station.flight.vehicle.protocol.refusals.get('192')).toBe(2);
    const track = (flight: Flight) => flight.series('local_position_ned.x');
    expect(track(station.flight)).toEqual(track(alone));
    expect(station.flight.series('heartbeat.custom_mode')).toEqual(alone.series('heartbeat.custom_mode'));
  });

  it('does not listen to what is meant for another system', () => {
    const station = new Ground();
    station.say('COMMAND_LONG', { target_system: 2, target_component: 1, command: 400 });
    station.say('PARAM_REQUEST_LIST', { target_system: 2, target_component: 1 });
    station.wait(1);
    expect([station.of('command_ack').length, station.of('param_value').length]).toEqual([0, 0]);
    expect(station.flight.vehicle.protocol.refused).toBe(0);
  });
});

describe('the fail-safe of the ground station', () => {
  const heartbeat = { type: 6, autopilot: 8, mavlink_version: 3 };
  /** Heartbeats every second up to a moment; then none. */
  function fly(gcsFailsafe: boolean, heardUntil: number, system = 255): Flight {
    const flight = new Flight({ gcsFailsafe });
    const encoder = new FrameEncoder({ system, component: 190, version: 2 });
    for (let at = 1; at <= 160; at++) {
      flight.until(at);
      if (at <= heardUntil) flight.vehicle.receive(encoder.encode('HEARTBEAT', heartbeat, 0)!);
    }
    return flight;
  }

  it('returns five seconds after the last heartbeat that it knows, and says so', () => {
    const flight = fly(true, 130);
    const told = flight.messages.find(({ text }) => text === 'GCS Failsafe')!;
    expect(told.at).toBeGreaterThan(134.9);
    expect(told.at).toBeLessThan(136);
    expect(flight.series('heartbeat.custom_mode').at(-1)).toBe(6);
  });

  it('is not held back by the heartbeats of another system', () => {
    const flight = new Flight({ gcsFailsafe: true });
    const [own, other] = [255, 245].map((system) => new FrameEncoder({ system, component: 191, version: 2 }));
    for (let at = 1; at <= 160; at++) {
      flight.until(at);
      if (at <= 130) flight.vehicle.receive(own.encode('HEARTBEAT', heartbeat, 0)!);
      flight.vehicle.receive(other.encode('HEARTBEAT', heartbeat, 0)!);
    }
    expect(flight.texts()).toContain('GCS Failsafe');
    expect(flight.series('heartbeat.custom_mode').at(-1)).toBe(6);
  });

  it('flies on while it hears one, where it was never heard, and where it is switched off', () => {
    for (const flight of [fly(true, 160), fly(true, 0), fly(false, 130), fly(true, 130, 254)]) {
      expect(flight.texts()).not.toContain('GCS Failsafe');
      expect(flight.series('heartbeat.custom_mode').at(-1)).toBe(3);
    }
  });
});
