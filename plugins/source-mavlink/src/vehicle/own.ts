// The types that are the source's own: settings and fences, whoever says them.

import type { Emits, Field } from '@quantstream/engine';
import { PARAMETERS, settingName } from '../settings/ardupilot.js';
import { BANDS, edgeOf } from '../spectrum/spectrum.js';

const settings = Object.fromEntries(
  [...PARAMETERS].map(([name, { unit, about, divide }]): [string, Field] => [
    settingName(name),
    { unit, about: `${name}: ${about}${divide === undefined ? '' : ` (the parameter divided by ${divide})`}`, optional: true },
  ]),
);

const hertz = (frequency: number) => `${Number(frequency.toPrecision(3))}`;

/** What shakes in a window of samples of one sensor. @param unit of its samples */
const spectrum = (sensor: string, unit: string): Emits[string] => {
  const peak = (about: string, of = unit): Field => ({
    unit: of,
    about: `${about}; absent where no peak stands out`,
    optional: true,
  });
  return {
    about: `What shakes in a window of samples of ${sensor}, a second long or as long as a batch: its strongest peak above 10 Hz, and what there is in each band (on-board logs that have batches or 100 samples a second)`,
    sequence: 'growing',
    fields: {
      instance: { unit: '1', about: 'which one, from 0' },
      rate: { unit: 'Hz', about: 'samples a second; nothing above half of it is seen' },
      samples: { unit: '1', about: 'of the window' },
      frequency: peak('where the strongest peak is', 'Hz'),
      amplitude: peak('how high it is, of the three axes together'),
      level: peak('how far it stands above the median of what is around it', 'dB'),
      ...Object.fromEntries(['x', 'y', 'z'].map((axis) => [`amplitude_${axis}`, peak(`how high ${axis} is there`)])),
      ...Object.fromEntries(
        Array.from({ length: BANDS }, (_, i): [string, Field] => [
          `band_${i}`,
          { unit, about: `root mean square from ${hertz(edgeOf(i))} to ${hertz(edgeOf(i + 1))} Hz`, optional: true },
        ]),
      ),
    },
  };
};

/** Commands of fence items: a return point, a vertex of a polygon to stay in or out of, a circle to stay in or out of. */
export const FENCE_COMMANDS = { first: 5_000, last: 5_004 };

/** What the source says itself, whatever messages are chosen. */
export const OWN_TYPES: Emits = {
  link: {
    about: 'How the link to a vehicle did, every second of event time while frames come',
    sequence: 'growing',
    fields: {
      frames: { unit: '1', about: 'good frames of the vehicle, all its components, since the last of these' },
      lost: { unit: '1', about: 'frames that are missing by their sequence numbers, since the last of these' },
      bad_crc: { unit: '1', about: 'frames with a wrong checksum before frames of the vehicle; absent: none', optional: true },
    },
  },
  vehicle: {
    about: 'What flies, in words: at the beginning of an on-board log, or when the vehicle has said more of itself',
    sequence: 'growing',
    fields: { type: { unit: '1', about: 'MAV_TYPE' } },
    text: {
      firmware: 'what runs on it, with its version',
      hardware: 'the board; empty: not said',
      airframe: 'what kind of vehicle, and the number of its airframe',
      estimator: 'the estimator that flies; empty: not said',
      identity: 'what its board is known by, hexadecimal; empty: not said',
    },
  },
  setting: {
    about: 'One parameter of the vehicle, when it said it (PARAM_VALUE)',
    sequence: 'growing',
    fields: settings,
  },
  parameter: {
    about:
      'Any parameter of the vehicle, when it said it (PARAM_VALUE, PARM, parameters of a ULog), but those of simulators (SIM_)',
    sequence: 'growing',
    fields: { value: { unit: '1', about: 'as the vehicle has it, in whatever unit that is' } },
    text: { name: 'its name on the vehicle' },
  },
  fence_item: {
    about: 'One item of the fence, when the vehicle said it (MISSION_ITEM_INT of the fence)',
    sequence: 'growing',
    fields: {
      index: { unit: '1', about: 'which item, from 0' },
      count: { unit: '1', about: 'items of the fence (MISSION_COUNT), once that was heard', optional: true },
      command: {
        unit: '1',
        about:
          'MAV_CMD: 5001 vertex of a polygon to stay in, 5002 of one to stay out of, 5003 circle to stay in, 5004 circle to stay out of, 5000 return point',
      },
      param1: { unit: '1', about: 'vertices of the polygon, or radius of the circle in metres' },
      latitude: { unit: 'deg', about: 'latitude of the vertex or the centre' },
      longitude: { unit: 'deg', about: 'longitude of the vertex or the centre' },
    },
  },
  accel_spectrum: spectrum('an accelerometer', 'm/s²'),
  gyro_spectrum: spectrum('a gyroscope', 'rad/s'),
  rate_step: {
    about:
      'How the rates follow what is wanted of them, over ten seconds of ordinary flight: the step response of each axis that moved (on-board logs with 100 of both a second)',
    sequence: 'growing',
    fields: {
      rate: { unit: 'Hz', about: 'samples a second' },
      ...Object.fromEntries(
        ['roll', 'pitch', 'yaw'].flatMap((axis): [string, Field][] => [
          [`${axis}_delay`, { unit: 'ms', about: `from a step of ${axis} to half of its end`, optional: true }],
          [`${axis}_overshoot`, { unit: '%', about: 'how far the highest point lies above the end', optional: true }],
          [
            `${axis}_end`,
            { unit: '1', about: 'where it ends after half a second, as a share of what was wanted', optional: true },
          ],
        ]),
      ),
    },
  },
};
