import type { Column, Consumes, Observation } from '@quantstream/engine';

/** A quantity that is followed from message to message. */
export interface Signal {
  readonly name: string;
  /** Where it comes from: `type.field`, several of one type for a value made of several. */
  readonly inputs: readonly string[];
  /** The samples between two rows are averaged; else the latest stands for them. */
  readonly averaged: boolean;
  /** The value in an observation of its type; `undefined` where that lacks it. */
  readonly read: (values: Observation['values']) => number | undefined;
  readonly column: Omit<Column, 'name' | 'role' | 'needs'>;
}

const AVERAGED = 'of the samples since the row before; without one, the latest sample while it is not older than `staleAfter`';
const LATEST = 'latest sample before the row, while it is not older than `staleAfter`';
const COMMON = 'https://mavlink.io/en/messages/common.html';

/** The largest of three, leaving out what is missing. */
function largest(a: number | undefined, b: number | undefined, c: number | undefined): number | undefined {
  const value = Math.max(a ?? Number.NEGATIVE_INFINITY, b ?? Number.NEGATIVE_INFINITY, c ?? Number.NEGATIVE_INFINITY);
  return value === Number.NEGATIVE_INFINITY ? undefined : value;
}

/** Every column that models can choose. */
export const SIGNALS: readonly Signal[] = [
  {
    name: 'voltage',
    inputs: ['sys_status.voltage_battery'],
    averaged: true,
    read: (values) => values.voltage_battery,
    column: {
      unit: 'V',
      about: 'Voltage of the main battery.',
      formula: `mean of SYS_STATUS.voltage_battery ${AVERAGED}`,
      source: `${COMMON}#SYS_STATUS`,
    },
  },
  {
    name: 'current',
    inputs: ['sys_status.current_battery'],
    averaged: true,
    read: (values) => values.current_battery,
    column: {
      unit: 'A',
      about: 'Current drawn from the main battery.',
      formula: `mean of SYS_STATUS.current_battery ${AVERAGED}`,
      source: `${COMMON}#SYS_STATUS`,
    },
  },
  {
    name: 'vibration',
    inputs: ['vibration.vibration_x', 'vibration.vibration_y', 'vibration.vibration_z'],
    averaged: true,
    read: (values) => largest(values.vibration_x, values.vibration_y, values.vibration_z),
    column: {
      unit: 'm/s²',
      about: 'Vibration of the axis that shakes most.',
      formula: `mean of max(VIBRATION.vibration_x, _y, _z) ${AVERAGED}`,
      source: `${COMMON}#VIBRATION`,
    },
  },
  {
    name: 'satellites',
    inputs: ['gps_raw_int.satellites_visible'],
    averaged: false,
    read: (values) => values.satellites_visible,
    column: {
      unit: '1',
      about: 'Satellites that the first GPS receiver sees.',
      formula: `GPS_RAW_INT.satellites_visible: ${LATEST}`,
      source: `${COMMON}#GPS_RAW_INT`,
    },
  },
  {
    name: 'altitude',
    inputs: ['global_position_int.relative_alt'],
    averaged: false,
    read: (values) => values.relative_alt,
    column: {
      unit: 'm',
      about: 'Height above home.',
      formula: `GLOBAL_POSITION_INT.relative_alt: ${LATEST}`,
      source: `${COMMON}#GLOBAL_POSITION_INT`,
    },
  },
];

/** Where the aircraft is: for people, and missing where no position is emitted. */
export const PLACE: readonly Signal[] = (['latitude', 'longitude'] as const).map((name) => {
  const field = name === 'latitude' ? 'lat' : 'lon';
  return {
    name,
    inputs: [`global_position_int.${field}`],
    averaged: false,
    read: (values) => values[field],
    column: {
      unit: 'deg',
      about: `Geographic ${name} (WGS84).`,
      formula: `GLOBAL_POSITION_INT.${field}: ${LATEST}`,
      source: `${COMMON}#GLOBAL_POSITION_INT`,
    },
  };
});

/** How old the news is: for people. */
export const AGE: Column = {
  name: 'age',
  unit: 's',
  about: 'How long ago the vehicle was last heard.',
  formula: '(time of the row − time of the latest observation of any type) / 1000',
  role: 'context',
};

const optional = (unit: string) => ({ unit, optional: true }) as const;

/** What all columns together read. Vehicles differ, so nothing is required: a column names what it needs. */
export const CONSUMES: Consumes = {
  sys_status: { voltage_battery: optional('V'), current_battery: optional('A') },
  vibration: { vibration_x: optional('m/s²'), vibration_y: optional('m/s²'), vibration_z: optional('m/s²') },
  gps_raw_int: { satellites_visible: optional('1') },
  global_position_int: { lat: optional('deg'), lon: optional('deg'), relative_alt: optional('m') },
};

export function featureColumn({ name, inputs, column }: Signal): Column {
  return { name, ...column, role: 'feature', warmUp: 1, needs: inputs };
}

export function contextColumn({ name, column }: Signal): Column {
  return { name, ...column, role: 'context' };
}
