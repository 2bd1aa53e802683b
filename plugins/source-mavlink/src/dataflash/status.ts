// Records in which the autopilot speaks of itself, its settings and its fence.

import { PARAMETERS, settingName } from '../settings/ardupilot.js';
import { isOpen } from '../settings/said.js';
import type { Craft, HandlerMaker } from './craft.js';
import { errorSeverity, errorText, eventText, SUBSYSTEM } from './errors.js';

/** Events of ArduPilot. Source: `LogEvent` in `libraries/AP_Logger/AP_Logger.h`. */
const EVENT = { armed: 10, disarmed: 11, autoArmed: 15, landed: 18, notLanded: 28 } as const;
/** MAV_LANDED_STATE. */
const LANDED = { ground: 1, air: 2 } as const;

const mode: HandlerMaker = (format) => {
  // Old logs hold the number in a column that newer ones print as a name.
  const number = format.number('ModeNum', 'Mode');
  return (view, record, craft) => {
    const said = number(view, record);
    if (said === craft.mode) return;
    craft.mode = said;
    craft.tellState();
  };
};

const arming: HandlerMaker = (format) => {
  const state = format.number('ArmState');
  return (view, record, craft) => craft.arm(state(view, record) !== 0);
};

const event: HandlerMaker = (format) => {
  const id = format.number('Id');
  return (view, record, craft) => {
    const said = id(view, record);
    const known = eventText(said);
    if (known) craft.tell('statustext', { severity: known.severity }, { text: known.text });
    if (said === EVENT.armed || said === EVENT.autoArmed) craft.arm(true);
    else if (said === EVENT.disarmed) craft.arm(false);
    else if (said === EVENT.landed || said === EVENT.notLanded) {
      craft.landed = said === EVENT.landed ? LANDED.ground : LANDED.air;
      // A log that begins with the arming may begin behind its event.
      if (said === EVENT.notLanded) craft.armed = true;
      craft.tellState();
    }
  };
};

/** Bits of a breach as the log has them (1 ceiling, 2 circle, 4 polygon, 8 floor) to FENCE_BREACH (1 floor, 2 ceiling, 3 edge). */
function breachOf(bits: number): number {
  if (bits & 6) return 3;
  if (bits & 1) return 2;
  return bits & 8 ? 1 : 0;
}

const error: HandlerMaker = (format) => {
  const [subsystem, code] = [format.number('Subsys'), format.number('ECode')];
  return (view, record, craft) => {
    const [system, said] = [subsystem(view, record), code(view, record)];
    if (system === SUBSYSTEM.radio) craft.receiver = said === 0 ? 1 : 0;
    if (system === SUBSYSTEM.fence) {
      craft.breach = breachOf(said);
      craft.tellState();
    }
    craft.tell('statustext', { severity: errorSeverity(system, said) }, { text: errorText(system, said) });
  };
};

/** A text, or since 4.6 a piece of one; a log does not say how urgent. */
const message: HandlerMaker = (format) => {
  const text = format.text('Message');
  const [id, sequence] = [format.number('ID'), format.number('Seq')];
  return (view, record, craft) =>
    craft.tell('statustext', { id: id(view, record), chunk_seq: sequence(view, record) }, { text: text(view, record) });
};

const parameter: HandlerMaker = (format) => {
  const name = format.text('Name');
  const value = format.number('Value');
  return (view, record, craft) => {
    const parameter = name(view, record);
    const said = value(view, record);
    if (isOpen(parameter) && Number.isFinite(said)) craft.tell('parameter', { value: said }, { name: parameter });
    const known = PARAMETERS.get(parameter);
    if (known === undefined) return;
    const [, battery] = /^BATT(\d?)_CAPACITY$/.exec(parameter) ?? [];
    if (battery !== undefined) craft.remember(`capacity ${battery === '' ? 0 : Number(battery) - 1}`, said);
    craft.tell('setting', { [settingName(parameter)]: said / (known.divide ?? 1) });
  };
};

/** Origin of the estimate (type 0) and home (1). */
const HOME = 1;
const origin: HandlerMaker = (format) => {
  const type = format.number('Type');
  const [latitude, longitude, altitude] = [format.number('Lat'), format.number('Lng'), format.number('Alt')];
  return (view, record, craft) => {
    if (type(view, record) !== HOME) return;
    craft.tell('home_position', {
      latitude: latitude(view, record),
      longitude: longitude(view, record),
      altitude: altitude(view, record),
    });
  };
};

/**
 * MAV_CMD of a point of the fence, by the type that ArduPilot stores and logs.
 * Source: `AC_PolyFenceType` in `libraries/AC_Fence/AC_PolyFence_loader.h`.
 */
const POINTS: Readonly<Record<number, number>> = {
  98: 5_001,
  97: 5_002,
  96: 5_004,
  95: 5_000,
  94: 5_003,
  93: 5_004,
  92: 5_003,
};
const POLYGONS = [5_001, 5_002];

const fence: HandlerMaker = (format) => {
  const [type, count, index] = [format.number('Type'), format.number('Tot'), format.number('Seq')];
  const [latitude, longitude] = [format.number('Lat'), format.number('Lng')];
  const [vertices, radius] = [format.number('Count'), format.number('Radius')];
  return (view, record, craft: Craft) => {
    const command = POINTS[type(view, record)];
    if (command === undefined) return;
    craft.tell('fence_item', {
      index: index(view, record),
      count: count(view, record),
      command,
      param1: POLYGONS.includes(command) ? vertices(view, record) : command === 5_000 ? 0 : radius(view, record),
      latitude: latitude(view, record),
      longitude: longitude(view, record),
    });
  };
};

/** What the autopilot says of itself, its settings and its fence. */
export const STATUS: Readonly<Record<string, HandlerMaker>> = {
  MODE: mode,
  ARM: arming,
  EV: event,
  ERR: error,
  MSG: message,
  PARM: parameter,
  ORGN: origin,
  FNCE: fence,
};
