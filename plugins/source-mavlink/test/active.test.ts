import type { Log } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { config } from '../src/config.js';
import { Agent, type Speaking } from '../src/live/agent.js';
import { Intake } from '../src/live/intake.js';
import { SimulatedVehicle, type VehicleSettings } from '../src/simulator/simulated-vehicle.js';
import { Router } from '../src/vehicle/router.js';
import { Streams } from '../src/vehicle/streams.js';
import { makeDecoder } from '../src/wire/decoder.js';
import { definitions } from '../src/wire/dialects.js';
import { FrameParser } from '../src/wire/frames.js';
import { PayloadReader } from '../src/wire/payload.js';
import { frame2, message } from './frames.js';
import { TestLink } from './live-helpers.js';
import { START, settings as vehicleSettings } from './simulator-helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => hosts.metrics.clear());

interface Sent {
  readonly at: number;
  readonly name: string;
  readonly system: number;
  readonly component: number;
  readonly values: Readonly<Record<string, number>>;
  readonly text: string | undefined;
}

/** A source that speaks to a simulated vehicle, in simulated time. */
class Talking {
  readonly vehicle: SimulatedVehicle;
  readonly sent: Sent[] = [];
  readonly errors: string[] = [];
  readonly intake: Intake;
  now = 0;
  speaking: Speaking = 'listening';
  heard: { type: string; values: Readonly<Record<string, number>>; at: number }[] = [];
  /** Whether nothing of the vehicle is heard. */
  deaf = false;
  /** A message of it that is always lost. */
  unheard: string | undefined;
  /** The end of the link that a ground station is heard from: that of the vehicle, unless it is named. */
  groundPeer = 'v';
  readonly link: TestLink;
  private readonly agent: Agent;

  constructor(changes: Partial<VehicleSettings> = {}, more: object = {}, bytesPerSecond = Number.POSITIVE_INFINITY) {
    this.vehicle = new SimulatedVehicle(vehicleSettings({ onRequest: true, ...changes }));
    const link = new TestLink('test', bytesPerSecond);
    this.link = link;
    const settings = config.parse({ connect: 'udpin:127.0.0.1:0', mode: 'active', ...more });
    const router = new Router({ ...settings, name: undefined, timing: 'live' }, new Streams());
    const host = hosts.source();
    const log: Log = { ...host.log, error: (_, text) => void this.errors.push(text) };
    const clock = { ...host.clock, now: () => START + this.now };
    const agent = new Agent(settings, { ...host, clock, log }, [link], [router.signatures]);
    this.agent = agent;
    const line = agent.lines[0];
    this.intake = new Intake(router, 100_000, { frame: (...frame) => agent.frame(line, ...frame) });
    link.send = (frame) => {
      this.note(frame);
      this.vehicle.receive(frame);
      return true;
    };
  }

  receive(frame: Uint8Array): void {
    this.intake.received(frame, 'v', START + this.now);
  }

  /** @param others what a ground station says, once a second */
  run(seconds: number, others?: Uint8Array): void {
    const end = this.now + seconds * 1_000;
    for (let i = 0; this.now < end; i++) {
      this.now += 20;
      if (others && i % 50 === 0) this.intake.received(others, this.groundPeer, START + this.now);
      this.vehicle.advance(this.now, (frame) => {
        if (!this.deaf && !this.loses(frame)) this.receive(frame);
      });
      this.speaking = this.agent.tick(START + this.now);
      for (const piece of this.intake.take()) {
        for (const { type, values } of piece.observations) this.heard.push({ type, values, at: this.now });
      }
    }
  }

  count(name: string, from = 0): number {
    return this.sent.filter((one) => one.name === name && one.at >= from).length;
  }

  /** Ids of the messages that rates were asked for, in order. */
  intervals(): number[] {
    return this.sent.flatMap(({ name, values }) => (name === 'COMMAND_LONG' && values.command === 511 ? [values.param1] : []));
  }

