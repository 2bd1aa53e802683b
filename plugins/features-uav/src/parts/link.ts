// The link to the vehicle: age, losses, signal.

import { lastHeard } from '../flight/flight.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth } from '../smoothing.js';

interface State {
  heartbeat: number;
  loss: number;
  lossTime: number;
  rssi: number;
  rssiTime: number;
}

const LINK = ['link.frames', 'link.lost'];
const LOST = 'https://ardupilot.org/copter/docs/gcs-failsafe.html';

/** What arrives, and what does not. */
export function link(staleAfter: number): Part {
  return part<State>({
    name: 'link',
    consumes: {
      link: fields('1', 'frames', 'lost'),
      radio_status: fields('1', 'rssi', 'noise', 'remrssi', 'remnoise'),
      heartbeat: fields('1', 'type'),
    },
    columns: [
      {
        name: 'heartbeat_age',
        unit: 's',
        about: 'Since the last HEARTBEAT of the vehicle, which comes once a second.',
        formula: '(time of the row − time of the last HEARTBEAT, or since when it is listened to) / 1000',
        source: `${COMMON}#HEARTBEAT`,
        needs: ['heartbeat.type'],
        gate: 'always',
      },
      {
        name: 'link_age',
        unit: 's',
        about: 'Since the autopilot was last heard at all. ArduPilot returns after 5 s without its ground station.',
        formula: '(time of the row − time of the last message of the autopilot, or since when it is listened to) / 1000',
        source: LOST,
        needs: [],
        gate: 'always',
      },
      {
        name: 'loss_rate',
        unit: '%',
        about: 'Frames lost on the way.',
        formula: '100 · lost / (frames + lost) by sequence numbers, mean over 5 s',
        source: 'https://mavlink.io/en/guide/packet_loss.html',
        needs: LINK,
        gate: 'always',
      },
      {
        name: 'radio_margin',
        unit: '1',
        about:
          'Signal above noise at the weaker end of the telemetry radio, in its own steps (about half a decibel with SiK radios).',
        formula: 'min(rssi − noise, remrssi − remnoise) of RADIO_STATUS, latest',
        source: `${COMMON}#RADIO_STATUS`,
        needs: ['radio_status.rssi'],
        gate: 'always',
      },
    ],
    initial: () => ({
      heartbeat: Number.NaN,
      loss: Number.NaN,
      lossTime: Number.NaN,
      rssi: Number.NaN,
      rssiTime: Number.NaN,
    }),
    update(state, type, values, time) {
      if (type === 'heartbeat') state.heartbeat = time;
      else if (type === 'link') {
        const { frames = 0, lost = 0 } = values;
        const dt = time - state.lossTime;
        state.lossTime = time;
        if (frames + lost > 0) state.loss = smooth(state.loss, (100 * lost) / (frames + lost), dt, 5_000);
      } else {
        const near = (values.rssi ?? Number.NaN) - (values.noise ?? Number.NaN);
        const far = (values.remrssi ?? Number.NaN) - (values.remnoise ?? Number.NaN);
        state.rssi = Number.isNaN(far) ? near : Number.isNaN(near) ? far : Math.min(near, far);
        state.rssiTime = time;
      }
    },
    write(state, out, time, flight) {
      const since = flight.listening > state.heartbeat ? flight.listening : state.heartbeat;
      out[0] = (time - since) / 1_000;
      out[1] = (time - lastHeard(flight)) / 1_000;
      out[2] = fresh(state.loss, state.lossTime, time, staleAfter);
      out[3] = fresh(state.rssi, state.rssiTime, time, 2 * staleAfter);
    },
  });
}
