import type { Observation } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { dispose, flight, observe, run, T } from './telemetry.js';

afterAll(dispose);

/** The flight of the tests stands from 60 s to 70 s, landed and disarmed. */
const landed = flight(70, (type, second, values) => {
  if (second < 60) return values;
  if (type === 'heartbeat') return { ...values, base_mode: 81 };
  if (type === 'extended_sys_state') return { ...values, landed_state: 1 };
  return type === 'global_position_int' ? { ...values, relative_alt: 0, vx: 0 } : values;
});

function remarks(observations: readonly Observation[], missing?: string) {
  const running = run();
  running.feed(observations);
  if (missing !== undefined) running.extractor.missing!({ key: 'vehicle-1', from: T, to: T, reason: missing });
  running.end();
  return plugin.remarks!(running.config, running.state);
}
const within = (from: number, to: number) => landed.filter(({ time }) => time >= T + from * 1_000 && time < T + to * 1_000);

describe('what is to be known of the recording of a flight', () => {
  it('is nothing where it begins and ends on the ground', () => expect(remarks(landed)).toEqual([]));

  it('is that it ends in the air, and at which height', () => {
    expect(remarks(within(0, 40))).toMatchObject([
      { severity: 'critical', text: expect.stringMatching(/^the recording ends in flight, at 30 m and 5\.0 m\/s/) },
    ]);
    expect(remarks(within(0, 15)).map(({ text }) => text)).toMatchObject([expect.stringContaining('at 9.6 m')]);
  });

  it('is what flies, where the recording says so, behind everything else', () => {
    const text = { firmware: 'PX4 1.14.3', hardware: 'FMU', airframe: 'quadrotor, airframe 4001', estimator: 'EKF2' };
    const about = { ...observe('vehicle', 0, { type: 2 }), text };
    const said = { severity: 'info', describes: true };
    expect(remarks([about, ...landed])).toEqual([
      { ...said, text: 'PX4 1.14.3 on FMU, quadrotor, airframe 4001; estimator: EKF2' },
    ]);
    expect(remarks([about, ...within(0, 40)], 'vehicle rebooted').at(-1)).toMatchObject(said);
    expect(remarks([{ ...about, text: { airframe: 'rover', hardware: 'x'.repeat(1_000) } }, ...landed])[0]!.text).toHaveLength(
      3 + 80 + 7,
    );
    expect(remarks([{ ...about, text: {} }, ...landed])).toEqual([]);
  });

  it('is that it begins there', () => {
    expect(remarks(within(30, 70))).toMatchObject([
      { severity: 'info', text: expect.stringContaining('begins in flight, at 30 m') },
    ]);
  });

  it('is that no flight is in it', () => {
    expect(remarks(within(0, 9))).toMatchObject([{ severity: 'info', text: expect.stringContaining('no flight is in it') }]);
    expect(remarks([observe('attitude', 0, { roll: 0, pitch: 0, yaw: 0 })])).toEqual([]);
  });

  it('is that two vehicles were one in it, whatever came before', () => {
    const [first] = remarks(within(0, 40), 'two vehicles under one id');
    expect(first).toMatchObject({ severity: 'critical', text: expect.stringContaining('two vehicles under one id') });
  });
});