  private loses(frame: Uint8Array): boolean {
    if (this.unheard === undefined) return false;
    const parser = new FrameParser(0);
    parser.push(frame);
    return parser.next() && definitions.get(parser.id)?.MSG_NAME === this.unheard;
  }

  private note(frame: Uint8Array): void {
    const parser = new FrameParser(0);
    parser.push(frame);
    expect(parser.next()).toBe(true);
    const decoder = makeDecoder(definitions.get(parser.id)!);
    const reader = new PayloadReader();
    const { system, component } = parser;
    const values = reader.numbers(parser, decoder);
    const text = decoder.texts.length > 0 ? reader.texts(parser, decoder).param_id : undefined;
    this.sent.push({ at: this.now, name: decoder.definition.MSG_NAME, system, component, values, text });
  }
}

const ground = frame2(message('HEARTBEAT', { type: 6, autopilot: 8 }), { system: 255, component: 190 });
const groundParameter = (value: number) =>
  frame2(message('PARAM_VALUE', { paramId: 'SYSID_MYGCS', paramValue: value, paramType: 9 }), { system: 1, component: 1 });

const FENCE: VehicleSettings['fence'] = {
  circle: 300,
  polygon: [
    [-100, -100],
    [100, -100],
    [0, 100],
  ],
  ceiling: 100,
};

