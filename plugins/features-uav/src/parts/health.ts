// What the autopilot says of itself.

import { isJudged } from '../flight/flight.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh } from '../smoothing.js';

/** MAV_SYS_STATUS_SENSOR bits that have a column of their own: the receiver of the remote control, and the fence. */
const RC_RECEIVER = 65_536;
const GEOFENCE = 1_048_576;
const CRITICAL = 5;

interface State {
  unhealthy: number;
  rc: number;
  time: number;
  status: number;
  statusTime: number;
}

const BITS = ['present', 'enabled', 'health'].map((name) => `sys_status.onboard_control_sensors_${name}`);

/** What the autopilot says of itself. */
export function health(staleAfter: number): Part {
  return part<State>({
    name: 'health',
    consumes: {
      sys_status: fields('1', ...BITS.map((bit) => bit.slice('sys_status.'.length))),
      heartbeat: fields('1', 'system_status'),
    },
    columns: [
      {
        name: 'in_flight',
        unit: '1',
        about: '1 while the aircraft is in the air and judged, else 0.',
        formula: 'airborne above `judgedAbove`, from 2 s after reaching it',
        needs: ['heartbeat.base_mode', 'global_position_int.relative_alt'],
        gate: 'always',
      },
      {
        name: 'unhealthy_sensors',
        unit: '1',
        about: 'Sensors and subsystems that the autopilot uses and calls unhealthy, without remote control and fence.',
        formula: 'bits set in SYS_STATUS present & enabled & ~health, without 65536 and 1048576',
        source: `${COMMON}#MAV_SYS_STATUS_SENSOR`,
        needs: BITS,
        gate: 'airborne',
      },
      {
        name: 'rc_lost',
        unit: '1',
        about: '1 while the autopilot expects a remote control and does not hear it.',
        formula: 'SYS_STATUS present & enabled & ~health has bit 65536',
        source: `${COMMON}#MAV_SYS_STATUS_SENSOR`,
        needs: BITS,
        gate: 'airborne',
      },
      {
        name: 'reboot_age',
        unit: 's',
        about: 'Since the autopilot started anew in flight; missing if it never did.',
        formula: '(time of the row − time of the first message after the boot clock fell back while airborne) / 1000',
        source: `${COMMON}#SYSTEM_TIME`,
        needs: ['global_position_int.time_boot_ms'],
        gate: 'always',
      },
      {
        name: 'emergency',
        unit: '1',
        about: '1 while the autopilot calls its state critical or an emergency.',
        formula: 'HEARTBEAT.system_status is 5 or 6',
        source: `${COMMON}#MAV_STATE`,
        needs: ['heartbeat.system_status'],
        gate: 'armed',
      },
    ],
    initial: () => ({ unhealthy: Number.NaN, rc: Number.NaN, time: Number.NaN, status: Number.NaN, statusTime: Number.NaN }),
    update(state, type, values, time) {
      if (type === 'heartbeat') {
        state.status = values.system_status ?? Number.NaN;
        state.statusTime = time;
        return;
      }
      const present = values.onboard_control_sensors_present;
      const enabled = values.onboard_control_sensors_enabled;
      const healthy = values.onboard_control_sensors_health;
      // An on-board log says nothing of it.
      if (present === undefined || enabled === undefined || healthy === undefined) return;
      const bad = present & enabled & ~healthy;
      state.rc = bad & RC_RECEIVER ? 1 : 0;
      state.unhealthy = bitCount(bad & ~RC_RECEIVER & ~GEOFENCE);
      state.time = time;
    },
    write(state, out, time, flight) {
      out[0] = isJudged(flight, time) ? 1 : 0;
      out[1] = fresh(state.unhealthy, state.time, time, staleAfter);
      out[2] = fresh(state.rc, state.time, time, staleAfter);
      const urgent = state.status === CRITICAL || state.status === CRITICAL + 1 ? 1 : 0;
      out[3] = (time - flight.rebooted) / 1_000;
      out[4] = fresh(urgent, state.statusTime, time, staleAfter);
    },
  });
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
