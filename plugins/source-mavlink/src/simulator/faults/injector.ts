// Does faults where they belong, for as long as they last.

import type { Battery } from '../body/battery.js';
import type { Body } from '../body/body.js';
import type { Sensors } from '../body/sensors.js';
import type { Autopilot } from '../pilot/autopilot.js';
import type { Fault, FaultSchedule } from './faults.js';

/** How fast a dragged position changes its speed, m/s². */
const DRAG = 0.3;
/** Share of a drag's time in which it goes away. */
const AWAY = 0.55;
/** A motor that lost more could not be made up for by the others. */
const MOST_LOSS = 0.45;

/** What faults are done to. */
export interface Victim {
  readonly battery: Battery;
  readonly sensors: Sensors;
  readonly body: Body;
  readonly autopilot: Autopilot;
  /** Whether no byte comes or goes. */
  cut: boolean;
  leaveFence(beyond: number, angle: number): void;
  /** @param until when it speaks again, s since the start */
  reboot(until: number): void;
  /** A fault has begun. */
  begun(fault: Fault): void;
}

/** Does faults where they belong, for as long as they last. */
export class FaultInjector {
  private readonly schedule: FaultSchedule;
  private readonly victim: Victim;
  private active: Fault[] = [];

  constructor(schedule: FaultSchedule, victim: Victim) {
    this.schedule = schedule;
    this.victim = victim;
  }

  /**
   * One step.
   * @param now s since the start
   */
  pass(now: number, seconds: number): void {
    const { schedule, victim } = this;
    const { onMission } = victim.autopilot;
    for (let fault = schedule.due(now, onMission); fault; fault = schedule.due(now, onMission)) {
      this.active.push(fault);
      this.begin(fault);
      victim.begun(fault);
    }
    if (this.active.length === 0) return;
    for (const fault of this.active) this.during(fault, now, seconds);
    for (const fault of this.active) if (now >= fault.to) this.end(fault);
    this.active = this.active.filter(({ to }) => now < to);
  }

  private begin({ kind, magnitude, angle, to }: Fault): void {
    const { battery, sensors, body } = this.victim;
    if (kind === 'battery_sag') battery.addedResistance = magnitude;
    else if (kind === 'battery_drain') battery.drain = magnitude;
    else if (kind === 'vibration') sensors.shaking = magnitude;
    else if (kind === 'gps_loss') sensors.jammed = true;
    else if (kind === 'motor_degradation') body.motorLoss = Math.min(MOST_LOSS, magnitude);
    else if (kind === 'baro_glitch') sensors.heightGlitch = magnitude;
    else if (kind === 'imu_bias') sensors.accelerometerBias = magnitude;
    else if (kind === 'link_loss') this.victim.cut = true;
    else if (kind === 'geofence_breach') this.victim.leaveFence(magnitude, angle);
    else if (kind === 'reboot') this.victim.reboot(to);
    else if (kind === 'battery_empty') battery.use(magnitude);
    else if (kind === 'gps_weak') sensors.claimedAccuracy = magnitude;
    else if (kind === 'compass_turned') sensors.compassTurned = (magnitude * Math.PI) / 180;
    else if (kind === 'baro_freeze') sensors.frozenHeight = body.up + sensors.heightError;
    else if (kind === 'gyro_bias') sensors.gyroBias = (magnitude * Math.PI) / 180;
    else if (kind === 'gps_glitch') {
      sensors.glitchNorth = magnitude * Math.cos(angle);
      sensors.glitchEast = magnitude * Math.sin(angle);
    } else if (kind === 'compass_interference') {
      sensors.magneticOffsetX = magnitude * Math.cos(angle);
      sensors.magneticOffsetY = magnitude * Math.sin(angle);
    }
  }

  private during(fault: Fault, now: number, seconds: number): void {
    if (fault.kind === 'rc_loss') this.victim.autopilot.radioSilence += seconds;
    else if (fault.kind === 'gps_drift') this.drag(fault, now, seconds);
    else if (fault.kind === 'baro_drift') this.victim.sensors.heightGlitch += fault.magnitude * seconds;
    else if (fault.kind === 'motor_fade') {
      const share = Math.min(1, (now - fault.from) / (fault.to - fault.from));
      this.victim.body.motorLoss = Math.min(MOST_LOSS, fault.magnitude * share);
    }
  }

  /** Drags the position away and lets it come back up to twice as fast, without a jump of place or speed. */
  private drag({ from, to, magnitude, angle }: Fault, now: number, seconds: number): void {
    const { sensors } = this.victim;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const along = cos * sensors.driftNorth + sin * sensors.driftEast;
    const away = now - from < (to - from) * AWAY;
    const wish = away ? magnitude : -Math.min(2 * magnitude, Math.sqrt(2 * DRAG * Math.max(0, along)));
    const before = cos * sensors.driftVelocityNorth + sin * sensors.driftVelocityEast;
    const speed = before + Math.min(DRAG * seconds, Math.max(-DRAG * seconds, wish - before));
    sensors.driftVelocityNorth = speed * cos;
    sensors.driftVelocityEast = speed * sin;
    sensors.driftNorth += sensors.driftVelocityNorth * seconds;
    sensors.driftEast += sensors.driftVelocityEast * seconds;
  }

  private end({ kind }: Fault): void {
    const { battery, sensors, body, autopilot } = this.victim;
    if (kind === 'battery_sag') battery.addedResistance = 0;
    else if (kind === 'battery_drain') battery.drain = 1;
    else if (kind === 'vibration') sensors.shaking = 0;
    else if (kind === 'gps_loss') sensors.jammed = false;
    else if (kind === 'motor_degradation' || kind === 'motor_fade') body.motorLoss = 0;
    else if (kind === 'baro_glitch' || kind === 'baro_drift') sensors.heightGlitch = 0;
    else if (kind === 'imu_bias') sensors.accelerometerBias = 0;
    else if (kind === 'link_loss') this.victim.cut = false;
    else if (kind === 'rc_loss') autopilot.radioSilence = 0;
    else if (kind === 'gps_weak') sensors.claimedAccuracy = Number.NaN;
    else if (kind === 'compass_turned') sensors.compassTurned = 0;
    else if (kind === 'baro_freeze') sensors.frozenHeight = Number.NaN;
    else if (kind === 'gyro_bias') sensors.gyroBias = 0;
    else if (kind === 'gps_glitch') {
      sensors.glitchNorth = 0;
      sensors.glitchEast = 0;
    } else if (kind === 'gps_drift') {
      sensors.driftNorth = 0;
      sensors.driftEast = 0;
      sensors.driftVelocityNorth = 0;
      sensors.driftVelocityEast = 0;
    } else if (kind === 'compass_interference') {
      sensors.magneticOffsetX = 0;
      sensors.magneticOffsetY = 0;
    }
  }
}
