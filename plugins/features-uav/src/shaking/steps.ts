// How the rates of roll, pitch and yaw follow what is wanted of them.

import { optional } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh } from '../smoothing.js';

/** A response holds so long, ms: as long as one is gathered, and a little. */
const HELD = 15_000;
const AXES = ['roll', 'pitch', 'yaw'] as const;
const COMMON = {
  source: 'https://github.com/Plasmatree/PID-Analyzer',
  gate: 'airborne',
} as const;

interface State {
  delays: Float64Array;
  overshoots: Float64Array;
  times: Float64Array;
}

/** The step response of each axis, out of ordinary flight. */
export function steps(): Part {
  const none = () => new Float64Array(AXES.length).fill(Number.NaN);
  return part<State>({
    name: 'steps',
    consumes: {
      rate_step: Object.fromEntries(
        AXES.flatMap((axis) => [[`${axis}_delay`, optional('ms')] as const, [`${axis}_overshoot`, optional('%')] as const]),
      ),
    },
    columns: AXES.flatMap((axis) => [
      {
        name: `${axis}_step_delay`,
        unit: 'ms',
        about: `How late the rate of ${axis} follows. On-board logs with 100 wanted and measured rates a second.`,
        formula: `from a step of the wanted rate to half of the end of the response, by deconvolution over the last 4 to 10 s; missing when older than ${HELD / 1_000} s`,
        needs: [`rate_step.${axis}_delay`],
        ...COMMON,
      },
      {
        name: `${axis}_step_overshoot`,
        unit: '%',
        about: `How far the rate of ${axis} goes beyond what is wanted.`,
        formula: `100 · (highest point / end − 1) of the same response; missing when older than ${HELD / 1_000} s`,
        needs: [`rate_step.${axis}_overshoot`],
        ...COMMON,
      },
    ]),
    initial: () => ({ delays: none(), overshoots: none(), times: none() }),
    update(state, _type, values, time) {
      AXES.forEach((axis, i) => {
        const delay = values[`${axis}_delay`];
        if (delay === undefined) return;
        state.delays[i] = delay;
        state.overshoots[i] = values[`${axis}_overshoot`] ?? Number.NaN;
        state.times[i] = time;
      });
    },
    write({ delays, overshoots, times }, out, time) {
      for (let i = 0; i < AXES.length; i++) {
        out[2 * i] = fresh(delays[i]!, times[i]!, time, HELD);
        out[2 * i + 1] = fresh(overshoots[i]!, times[i]!, time, HELD);
      }
    },
  });
}
