// Topics of fast samples: single ones of a sensor, and what its buffer holds.

import type { HandlerMaker } from '../ulog/craft.js';
import type { Sensor } from './window.js';

/** Sensors of a kind that are looked at, and samples of one buffer. */
const MOST = 3;
const BUFFER = 32;

/** One sample a message: m/s² or rad/s. Where they are logged once a second nothing becomes of them. */
const single =
  (sensor: Sensor): HandlerMaker =>
  (topic) => {
    const { instance } = topic;
    if (instance >= MOST) return undefined;
    const name = `${topic.name} ${instance}`;
    const time = topic.number('timestamp_sample', 'timestamp');
    const [x, y, z] = [topic.number('x'), topic.number('y'), topic.number('z')];
    return (view, at, craft) =>
      craft.spectra.sample(name, time(view, at), sensor, instance, x(view, at), y(view, at), z(view, at));
  };

/** Up to 32 samples a message, `dt` µs apart, whole numbers of `scale`; the last one was measured at `timestamp_sample`. */
const buffered =
  (sensor: Sensor): HandlerMaker =>
  (topic) => {
    const { instance } = topic;
    if (instance >= MOST) return undefined;
    const name = `${topic.name} ${instance}`;
    const time = topic.number('timestamp_sample', 'timestamp');
    const [apart, scale, count] = [topic.number('dt'), topic.number('scale'), topic.number('samples')];
    const [x, y, z] = ['x', 'y', 'z'].map((axis) => topic.array(axis, BUFFER));
    const most = Math.min(x!.length, y!.length, z!.length);
    return (view, at, craft) => {
      const [last, step, unit] = [time(view, at), apart(view, at), scale(view, at)];
      const samples = Math.min(most, count(view, at));
      for (let i = 0; i < samples; i++) {
        const measured = last - (samples - 1 - i) * step;
        craft.spectra.sample(
          name,
          measured,
          sensor,
          instance,
          x![i]!(view, at) * unit,
          y![i]!(view, at) * unit,
          z![i]!(view, at) * unit,
        );
      }
    };
  };

/** Fast samples. */
export const FAST: Readonly<Record<string, HandlerMaker>> = {
  sensor_accel: single('accel_spectrum'),
  sensor_gyro: single('gyro_spectrum'),
  sensor_accel_fifo: buffered('accel_spectrum'),
  sensor_gyro_fifo: buffered('gyro_spectrum'),
};
