// Records about power: batteries, speed controllers, outputs and inputs.

import type { Craft, HandlerMaker } from './craft.js';
import type { Format } from './format.js';

const JOULES_PER_WATT_HOUR = 3_600;
const CELLS = 10;
const CONTROLLERS = 4;

/** Volts or amperes: floats are plain, the integers of logs before 2015 are hundredths. */
const hundredths = (format: Format, name: string): number => ('hH'.includes(format.character(name) || '-') ? 100 : 1);

/**
 * The charge that is left, %: as the log says it, else by capacity and consumption, as the autopilot does (BATT_CAPACITY, mAh).
 * Source: `AP_BattMonitor_Backend::capacity_remaining_pct` of ArduPilot.
 */
function remainingOf(said: number, capacity: number, used: number): number {
  if (said <= 100) return said;
  if (!(capacity > 0 && used >= 0)) return Number.NaN;
  return Math.max(0, Math.min(100, Math.trunc((100 * (capacity - used)) / capacity)));
}

/** BAT, and CURR of logs before 2018. */
const battery: HandlerMaker = (format) => {
  const instance = format.number('Instance', 'Inst');
  const [volts, amperes] = [format.number('Volt'), format.number('Curr')];
  const [perVolt, perAmpere] = [hundredths(format, 'Volt'), hundredths(format, 'Curr')];
  const used = format.number('CurrTot');
  const energy = format.number('EnrgTot');
  const temperature = format.number('Temp');
  const said = format.number('RemPct');
  return (view, record, craft) => {
    const id = instance(view, record) || 0;
    const voltage = volts(view, record) / perVolt;
    const measured = amperes(view, record) / perAmpere;
    // A monitor without a shunt logs zeros for ever: neither current nor charge are known before the first that is none.
    if (measured !== 0 && !Number.isNaN(measured)) craft.remember(`shunt ${id}`, 1);
    const shunt = !Number.isNaN(craft.lasting(`shunt ${id}`));
    const current = shunt ? measured : Number.NaN;
    const consumed = shunt ? used(view, record) : Number.NaN;
    const capacity = craft.lasting(`capacity ${id}`);
    // A monitor without a shunt logs zeros for ever; its charge is not known.
    const remaining =
      consumed > 0 || said(view, record) <= 100 ? remainingOf(said(view, record), capacity, consumed) : Number.NaN;
    if (id === 0) craft.tellSystem(voltage, current, remaining);
    const celsius = temperature(view, record);
    const values: Record<string, number> = {
      id,
      current_consumed: consumed,
      current_battery: current,
      battery_remaining: remaining,
      energy_consumed: energy(view, record) * JOULES_PER_WATT_HOUR,
      temperature: celsius === 0 ? Number.NaN : celsius,
    };
    const cells = craft.recall(`cells ${id}`);
    // Without cells the first entry is the pack, as in a BATTERY_STATUS.
    if (Number.isNaN(cells[0])) values.voltages_0 = voltage;
    else for (let i = 0; i < CELLS; i++) values[`voltages_${i}`] = cells[i] ?? Number.NaN;
    craft.tell('battery_status', values);
  };
};

/** Cells one by one, mV. */
const cells: HandlerMaker = (format) => {
  const instance = format.number('Instance', 'Inst');
  const columns = Array.from({ length: CELLS }, (_, i) => format.number(`V${i + 1}`));
  return (view, record, craft) => {
    const volts = columns.map((column) => column(view, record) / 1_000);
    // 0 and 65535 are no cells.
    craft.remember(
      `cells ${instance(view, record) || 0}`,
      ...volts.map((value) => (value > 0 && value < 65 ? value : Number.NaN)),
    );
  };
};

const rails: HandlerMaker = (format) => {
  const [vcc, servo, flags] = [format.number('Vcc'), format.number('VServo'), format.number('Flags')];
  return (view, record, craft) =>
    craft.tell('power_status', { vcc: vcc(view, record), vservo: servo(view, record), flags: flags(view, record) });
};

/** A speed controller. @param fixed its number from 0, where the record's name says it */
const controller =
  (fixed = Number.NaN): HandlerMaker =>
  (format) => {
    const instance = format.number('Instance', 'Inst', 'I');
    const columns = [
      ['rpm', format.number('RPM')],
      ['voltage', format.number('Volt')],
      ['current', format.number('Curr')],
      ['totalcurrent', format.number('CTot')],
      ['temperature', format.number('Temp')],
    ] as const;
    return (view, record, craft) => {
      const number = Number.isNaN(fixed) ? instance(view, record) : fixed;
      if (!(number < 2 * CONTROLLERS)) return;
      const values: Record<string, number> = {};
      for (const [name, column] of columns) values[`${name}_${number % CONTROLLERS}`] = column(view, record);
      craft.tell(number < CONTROLLERS ? 'esc_telemetry_1_to_4' : 'esc_telemetry_5_to_8', values);
    };
  };

/** Pulse widths, µs: columns C1 … C14 since 2014, Ch1 … before, as fields of a type. */
const pulses =
  (type: string, name: (number: number) => string, most: number, begin: (craft: Craft) => Record<string, number>): HandlerMaker =>
  (format) => {
    const columns = Array.from({ length: most }, (_, i) => [name(i + 1), [`C${i + 1}`, `Ch${i + 1}`]] as const)
      .filter(([, names]) => names.some((one) => format.has(one)))
      .map(([field, names]) => [field, format.number(...names)] as const);
    return (view, record, craft) => {
      if (!craft.wants(type)) return;
      const values = begin(craft);
      for (const [field, column] of columns) values[field] = column(view, record);
      craft.tell(type, values);
    };
  };

/** Batteries, speed controllers, outputs and inputs. */
export const POWER: Readonly<Record<string, HandlerMaker>> = {
  BAT: battery,
  CURR: battery,
  BCL: cells,
  POWR: rails,
  ESC: controller(),
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`ESC${i + 1}`, controller(i)])),
  RCOU: pulses(
    'servo_output_raw',
    (number) => `servo${number}_raw`,
    16,
    ({ microseconds }) => ({ time_usec: microseconds, port: 0 }),
  ),
  RCIN: pulses(
    'rc_channels',
    (number) => `chan${number}_raw`,
    18,
    ({ boot }) => ({ time_boot_ms: boot }),
  ),
};
