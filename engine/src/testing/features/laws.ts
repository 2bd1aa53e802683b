// What every features plugin promises of its rows, by sentence.

import type { Laws } from '../law.js';
import { elsewhere, unknownKeyPasses } from '../law.js';
import { INPUT_LAWS } from './inputs.js';
import { UNWRITTEN } from './row-log.js';
import { STATE_LAWS } from './states.js';
import { difference, type FeaturesTrial, moment } from './trial.js';
import { WAKE_LAWS } from './wakes.js';

/** What every features plugin promises, by the sentence that is the name of its test. */
export const FEATURES_LAWS: Laws<FeaturesTrial> = {
  'emits rows, with times that never run back': (trial) => {
    const { rows } = trial.run();
    if (rows.length === 0) return `no row of ${trial.observations.length} observations`;
    const at = rows.findIndex(({ time }, i) => i > 0 && !(time >= rows[i - 1]!.time));
    return at < 0 ? undefined : `row ${at} is stamped ${moment(rows[at]!.time)}, the one before it ${moment(rows[at - 1]!.time)}`;
  },

  'writes every column of every row: a finite number, or NaN for missing': (trial) => {
    for (const [i, { time, values }] of trial.run().rows.entries()) {
      if (!Number.isFinite(time)) return `the time of row ${i} is ${time}`;
      for (const [c, value] of values.entries()) {
        if (value === UNWRITTEN) return `${trial.nameOf(c)} of row ${i} (${moment(time)}) was not written`;
        if (Math.abs(value) === Number.POSITIVE_INFINITY) return `${trial.nameOf(c)} of row ${i} (${moment(time)}) is ${value}`;
      }
    }
    return undefined;
  },

  'never writes a row that was handed over: only the last one, until the call returns': (trial) => {
    const { overwritten } = trial.run();
    return overwritten && `the row of ${moment(overwritten.time)} was written afterwards`;
  },

  'stamps no row ahead of what it has seen: of its wake, of its observation, or at the end of a step behind the last': (
    trial,
  ) => {
    const { rows } = trial.run();
    const newest = Math.max(...trial.observations.map(({ time }) => time));
    for (const [i, { time, watermark }] of rows.entries()) {
      const latest =
        watermark === undefined ? newest : watermark === Number.POSITIVE_INFINITY ? newest + stepOf(trial) : watermark;
      if (time > latest) return `row ${i} is stamped ${moment(time)}, which is behind ${moment(latest)}`;
    }
    return undefined;
  },

  'stamps no row before what it is of: at most a step before the first observation': (trial) => {
    const step = stepOf(trial);
    for (const part of [0, 0.25, 0.5, 0.75]) {
      const observations = trial.observations.slice(Math.floor(part * trial.observations.length));
      const [first] = trial.run({ observations, told: false }).rows;
      const earliest = Math.min(...observations.map(({ time }) => time)) - step;
      if (first && first.time < earliest)
        return `of observations from ${moment(earliest + step)} on the first row is stamped ${moment(first.time)}`;
    }
    return undefined;
  },

  'has no clock and draws nothing: in another century it gives the same rows and wakes at the same times': (trial) => {
    const one = trial.run();
    const other = elsewhere(() => trial.run());
    const at = one.wakes.findIndex(({ wake }, i) => !Object.is(wake, other.wakes[i]?.wake));
    if (at >= 0)
      return `asked at ${moment(one.wakes[at]!.watermark)}, it wakes at ${one.wakes[at]!.wake} and then at ${other.wakes[at]?.wake}`;
    return difference(trial, one, other) ?? difference(trial, one, trial.run());
  },

  'leaves a column NaN for as many rows as its warm-up says': (trial) => {
    const { rows } = trial.run();
    for (const [c, { name, warmUp = 0 }] of trial.row.columns.entries()) {
      const early = rows.slice(0, warmUp - 1).findIndex(({ values }) => !Number.isNaN(values[c]));
      if (warmUp > 1 && early >= 0)
        return `${name} has a warm-up of ${warmUp} rows, and is ${rows[early]!.values[c]} in row ${early}`;
    }
    return undefined;
  },

  'gives the rows that its author has worked out, where there are any': (trial) => {
    const { rows } = trial.run();
    for (const { time, values } of trial.laws.expected ?? []) {
      const row = rows.find((one) => one.time === time);
      if (!row) return `there is no row of ${moment(time)}`;
      for (const [name, value] of Object.entries(values)) {
        const c = trial.row.columns.findIndex((column) => column.name === name);
        const found = row.values[c]!;
        const near = Math.abs(found - value) <= 1e-9 * Math.max(1, Math.abs(value));
        if (!(near || Object.is(found, value))) return `${name} of ${moment(time)} is ${found}, and should be ${value}`;
      }
    }
    return undefined;
  },

  ...WAKE_LAWS,
  ...INPUT_LAWS,
  ...STATE_LAWS,

  'names columns in snake_case, once each, with unit, formula and description': ({ row }) => {
    const names = row.columns.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) return `${twice} is there twice`;
    for (const { name, unit, about, formula } of row.columns) {
      if (!/^[a-z][a-z0-9_]*$/.test(name)) return `"${name}" is not snake_case`;
      if ([unit, about, formula].some((text) => text.length === 0)) return `${name} lacks its unit, formula or description`;
    }
    return undefined;
  },

  'refuses an option that it does not know': ({ plugin, laws }) => unknownKeyPasses(plugin.config, laws.config),
};

/** The usual time from a row to the next, ms. */
function stepOf(trial: FeaturesTrial): number {
  const { rows } = trial.run();
  const steps = rows
    .slice(1)
    .map(({ time }, i) => time - rows[i]!.time)
    .filter((step) => step > 0)
    .sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}
