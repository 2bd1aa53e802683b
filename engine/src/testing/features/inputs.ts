// The laws of inputs: what a features plugin may read, and must leave alone.

import type { Observation } from '../../api/index.js';
import type { Laws } from '../law.js';
import { difference, type FeaturesTrial, moment } from './trial.js';

/** What a features plugin promises of what it is given. */
export const INPUT_LAWS: Laws<FeaturesTrial> = {
  'leaves its input untouched': (trial) => {
    const frozen = (o: Observation) => Object.freeze({ ...o, values: Object.freeze({ ...o.values }) });
    return difference(trial, trial.run(), trial.run({ observations: trial.observations.map(frozen) }));
  },

  'does not look at the moment of arrival': (trial) => {
    const poisoned = trial.observations.map((o, i) => ({ ...o, received: i % 2 ? Number.NaN : -o.received * 7 }));
    return difference(trial, trial.run(), trial.run({ observations: poisoned }));
  },

  'reads nothing but what it says that it consumes': (trial) => {
    const consumes = trial.plugin.consumes(trial.config);
    const allowed = (o: Observation) => {
      const fields = consumes[o.type]!;
      const values = Object.fromEntries(Object.entries(o.values).filter(([name]) => '*' in fields || fields[name] !== undefined));
      return { ...o, values };
    };
    const before = trial.run({ told: false });
    const observations = trial.observations.filter(({ type }) => consumes[type] !== undefined || '*' in consumes);
    return difference(
      trial,
      before,
      trial.run({ told: false, observations: '*' in consumes ? observations : observations.map(allowed) }),
    );
  },

  'says of what may be absent that it is optional': (trial) => {
    for (const [type, fields] of Object.entries(trial.plugin.consumes(trial.config))) {
      for (const [name, what] of Object.entries(fields)) {
        if (name === '*' || (typeof what === 'object' && what.optional)) continue;
        const at = trial.observations.findIndex((o) => o.type === type && o.values[name] === undefined);
        if (at >= 0) return `observation ${at} has no ${type}.${name}, which is consumed without optional`;
      }
    }
    return undefined;
  },

  'names the types of optional inputs that a column cannot do without': (trial) => {
    const { columns } = trial.row;
    const whole = trial.run({ told: false }).rows;
    for (const [type, fields] of Object.entries(trial.plugin.consumes(trial.config))) {
      for (const [field, what] of Object.entries(fields)) {
        if (typeof what === 'string' || field === '*') continue;
        if (!trial.observations.some((o) => o.type === type && o.values[field] !== undefined)) continue;
        const { rows } = trial.run({ told: false, observations: without(trial.observations, type, field) });
        for (const [c, { name, role, needs = [] }] of columns.entries()) {
          // What is for people is not chosen.
          if (role === 'context') continue;
          if (whole.every(({ values }) => Number.isNaN(values[c]))) continue;
          // Fields of one type come together.
          if (needs.some((one) => one.startsWith(`${type}.`)) || trial.laws.standIns?.includes(name)) continue;
          if (rows.some(({ values }) => !Number.isNaN(values[c]))) continue;
          return `${name} is always missing without ${type}.${field}, and does not say that it needs it`;
        }
      }
    }
    return undefined;
  },

  'gives the same in columns of which its author says so, however observations come that the lateness allows': (trial) => {
    const { anyOrder } = trial.laws;
    if (anyOrder === undefined) return undefined;
    const sorted = trial.observations.toSorted((a, b) => a.time - b.time);
    const { rows } = trial.run({ told: false });
    const others = trial.run({ told: false, observations: sorted }).rows;
    for (const [i, row] of rows.entries()) {
      const other = others[i];
      if (other?.time !== row.time) return `row ${i} is of ${moment(row.time)}, and of ${other && moment(other.time)} in order`;
      for (const name of anyOrder) {
        const c = trial.row.columns.findIndex((column) => column.name === name);
        const [a, b] = [row.values[c]!, other.values[c]!];
        const near = Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
        if (!(near || Object.is(a, b))) return `${name} of ${moment(row.time)} is ${a}, and ${b} in order`;
      }
    }
    return undefined;
  },

  'tells what was lost from a silence': (trial) => {
    const silent = trial.run({ told: false }).rows;
    const { rows } = trial.run();
    const same = (i: number) => difference(trial, oneRow(rows[i]!), oneRow(silent[i]!)) === undefined;
    for (const { missing } of trial.laws.missing ?? []) {
      // The rows that end within the stretch, and the one after them.
      const first = silent.findIndex(({ time }) => time > missing.from);
      for (let i = first; i >= 0 && i < silent.length && silent[i]!.time <= missing.to; i++) {
        if (rows[i]?.time !== silent[i]!.time) break;
        if (same(i))
          return `what is lost from ${moment(missing.from)} to ${moment(missing.to)} leaves row ${i} (${moment(rows[i]!.time)}) as it was`;
      }
    }
    return undefined;
  },
};

function without(observations: readonly Observation[], type: string, field: string): Observation[] {
  return observations.map((o) => {
    if (o.type !== type) return o;
    const { [field]: _, ...values } = o.values;
    return { ...o, values };
  });
}

const oneRow = (row: ReturnType<FeaturesTrial['run']>['rows'][number]) => ({
  rows: [row],
  wakes: [],
  leftOver: 0,
  overwritten: undefined,
});