describe('an active source', () => {
  it('gets messages at rates, the home, the fence and the settings from a vehicle that sends nothing by itself', () => {
    const talking = new Talking({
      fence: FENCE,
    });
    talking.run(120);
    const types = new Set(talking.heard.map(({ type }) => type));
    for (const type of ['attitude', 'sys_status', 'gps_raw_int', 'vibration', 'home_position', 'fence_status'])
      expect(types).toContain(type);
    const settings = Object.assign({}, ...talking.heard.filter(({ type }) => type === 'setting').map(({ values }) => values));
    expect(settings).toMatchObject({ fence_radius: 300, fence_alt_max: 100 });
    expect(settings.rtl_alt).toBe(30);
    const items = talking.heard.filter(({ type }) => type === 'fence_item').map(({ values }) => values);
    expect(new Set(items.map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
    expect(items[0]).toMatchObject({ count: 3, command: 5_001, param1: 3 });
    const attitudes = talking.heard.filter(({ type, at }) => type === 'attitude' && at > 60_000 && at <= 110_000);
    expect(attitudes.length / 50).toBeCloseTo(10, 0);
    expect(talking.vehicle.protocol.refused).toBe(0);
    expect(new Set(talking.sent.map(({ system, component }) => `${system}/${component}`))).toEqual(new Set(['245/191']));
  });

  it('gets the same over a line that loses a fifth in both directions', () => {
    const talking = new Talking({
      loss: 0.2,
      fence: FENCE,
    });
    talking.run(240);
    const types = new Set(talking.heard.map(({ type }) => type));
    for (const type of ['attitude', 'sys_status', 'gps_raw_int', 'home_position']) expect(types).toContain(type);
    const items = talking.heard.filter(({ type }) => type === 'fence_item').map(({ values }) => values.index);
    expect(new Set(items)).toEqual(new Set([0, 1, 2]));
    const settings = Object.assign({}, ...talking.heard.filter(({ type }) => type === 'setting').map(({ values }) => values));
    expect(settings).toMatchObject({ fence_radius: 300 });
  });

  it('asks for the fence again where its list was never answered, and for items that were not', () => {
    for (const lost of ['MISSION_COUNT', 'MISSION_ITEM_INT']) {
      const talking = new Talking({ fence: FENCE });
      talking.unheard = lost;
      talking.run(60);
      const indexes = () => talking.heard.filter(({ type }) => type === 'fence_item').map(({ values }) => values.index);
      expect(indexes()).toEqual([]);
      talking.unheard = undefined;
      talking.run(240);
      expect(new Set(indexes())).toEqual(new Set([0, 1, 2]));
    }
  });

  it('says its heartbeat only after the vehicle has told whom it takes for its ground station', () => {
    const talking = new Talking();
    talking.run(30);
    const first = talking.sent.find(({ name }) => name === 'HEARTBEAT')!;
    const asked = talking.sent.findIndex(({ text }) => text === 'MAV_GCS_SYSID');
    expect(asked).toBeGreaterThanOrEqual(0);
    expect(talking.sent.indexOf(first)).toBeGreaterThan(asked);
    expect(first.values).toMatchObject({ type: 18, autopilot: 8 });
    expect(talking.count('HEARTBEAT', 20_000)).toBeGreaterThanOrEqual(9);
  });

  it('stops for good when a vehicle takes it for its ground station, and says why', () => {
    const talking = new Talking();
    talking.run(20);
    talking.receive(groundParameter(245));
    const at = talking.now + 1;
    talking.run(60);
    expect(talking.sent.filter((one) => one.at >= at)).toEqual([]);
    expect(talking.speaking).toBe('refused');
    expect(talking.errors).toEqual([expect.stringContaining('active.system')]);
    expect(hosts.metrics.get('mavlink_refused_total')).toBe(1);
  });

  it('does not hide a lost ground station from a vehicle: it returns all the same', () => {
    const talking = new Talking({ gcsFailsafe: true });
    talking.run(1);
    // The vehicle has heard its ground station, which then goes.
    for (let i = 0; i < 60; i++) {
      talking.vehicle.receive(ground);
      talking.run(1);
    }
    expect(talking.vehicle.autopilot.armed).toBe(true);
    talking.run(20);
    expect(talking.count('HEARTBEAT', talking.now - 20_000)).toBeGreaterThan(15);
    const modes = talking.heard.filter(({ type }) => type === 'heartbeat').map(({ values }) => values.custom_mode);
    expect(modes.at(-1)).toBe(6);
  });

  it('sends no heartbeat while a ground station is heard, and speaks again when that has been silent for long', () => {
    const talking = new Talking({}, { active: { ground: '10s' } });
    talking.run(20);
    expect(talking.speaking).toBe('speaking');
    talking.run(20, ground);
    expect(talking.count('HEARTBEAT', 21_000)).toBe(0);
    expect(talking.speaking).toBe('yielding');
    talking.run(20);
    expect(talking.count('HEARTBEAT', 50_000)).toBeGreaterThan(5);
  });

  it('asks for what does not come although the autopilot forwards the heartbeats of a ground station all the time, each message once', () => {
    const talking = new Talking({ fence: FENCE });
    talking.run(120, ground);
    const types = new Set(talking.heard.map(({ type }) => type));
    for (const type of [
      'attitude',
      'sys_status',
      'gps_raw_int',
      'vibration',
      'home_position',
      'fence_status',
      'setting',
      'fence_item',
    ])
      expect(types).toContain(type);
    const asked = talking.intervals();
    expect(asked.length).toBeGreaterThan(10);
    expect(new Set(asked).size).toBe(asked.length);
    expect(talking.count('HEARTBEAT')).toBe(0);
    expect(talking.speaking).toBe('yielding');
  });

  it('leaves every rate as it is where messages come, and asks for the others only', () => {
    const talking = new Talking({ onRequest: true });
    // The ground station has asked for one message, slowly.
    const own = frame2(
      message('COMMAND_LONG', { targetSystem: 1, targetComponent: 1, command: 511, _param1: 30, _param2: 2e6 }),
      {
        system: 255,
        component: 190,
      },
    );
    talking.run(3, ground);
    talking.vehicle.receive(own);
    talking.run(120, ground);
    expect(talking.intervals()).not.toContain(30);
    const attitudes = talking.heard.filter(({ type, at }) => type === 'attitude' && at > 60_000 && at <= 110_000);
    expect(attitudes.length).toBe(25);
    expect(talking.intervals().length).toBeGreaterThan(10);
  });

  it('asks for no message at all beside a ground station on this very link, as long as that has asked for any', () => {
    const talking = new Talking({ onRequest: true, fence: FENCE });
    const own = frame2(
      message('COMMAND_LONG', { targetSystem: 1, targetComponent: 1, command: 511, _param1: 30, _param2: 1e6 }),
      {
        system: 255,
        component: 190,
      },
    );
    talking.groundPeer = 'g';
    talking.run(3, ground);
    talking.vehicle.receive(own);
    talking.run(60, ground);
    expect(talking.intervals()).toEqual([]);
    expect(talking.count('HEARTBEAT')).toBe(0);
    // What is not about rates is asked all the same.
    expect(talking.heard.filter(({ type }) => type === 'fence_item')).toHaveLength(3);
    // Only heartbeats come any more.
    talking.vehicle.receive(
      frame2(message('COMMAND_LONG', { targetSystem: 1, targetComponent: 1, command: 511, _param1: 30, _param2: -1 }), {
        system: 255,
        component: 190,
      }),
    );
    talking.run(60, ground);
    expect(talking.intervals()).toContain(30);
  });

  it('asks an autopilot for nothing that it does not know', () => {
    const talking = new Talking();
    talking.run(30);
    const known = talking.intervals().map((id) => definitions.get(id)!.MSG_NAME);
    expect(known).toContain('EKF_STATUS_REPORT');
    for (const name of ['ESTIMATOR_STATUS', 'WIND_COV', 'ESC_TELEMETRY_5_TO_8']) expect(known).not.toContain(name);
    const px4 = new Talking();
    px4.vehicle.receive = () => {};
    px4.deaf = true;
    px4.run(4);
    for (let i = 0; i < 60; i++) {
      px4.receive(frame2(message('HEARTBEAT', { type: 2, autopilot: 12 }), { sequence: i }));
      px4.run(0.5);
    }
    const asked = px4.intervals().map((id) => definitions.get(id)!.MSG_NAME);
    expect(asked).toContain('ESTIMATOR_STATUS');
    for (const name of ['EKF_STATUS_REPORT', 'FENCE_STATUS', 'WIND', 'RAW_IMU']) expect(asked).not.toContain(name);
    const parameters = px4.sent.flatMap(({ text }) => (text === undefined ? [] : [text]));
    expect(parameters).toContain('NAV_RCL_ACT');
    expect(parameters.filter((name) => /^(?:SYSID|MAV|FENCE|BATT)_/.test(name))).toEqual([]);
  });

  it('asks again for a message that comes no more, and for one that never comes less and less often', () => {
    const talking = new Talking();
    talking.unheard = 'VIBRATION';
    talking.run(30);
    talking.vehicle.receive(
      frame2(message('COMMAND_LONG', { targetSystem: 1, targetComponent: 1, command: 511, _param1: 30, _param2: -1 }), {
        system: 254,
        component: 1,
      }),
    );
    const from = talking.now;
    talking.run(300);
    const late = talking.heard.filter(({ type, at }) => type === 'attitude' && at > from + 60_000);
    expect(late.length).toBeGreaterThan(1_000);
    const vibration = talking.sent.filter(({ name, values }) => name === 'COMMAND_LONG' && values.param1 === 241);
    expect(vibration.length).toBeGreaterThan(3);
    expect(vibration.length).toBeLessThan(8);
  });

  it('asks for no items of a list that a ground station was told', () => {
    const talking = new Talking({ fence: FENCE });
    talking.unheard = 'MISSION_COUNT';
    talking.run(8);
    const count = { targetSystem: 255, targetComponent: 190, count: 4, missionType: 1 };
    for (let i = 0; i < 8; i++) {
      talking.receive(frame2(message('MISSION_COUNT', count), { system: 1, component: 1 }));
      talking.run(1);
    }
    expect(talking.count('MISSION_REQUEST_LIST')).toBeGreaterThan(0);
    expect(talking.count('MISSION_REQUEST_INT')).toBe(0);
    talking.unheard = undefined;
    talking.run(90);
    expect(talking.count('MISSION_REQUEST_INT')).toBeGreaterThan(0);
  });

  it('asks for a fence that was changed behind its back', () => {
    const fence = { ...FENCE, polygon: [...FENCE!.polygon] };
    const talking = new Talking({ fence });
    talking.run(30);
    const items = (from: number) => talking.heard.filter(({ type, at }) => type === 'fence_item' && at > from).length;
    expect(items(0)).toBe(3);
    // Nobody says so: the count is asked for once in a while.
    fence.polygon.push([50, 200]);
    talking.run(75);
    expect(items(30_000)).toBe(4);
    // A vertex was moved: the autopilot says to whom has uploaded it that it was taken.
    const uploaded = frame2(message('MISSION_ACK', { targetSystem: 255, targetComponent: 190, type: 0, missionType: 1 }));
    const { now } = talking;
    talking.receive(uploaded);
    talking.run(5);
    expect(items(now)).toBe(4);
    const changed = frame2(message('PARAM_VALUE', { paramId: 'FENCE_TOTAL', paramValue: 7, paramType: 2 }));
    const later = talking.now;
    talking.receive(changed);
    talking.run(5);
    expect(items(later)).toBe(4);
    expect(talking.count('MISSION_ACK')).toBe(4);
    // Nothing is said of the fence for a while, and then it is on again.
    talking.unheard = 'FENCE_STATUS';
    talking.run(20);
    const silent = talking.now;
    talking.unheard = undefined;
    talking.run(5);
    expect(items(silent)).toBe(4);
  });

  it('asks no further for a fence that became shorter meanwhile, and then for the shorter one', () => {
    const fence = { ...FENCE, polygon: Array.from({ length: 200 }, (_, i): [number, number] => [100 + i, (i % 2) * 50]) };
    const talking = new Talking({ fence });
    while (talking.count('MISSION_REQUEST_INT') < 20 && talking.now < 60_000) talking.run(0.02);
    fence.polygon.length = 3;
    const [asked, { now }] = [talking.count('MISSION_REQUEST_INT'), talking];
    talking.run(60);
    const indexes = talking.heard.filter(({ type, at }) => type === 'fence_item' && at > now).map(({ values }) => values.index);
    expect(indexes.slice(-3)).toEqual([0, 1, 2]);
    expect(talking.count('MISSION_REQUEST_INT') - asked).toBeLessThan(10);
  });

  it('asks for home until there is one, and again when it is armed', () => {
    const talking = new Talking();
    talking.unheard = 'HOME_POSITION';
    talking.run(40);
    talking.unheard = undefined;
    talking.run(60);
    expect(talking.heard.some(({ type }) => type === 'home_position')).toBe(true);
  });

  it('speaks first, and again after a silence, where nobody can know of it otherwise', () => {
    const talking = new Talking();
    Object.assign(talking.link, { speaksFirst: true });
    talking.deaf = true;
    talking.run(20);
    expect(new Set(talking.sent.map(({ name, values }) => `${name} ${values.command}`))).toEqual(new Set(['COMMAND_LONG 512']));
    expect(talking.sent.every(({ values }) => values.target_system === 0)).toBe(true);
    talking.deaf = false;
    talking.run(10);
    expect(talking.count('COMMAND_LONG')).toBeGreaterThan(0);
    talking.deaf = true;
    talking.run(22);
    const hellos = talking.sent.filter(({ at, values }) => at > 40_000 && values.target_system === 0);
    expect(hellos.length).toBeGreaterThan(5);
  });

  it('says nothing at all before it has listened', () => {
    const talking = new Talking();
    talking.run(2.9);
    expect(talking.sent).toEqual([]);
  });

  it('listens to each vehicle first, whenever that comes', () => {
    const talking = new Talking();
    talking.deaf = true;
    talking.run(20);
    talking.deaf = false;
    talking.run(1.5);
    const from = talking.heard[0]!.at;
    talking.run(1);
    expect(talking.sent).toEqual([]);
    talking.run(5);
    expect(talking.sent[0]!.at - from).toBeGreaterThanOrEqual(3_000);
  });

  it('asks for no more than its share of what a serial line carries', () => {
    const slow = new Talking({}, {}, 1_200);
    slow.run(200);
    const from = slow.now - 50_000;
    const asked = slow.sent.filter(({ name, values }) => name === 'COMMAND_LONG' && values.command === 511);
    const bytes = asked.reduce((sum, { values }) => {
      const { PAYLOAD_LENGTH } = definitions.get(values.param1)!;
      return sum + (1e6 / values.param2) * (PAYLOAD_LENGTH + 12);
    }, 0);
    expect(new Set(asked.map(({ values }) => values.param1)).size).toBe(18);
    const once = bytes / (asked.length / new Set(asked.map(({ values }) => values.param1)).size);
    expect(once).toBeLessThan(900);
    expect(slow.heard.filter(({ type, at }) => type === 'attitude' && at > from).length).toBeGreaterThan(20);
  });
});

describe('a vehicle that knows no single messages', () => {
  it('is asked for streams', () => {
    const talking = new Talking();
    const deny = frame2(message('COMMAND_ACK', { command: 511, result: 3 }), { system: 1, component: 1 });
    talking.vehicle.receive = () => {};
    talking.run(4);
    for (let i = 0; i < 60; i++) {
      talking.receive(deny);
      talking.run(1);
    }
    expect(talking.count('REQUEST_DATA_STREAM')).toBeGreaterThanOrEqual(7);
  });
});

describe('vehicles on one link', () => {
  /** Two ArduPilots of which the second takes us for its ground station; who is told what, by the ends that they are heard from. */
  function told(ends: readonly [string, string], seconds = 20) {
    const talking = new Talking();
    talking.deaf = true;
    const sent: { peer: string; name: string; to: number | undefined; at: number }[] = [];
    talking.link.send = (frame, peer) => {
      const parser = new FrameParser(0);
      parser.push(frame);
      parser.next();
      const decoder = makeDecoder(definitions.get(parser.id)!);
      const { target_system: to } = new PayloadReader().numbers(parser, decoder);
      sent.push({ peer, name: decoder.definition.MSG_NAME, to, at: talking.now });
      return true;
    };
    for (let i = 0; i < seconds; i++) {
      for (const [k, end] of ends.entries()) {
        const from = { system: k + 1, component: 1, sequence: (2 * i) & 255 };
        const ground = { paramId: 'SYSID_MYGCS', paramValue: k === 0 ? 255 : 245, paramType: 9 };
        const at = START + talking.now;
        talking.intake.received(frame2(message('HEARTBEAT', { type: 2, autopilot: 3 }), from), end, at);
        if (i > 2)
          talking.intake.received(frame2(message('PARAM_VALUE', ground), { ...from, sequence: from.sequence + 1 }), end, at);
      }
      talking.run(1);
    }
    return sent.filter(({ at }) => at > 6_000);
  }

  it('do not silence each other: one that takes us for its ground station is told nothing, the other all', () => {
    const sent = told(['a', 'b']);
    expect(sent.filter(({ peer, to }) => peer === 'b' || to === 2)).toEqual([]);
    expect(sent.filter(({ name }) => name === 'HEARTBEAT').length).toBeGreaterThan(10);
    expect(sent.filter(({ to }) => to === 1).length).toBeGreaterThan(50);
  });

  it('get no heartbeat where it would reach the one that takes us for its ground station', () => {
    const sent = told(['a', 'a']);
    expect(sent.filter(({ name }) => name === 'HEARTBEAT')).toEqual([]);
    expect(sent.filter(({ to }) => to === 2)).toEqual([]);
    expect(sent.filter(({ to }) => to === 1).length).toBeGreaterThan(50);
  });
});
