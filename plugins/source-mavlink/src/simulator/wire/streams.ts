/** Groups of REQUEST_DATA_STREAM: https://mavlink.io/en/messages/common.html#MAV_DATA_STREAM */
const GROUP = {
  all: 0,
  sensors: 1,
  status: 2,
  channels: 3,
  controller: 4,
  position: 6,
  extra1: 10,
  extra2: 11,
  extra3: 12,
} as const;

/** What is sent by itself: times a second as in the recorded simulator flights, and the group by which it can be asked for. */
export const STREAMS: readonly { readonly name: string; readonly rate: number; readonly group: number }[] = [
  { name: 'HEARTBEAT', rate: 1, group: -1 },
  { name: 'ATTITUDE', rate: 10, group: GROUP.extra1 },
  { name: 'RAW_IMU', rate: 10, group: GROUP.sensors },
  { name: 'SERVO_OUTPUT_RAW', rate: 10, group: GROUP.channels },
  { name: 'GLOBAL_POSITION_INT', rate: 5, group: GROUP.position },
  { name: 'LOCAL_POSITION_NED', rate: 5, group: GROUP.position },
  { name: 'GPS_RAW_INT', rate: 5, group: GROUP.status },
  { name: 'VFR_HUD', rate: 5, group: GROUP.extra2 },
  { name: 'SCALED_IMU2', rate: 5, group: GROUP.sensors },
  { name: 'VIBRATION', rate: 5, group: GROUP.extra3 },
  { name: 'EKF_STATUS_REPORT', rate: 5, group: GROUP.extra3 },
  { name: 'NAV_CONTROLLER_OUTPUT', rate: 5, group: GROUP.status },
  { name: 'ATTITUDE_TARGET', rate: 5, group: GROUP.extra1 },
  { name: 'ESC_TELEMETRY_1_TO_4', rate: 5, group: GROUP.extra3 },
  { name: 'SYS_STATUS', rate: 4, group: GROUP.status },
  { name: 'BATTERY_STATUS', rate: 4, group: GROUP.extra3 },
  { name: 'SCALED_PRESSURE', rate: 4, group: GROUP.sensors },
  { name: 'RC_CHANNELS', rate: 4, group: GROUP.channels },
  { name: 'AHRS', rate: 2, group: GROUP.extra3 },
  { name: 'AHRS2', rate: 2, group: GROUP.extra1 },
  { name: 'FENCE_STATUS', rate: 2, group: GROUP.status },
  { name: 'WIND', rate: 2, group: GROUP.extra3 },
  { name: 'POSITION_TARGET_GLOBAL_INT', rate: 2, group: GROUP.status },
  { name: 'EXTENDED_SYS_STATE', rate: 1, group: GROUP.status },
  { name: 'HWSTATUS', rate: 1, group: GROUP.extra3 },
  { name: 'MEMINFO', rate: 1, group: GROUP.status },
  { name: 'MISSION_CURRENT', rate: 1, group: GROUP.status },
  { name: 'POWER_STATUS', rate: 1, group: GROUP.status },
  { name: 'SYSTEM_TIME', rate: 1, group: GROUP.extra3 },
];

/** When each message is due. Times in seconds since boot. */
export class Streams {
  private readonly intervals: Float64Array;
  private readonly next: Float64Array;
  private readonly onRequest: boolean;

  constructor(onRequest: boolean) {
    this.onRequest = onRequest;
    this.intervals = new Float64Array(STREAMS.length);
    this.next = new Float64Array(STREAMS.length);
    this.reset(0);
  }

  /** As after a boot: what was asked for is forgotten. */
  reset(boot: number): void {
    for (let i = 0; i < STREAMS.length; i++) {
      const silent = this.onRequest && i > 0;
      this.intervals[i] = silent ? Number.POSITIVE_INFINITY : 1 / STREAMS[i].rate;
      // Spread over the interval, always in the same way.
      this.next[i] = silent ? Number.POSITIVE_INFINITY : boot + ((i * 0.037) % this.intervals[i]);
    }
  }

  /** Names of what is due are given to `send`. */
  due(boot: number, send: (name: string) => void): void {
    const { next, intervals } = this;
    for (let i = 0; i < next.length; i++) {
      if (boot < next[i]) continue;
      next[i] += intervals[i];
      if (next[i] <= boot) next[i] = boot + intervals[i];
      send(STREAMS[i].name);
    }
  }

  /**
   * @param interval seconds; 0: as by default, negative: never
   * @returns whether the message is one that can be streamed
   */
  set(name: string, interval: number, boot: number): boolean {
    const i = STREAMS.findIndex((stream) => stream.name === name);
    if (i < 0) return false;
    // A vehicle does nothing more than fifty times a second.
    this.intervals[i] = interval < 0 ? Number.POSITIVE_INFINITY : Math.max(0.02, interval || 1 / STREAMS[i].rate);
    this.next[i] = interval < 0 ? Number.POSITIVE_INFINITY : boot + Math.min(0.02, this.intervals[i]);
    return true;
  }

  setGroup(group: number, rate: number, boot: number): void {
    for (const { name, group: own } of STREAMS) {
      if (own >= 0 && (group === GROUP.all || own === group)) this.set(name, rate > 0 ? 1 / rate : -1, boot);
    }
  }
}
