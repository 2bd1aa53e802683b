// Topics about power: batteries, outputs, speed controllers, the remote control.

import { type HandlerMaker, known } from './craft.js';

const CELLS = 10;
const CONTROLLERS = 4;
const OUTPUTS = 16;
const CHANNELS = 18;
/** What a pulse width may be, µs: other protocols count otherwise. */
const PULSE = { least: 750, most: 2_300, idle: 1_000 } as const;

const battery: HandlerMaker = (topic) => {
  const { instance } = topic;
  const [volts, amperes, used] = [topic.number('voltage_v'), topic.number('current_a'), topic.number('discharged_mah')];
  const [left, celsius, connected] = [topic.number('remaining'), topic.number('temperature'), topic.number('connected')];
  const cells = topic.array('voltage_cell_v', CELLS);
  return (view, at, craft) => {
    const voltage = volts(view, at);
    if (connected(view, at) === 0 || !(voltage > 0)) return;
    const measured = amperes(view, at);
    // A monitor without a shunt logs zeros for ever: neither current nor charge are known before the first that is none.
    if (measured > 0) craft.remember(`shunt ${instance}`, 1);
    const shunt = !Number.isNaN(craft.lasting(`shunt ${instance}`));
    const current = shunt ? known(measured) : Number.NaN;
    const consumed = shunt ? known(used(view, at)) : Number.NaN;
    const remaining = known(left(view, at)) * 100;
    if (instance === 0) craft.tellSystem(voltage, current, remaining);
    const values: Record<string, number> = {
      id: instance,
      current_consumed: consumed,
      current_battery: current,
      battery_remaining: remaining,
      temperature: celsius(view, at),
    };
    const each = cells.map((cell) => cell(view, at));
    // Without cells the first entry is the pack, as in a BATTERY_STATUS.
    if (!(each[0]! > 0)) values.voltages_0 = voltage;
    else
      each.forEach((cell, i) => {
        values[`voltages_${i}`] = cell > 0 ? cell : Number.NaN;
      });
    craft.tell('battery_status', values);
  };
};

/** Outputs as pulses; other protocols have no pulse widths, and where motors are logged as such those are read. */
const outputs: HandlerMaker = (topic, { topics }) => {
  if (topics.includes('actuator_motors')) return undefined;
  const count = topic.number('noutputs');
  const columns = topic.array('output', OUTPUTS);
  return (view, at, craft) => {
    if (!craft.wants('servo_output_raw')) return;
    const values: Record<string, number> = { time_usec: craft.microseconds, port: topic.instance };
    const most = Math.min(columns.length, count(view, at));
    let pulses = 0;
    for (let i = 0; i < most; i++) {
      const value = columns[i]!(view, at);
      if (!(value >= PULSE.least && value <= PULSE.most)) continue;
      values[`servo${i + 1}_raw`] = value;
      pulses++;
    }
    if (pulses > 0) craft.tell('servo_output_raw', values);
  };
};

/** Motors since 1.13: 0 to 1, and NaN for those that there are not; told as pulses from 1000 to 2000 µs. */
const motors: HandlerMaker = (topic) => {
  const columns = topic.array('control', OUTPUTS);
  return (view, at, craft) => {
    if (!craft.wants('servo_output_raw')) return;
    const values: Record<string, number> = { time_usec: craft.microseconds, port: 0 };
    columns.forEach((column, i) => {
      values[`servo${i + 1}_raw`] = PULSE.idle + PULSE.idle * column(view, at);
    });
    craft.tell('servo_output_raw', values);
  };
};

const controllers: HandlerMaker = (topic) => {
  const count = topic.number('esc_count');
  const fields = [
    ['rpm', 'esc_rpm'],
    ['voltage', 'esc_voltage'],
    ['current', 'esc_current'],
    ['temperature', 'esc_temperature'],
  ] as const;
  const each = Array.from({ length: 2 * CONTROLLERS }, (_, i) =>
    fields.map(([name, field]) => [`${name}_${i % CONTROLLERS}`, topic.number(`esc[${i}].${field}`)] as const),
  );
  return (view, at, craft) => {
    const there = Math.min(each.length, count(view, at));
    for (let first = 0; first < there; first += CONTROLLERS) {
      const values: Record<string, number> = {};
      for (let i = first; i < Math.min(there, first + CONTROLLERS); i++)
        for (const [name, column] of each[i]!) values[name] = column(view, at);
      craft.tell(first === 0 ? 'esc_telemetry_1_to_4' : 'esc_telemetry_5_to_8', values);
    }
  };
};

const remote: HandlerMaker = (topic) => {
  if (topic.instance > 0) return undefined;
  const [lost, count] = [topic.number('rc_lost'), topic.number('channel_count')];
  const channels = topic.array('values', CHANNELS);
  return (view, at, craft) => {
    // Who never had a remote control has not lost it.
    const heard = lost(view, at) === 0;
    if (heard || craft.receiver >= 0) craft.receiver = heard ? 1 : 0;
    if (!craft.wants('rc_channels')) return;
    const values: Record<string, number> = { time_boot_ms: craft.boot };
    const most = Math.min(channels.length, count(view, at));
    for (let i = 0; i < most; i++) values[`chan${i + 1}_raw`] = channels[i]!(view, at);
    craft.tell('rc_channels', values);
  };
};

/** Batteries, outputs, speed controllers and the remote control. */
export const POWER: Readonly<Record<string, HandlerMaker>> = {
  battery_status: battery,
  actuator_outputs: outputs,
  actuator_motors: motors,
  esc_status: controllers,
  input_rc: remote,
};
