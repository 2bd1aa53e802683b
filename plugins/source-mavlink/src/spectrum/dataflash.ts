// Records of fast samples: batches of ArduPilot's batch sampler, and raw samples.

import type { HandlerMaker } from '../dataflash/craft.js';
import type { Sensor } from './window.js';

/** Samples of one record of a batch. Source: `log_ISBD` in libraries/AP_InertialSensor/LogStructure.h of ArduPilot. */
const PIECE = 32;
/** Sensors of a kind that are looked at. */
const MOST = 3;
const BATCHES = 'ISBD';
const SENSORS: readonly Sensor[] = ['accel_spectrum', 'gyro_spectrum'];

/** The head of a batch (INS_LOG_BAT_MASK): accelerations in 1/mul m/s², rates in 1/mul rad/s. */
const head: HandlerMaker = (format) => {
  const columns = ['N', 'type', 'instance', 'mul', 'smp_cnt', 'smp_rate'].map((name) => format.number(name));
  return (view, record, craft) => {
    const [number, type, instance, divide, samples, rate] = columns.map((column) => column(view, record)) as number[];
    const sensor = SENSORS[type!];
    // Another kind of sensor, or one too many: its pieces find no batch of their number.
    if (sensor === undefined || instance! >= MOST) return;
    craft.spectra.begin(BATCHES, {
      number: number!,
      samples: samples!,
      rate: rate!,
      sensor,
      instance: instance!,
      divide: divide!,
    });
  };
};

/** Its samples, 32 in a record. */
const piece: HandlerMaker = (format) => {
  const [number, place] = [format.number('N'), format.number('seqno')];
  const axes = ['x', 'y', 'z'].map((name) => format.array(name));
  return (view, record, craft) => {
    craft.spectra.piece(BATCHES, number(view, record), place(view, record), PIECE, (axis, i) => axes[axis]!(view, record, i));
  };
};

/** Raw samples one by one (INS_RAW_LOG_OPT), by the clock of the sensor. @param fixed which one, where the record's name says it */
const raw =
  (sensor: Sensor, column: string, fixed = 0): HandlerMaker =>
  (format) => {
    const [instance, time] = [format.number('I'), format.number('SampleUS', 'TimeUS')];
    const [x, y, z] = ['X', 'Y', 'Z'].map((axis) => format.number(`${column}${axis}`)) as [typeof time, typeof time, typeof time];
    const names = Array.from({ length: MOST }, (_, i) => `${column} ${i}`);
    return (view, record, craft) => {
      const number = instance(view, record) || fixed;
      const name = names[number];
      if (name === undefined) return;
      craft.spectra.sample(name, time(view, record), sensor, number, x(view, record), y(view, record), z(view, record));
    };
  };

/** Fast samples. */
export const BATCHED: Readonly<Record<string, HandlerMaker>> = {
  ISBH: head,
  ISBD: piece,
  ACC: raw('accel_spectrum', 'Acc'),
  GYR: raw('gyro_spectrum', 'Gyr'),
  ...Object.fromEntries(
    Array.from({ length: MOST }, (_, i) => [
      [`ACC${i + 1}`, raw('accel_spectrum', 'Acc', i)],
      [`GYR${i + 1}`, raw('gyro_spectrum', 'Gyr', i)],
    ]).flat(),
  ),
};
