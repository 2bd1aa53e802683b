import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { edgeOf } from '../src/spectrum/spectrum.js';
import { described, HEADER, logged, TYPES } from './dataflash.js';
import { essence, readAll } from './helpers.js';
import { BATCH_HEADER, type BatchOptions, batch, buffer, FIFO_DEFINED, GYR, shaking, type Tone } from './shaken.js';
import { added, data, definitions, format, TOPICS } from './ulog.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const messages = ['HEARTBEAT'];
const config = (file: string, more: object = {}) => ({ connect: `file:${file}`, messages, ...more });
const us = (second: number) => Math.round(second * 1e6);
type Taken = Awaited<ReturnType<typeof readAll>>;
const spectra = ({ observations }: Taken) => observations.filter(({ type }) => type.endsWith('_spectrum'));
const broken = () => hosts.dropped.get('broken_batch') ?? 0;

function write(name: string, records: readonly Buffer[]): string {
  writeFileSync(join(hosts.directory, name), Buffer.concat(records));
  return name;
}
const bin = (records: readonly Buffer[]) => write('batches.bin', [HEADER, BATCH_HEADER, ...records]);

const TONE: Tone = { frequency: 123.4, amplitude: [3, 4, 0] };

describe('batches of an on-board log', () => {
  it.each<[string, BatchOptions, string]>([
    ['of an accelerometer', {}, 'accel_spectrum'],
    ['of a gyroscope', { gyro: true, instance: 1, rate: 2_000 }, 'gyro_spectrum'],
    ['whose length is no power of two', { samples: 1_440 }, 'accel_spectrum'],
  ])('%s say where it shakes, how much and along which axes', async (_, options, type) => {
    const [one, ...rest] = spectra(await readAll(hosts, config(bin(batch(1, 10, [TONE], options)))));
    expect(rest).toEqual([]);
    expect(one!.type).toBe(type);
    const { values } = one!;
    expect(values).toMatchObject({
      rate: options.rate ?? 1_000,
      samples: options.samples ?? 1_024,
      instance: options.instance ?? 0,
    });
    expect(Math.abs(values.frequency! - 123.4)).toBeLessThan(0.2);
    expect(values.amplitude).toBeCloseTo(5, 1);
    expect(values.amplitude_x).toBeCloseTo(3, 1);
    expect(values.amplitude_y).toBeCloseTo(4, 1);
    expect(values.amplitude_z).toBeLessThan(0.05);
    expect(values.level).toBeGreaterThan(30);
    // All of it lies in the band of the tone, and a sine of 5 has a root mean square of 5/√2.
    const band = Array.from({ length: 30 }, (_, i) => i).find((i) => edgeOf(i) <= 123.4 && edgeOf(i + 1) > 123.4)!;
    expect(values[`band_${band}`]).toBeCloseTo(5 / Math.SQRT2, 1);
    expect(values[`band_${band + 4}`]).toBeLessThan(0.05);
    // Above half of 1,000 samples a second nothing is known.
    if (!options.rate) expect(values).not.toHaveProperty('band_29');
  });

  it('without a tone have no peak', async () => {
    const { values } = spectra(await readAll(hosts, config(bin(batch(1, 10, [])))))[0]!;
    expect(values).not.toHaveProperty('frequency');
    expect(values.band_3).toBeGreaterThan(0);
  });

  it('that have gaps, are mixed up or make no sense are counted, and cost no other one', async () => {
    const before = broken();
    const records = [
      ...batch(1, 10, [TONE], { without: [7] }),
      ...batch(2, 12, [TONE], { rate: 0 }),
      ...batch(3, 14, [TONE], { rate: Number.NaN }),
      ...batch(4, 16, [TONE], { samples: 0 }),
      ...batch(5, 18, [TONE], { multiply: 0 }),
      ...batch(6, 20, [TONE]).slice(0, 12),
      ...batch(7, 22, [TONE]),
      // Nothing began this one.
      ...batch(8, 24, [TONE]).slice(1),
    ];
    const taken = spectra(await readAll(hosts, config(bin(records))));
    expect(taken).toHaveLength(1);
    expect(taken[0]!.values.frequency).toBeCloseTo(123.4, 0);
    expect(broken() - before).toBe(6);
  });

  it('go on within a batch after a restart', async () => {
    const beats = (second: number) => logged(TYPES.ATT, us(second), 1, 1, 1, 1, 1, 1);
    const records = [...batch(1, 10, [TONE]), ...batch(2, 13, [TONE], { gyro: true })].flatMap((record, i) => [
      record,
      beats(10 + i / 8),
    ]);
    const file = bin(records);
    const whole = await readAll(hosts, config(file, { batch: 1, messages: ['HEARTBEAT', 'ATTITUDE'] }));
    expect(spectra(whole)).toHaveLength(2);
    for (let i = 5; i < whole.batches.length; i += 9) {
      const rest = await readAll(
        hosts,
        config(file, { batch: 1, messages: ['HEARTBEAT', 'ATTITUDE'] }),
        whole.batches[i]!.cursor,
      );
      expect(essence(rest.observations)).toEqual(
        essence(whole.observations.slice(whole.observations.length - rest.observations.length)),
      );
      expect(spectra(rest).length).toBe(spectra({ ...whole, observations: whole.observations.slice(i + 1) }).length);
    }
  });

  it('of any numbers never stop the reader, and what comes of them is finite', async () => {
    const options = fc.record({
      gyro: fc.boolean(),
      rate: fc.oneof(fc.float({ noNaN: false }), fc.constantFrom(0, -1, 1e30, 50, 1_000)),
      samples: fc.oneof(fc.nat(4_096), fc.constantFrom(0, 1, 31, 65_535)),
      instance: fc.nat(255),
      multiply: fc.nat(65_535),
      without: fc.array(fc.nat(40), { maxLength: 2 }),
    });
    const batches = fc.array(fc.tuple(fc.nat(65_535), options, fc.nat(60)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const records = all.flatMap(([number, given, cut], i) => {
          const most = { ...given, samples: Math.min(given.samples, 2_048) };
          const made = batch(number, 10 + i, [TONE], most).slice(cut > 50 ? 1 : 0, cut + 2);
          return given.samples > 2_048 ? [batch(number, 10 + i, [], given)[0]!, ...made.slice(1)] : made;
        });
        for (const { values } of spectra(await readAll(hosts, config(bin(records))))) {
          expect(Object.values(values).every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('samples one by one', () => {
  const gyr = (at: number, tones: readonly Tone[]) => logged(GYR, us(at), 0, us(at), ...shaking(tones, at, 0.01));
  const slow: Tone = { frequency: 61, amplitude: [0.2, 0, 0] };

  it('of a gyroscope at the rate of the loop become a spectrum a second; at ten a second nothing', async () => {
    const fast = Array.from({ length: 1_600 }, (_, i) => gyr(20 + i / 400, [slow]));
    const taken = spectra(await readAll(hosts, config(bin(fast))));
    expect(taken.length).toBe(3);
    for (const { values } of taken) {
      expect(values.rate).toBeCloseTo(400, 0);
      expect(values.frequency).toBeCloseTo(61, 0);
      expect(values.amplitude).toBeCloseTo(0.2, 2);
    }
    const rare = Array.from({ length: 200 }, (_, i) => gyr(20 + i / 10, [slow]));
    expect(spectra(await readAll(hosts, config(bin(rare))))).toEqual([]);
  });

  it('are no window across a gap, which is counted', async () => {
    const before = broken();
    const gap = Array.from({ length: 1_000 }, (_, i) => gyr(20 + i / 400 + (i >= 300 ? 0.2 : 0), [slow]));
    const taken = spectra(await readAll(hosts, config(bin(gap))));
    expect(taken).toHaveLength(1);
    expect(broken() - before).toBe(1);
  });

  it('of IMU records do as well', async () => {
    const imu = Array.from({ length: 600 }, (_, i) => {
      const at = 20 + i / 400;
      return logged(TYPES.IMU, us(at), 0, ...shaking([slow], at, 0.01), 0.1, 0.2, -9.8 + 0.01 * (i % 3));
    });
    const taken = spectra(await readAll(hosts, config(bin(imu))));
    expect(taken.map(({ type }) => type).sort()).toEqual(['accel_spectrum', 'gyro_spectrum']);
    expect(taken.find(({ type }) => type === 'gyro_spectrum')!.values.frequency).toBeCloseTo(61, 0);
  });
});

describe('wanted and measured rates', () => {
  const RATE = { type: 103, name: 'RATE', format: 'Qffffff', columns: 'TimeUS,RDes,R,PDes,P,YDes,Y' };
  /** A rate that jumps every third of a second, and one that follows it 25 ms later. */
  const roll = (at: number) => 60 * Math.sign(Math.sin(Math.floor(at * 3) ** 2 + 0.3));
  const rates = (rate: number, seconds: number) =>
    Array.from({ length: rate * seconds }, (_, i) => {
      const at = 20 + i / rate;
      return logged(RATE, us(at), roll(at), roll(at - 0.025) + 0.5 * Math.sin(i), 0, 0.1 * Math.sin(i), 0.5, 0.4);
    });
  const read = (records: readonly Buffer[], more: object = {}, from: string | null = null) =>
    readAll(hosts, config(bin([described(RATE), ...records]), more), from);
  const steps = (taken: Taken) => taken.observations.filter(({ type }) => type === 'rate_step');

  it('tell how late an axis follows and how far beyond it goes, of those that move', async () => {
    const [one, ...rest] = steps(await read(rates(400, 12)));
    expect(rest).toEqual([]);
    expect(one!.values.roll_delay).toBeGreaterThan(20);
    expect(one!.values.roll_delay).toBeLessThan(30);
    expect(one!.values.roll_overshoot).toBeLessThan(10);
    expect(one!.values.roll_end).toBeCloseTo(1, 1);
    expect(one!.values).not.toHaveProperty('pitch_delay');
  });

  it('tell nothing at ten a second, and go on after a restart', async () => {
    expect(steps(await read(rates(10, 60)))).toEqual([]);
    const beats = rates(400, 12).flatMap((record, i) =>
      i % 400 === 0 ? [record, logged(TYPES.ATT, us(20 + i / 400), 1, 1, 1, 1, 1, 1)] : [record],
    );
    const more = { batch: 1, messages: ['HEARTBEAT', 'ATTITUDE'] };
    const whole = await read(beats, more);
    const rest = await read(beats, more, whole.batches[9]!.cursor);
    expect(essence(rest.observations)).toEqual(
      essence(whole.observations.slice(whole.observations.length - rest.observations.length)),
    );
    expect(steps(rest)).toHaveLength(1);
  });
});

describe('a ULog', () => {
  it('tells how its rates follow, where both are logged fast enough', async () => {
    const target = { id: 41, name: 'vehicle_rates_setpoint', fields: 'uint64_t timestamp;float roll;float pitch;float yaw' };
    const roll = (at: number) => Math.sign(Math.sin(Math.floor(at * 3) ** 2 + 0.3));
    const records = Array.from({ length: 250 * 10 }, (_, i) => {
      const at = 20 + i / 250;
      return [data(target, us(at), roll(at), 0, 0), data(TOPICS.rates, us(at), [roll(at - 0.04) + 0.01 * Math.sin(i), 0, 0])];
    }).flat();
    const defined = definitions(us(20), [format(`${target.name}:${target.fields};`), added(target.id, target.name)]);
    const [one] = (await readAll(hosts, config(write('rates.ulg', [defined, ...records])))).observations.filter(
      ({ type }) => type === 'rate_step',
    );
    expect(one!.values.rate).toBeCloseTo(250, 0);
    expect(Math.abs(one!.values.roll_delay! - 40)).toBeLessThan(5);
    expect(one!.values).not.toHaveProperty('pitch_delay');
  });

  const tone: Tone = { frequency: 210, amplitude: [0.3, 0.4, 0] };

  it('is heard by the buffers of its gyroscope', async () => {
    const buffers = Array.from({ length: 900 }, (_, i) => buffer(10 + i / 400, [tone], 8_000));
    const taken = spectra(await readAll(hosts, config(write('fifo.ulg', [definitions(us(10), [...FIFO_DEFINED]), ...buffers]))));
    expect(taken.length).toBe(4);
    expect(taken[0]!.values.rate).toBeCloseTo(8_000, -1);
    expect(Math.abs(taken[0]!.values.frequency! - 210)).toBeLessThan(1);
    expect(taken[0]!.values.amplitude).toBeCloseTo(0.5, 1);
  });

  it('is heard by what the estimate is made of', async () => {
    const low: Tone = { frequency: 88, amplitude: [0.3, 0.4, 0] };
    const combined = Array.from({ length: 700 }, (_, i) => {
      const at = 10 + i / 250;
      return data(TOPICS.combined, us(at), shaking([low], at, 0.004), shaking([], at, 0.05));
    });
    const taken = spectra(await readAll(hosts, config(write('combined.ulg', [definitions(us(10)), ...combined]))));
    const gyro = taken.filter(({ type }) => type === 'gyro_spectrum');
    expect(gyro.length).toBe(2);
    expect(gyro[0]!.values.frequency).toBeCloseTo(88, 0);
    expect(taken.filter(({ type }) => type === 'accel_spectrum').every(({ values }) => values.frequency === undefined)).toBe(
      true,
    );
  });
});
