// Objects of JSON as observations: fields that are metrics by their path, or by the name of a series, with its labels.

import { sayAny } from '@quantstream/engine';
import { type ColumnPlan, type Labelled, labelledOf } from '@quantstream/engine/metrics';
import { type Getter, getter, type TimeUnit, timeOf } from '@quantstream/engine/recordings';
import { objectsIn } from '../wire/json.js';
import type { Reader, Whole } from './formats.js';

type Found = Readonly<Record<string, unknown>>;
type Label = (name: string) => unknown;
type Refuse = (reason: string, detail: string) => void;
/** Takes a value for a column. */
type Put = (column: number, value: number) => void;

/** So many names of series are remembered while a body is read. */
const MOST_SERIES = 10_000;

/** Objects with the fields that columns, key and time name; one object is one observation. */
export function jsonObjects(bytes: Buffer, { time: timePath, timeUnit }: { time: string; timeUnit: TimeUnit }): Reader {
  return ({ out, known, columns, tenant }) => {
    const refuse: Refuse = (reason, detail) => out.refuse(reason, detail);
    const time = getter(timePath);
    const fields = new Fields(columns);
    const whole: Whole[] = [];
    const getters = new Map<string, Getter>();
    for (const record of objectsIn(bytes, (detail) => out.refuse('bad_line', detail))) {
      const label = (name: string) => {
        const get = getters.get(name) ?? getter(name);
        getters.set(name, get);
        return get(record);
      };
      const at = timeOf(time(record), timeUnit);
      if (Number.isNaN(at)) {
        out.refuse('bad_time', `${timePath} is ${sayAny(time(record))}`);
        continue;
      }
      const values = fields.read(record, label, refuse, (name) => out.leaveOut(name));
      if (values === undefined) continue;
      if (values === null) {
        out.leaveOut(Object.keys(record).slice(0, 5).join(', '));
        continue;
      }
      const key = known.keyOf(tenant, 'an object', label, Object.keys(record), refuse);
      if (key !== undefined) whole.push({ entity: known.entity(key, tenant), time: at, values });
    }
    return whole;
  };
}

/** Finds the numbers of the columns in objects. */
class Fields {
  private readonly columns: readonly ColumnPlan[];
  private readonly getters: readonly Getter[];
  private readonly metrics: ReadonlySet<string>;
  /** What the names of fields say that are series, `null` where they are none. */
  private readonly series = new Map<string, Labelled | null>();

  constructor(columns: readonly ColumnPlan[]) {
    this.columns = columns;
    this.getters = columns.map(({ metric }) => getter(metric));
    this.metrics = new Set(columns.map(({ metric }) => metric));
  }

  /**
   * @param leaveOut told of a metric that is there, and whose labels are those of no column
   * @returns the values by column, `NaN` where there is none; `null`: none at all; `undefined`: one is no number, which is told
   */
  read(record: Found, label: Label, refuse: Refuse, leaveOut: (name: string) => void): Float64Array | null | undefined {
    const { columns, getters } = this;
    const values = new Float64Array(columns.length).fill(Number.NaN);
    let any = false;
    let idle: string | undefined;
    for (let i = 0; i < columns.length; i++) {
      const { metric, matchers } = columns[i]!;
      const found = getters[i]!(record);
      if (found === undefined || found === null) continue;
      if (!matchers.every(({ label: name, holds }) => holds(textOf(label(name))))) {
        idle ??= metric;
        continue;
      }
      const value = measured(found);
      if (!Number.isFinite(value)) return void refuse('bad_value', `${metric} is ${sayAny(found)}`);
      values[i] = value;
      any = true;
    }
    // Labels of another column may have been those of the object.
    if (columns.some(({ metric }, i) => metric === idle && !Number.isNaN(values[i]!))) idle = undefined;
    const counts = new Uint32Array(columns.length);
    const put: Put = (column, value) => {
      values[column] = Number.isNaN(values[column]!)
        ? value
        : combined(columns[column]!, values[column]!, value, ++counts[column]!);
      any = true;
    };
    for (const name of Object.keys(record)) {
      if (!name.endsWith('}')) continue;
      const problem = this.readSeries(name, record[name], label, put, leaveOut);
      if (problem !== undefined) return void refuse('bad_value', problem);
    }
    if (any && idle !== undefined) leaveOut(idle);
    return any ? values : null;
  }

  /** A field whose name is a series: `cpu_seconds_total{mode="user"}`. @returns what is wrong with it */
  private readSeries(name: string, found: unknown, label: Label, put: Put, leaveOut: (name: string) => void): string | undefined {
    let series = this.series.get(name);
    if (series === undefined) {
      series = labelledOf(name) ?? null;
      if (this.series.size < MOST_SERIES) this.series.set(name, series);
    }
    if (series === null || !this.metrics.has(series.metric) || found === undefined || found === null) return undefined;
    const value = measured(found);
    if (!Number.isFinite(value)) return `${name.slice(0, 200)} is ${sayAny(found)}`;
    const { metric, labels } = series;
    let wanted = false;
    for (let i = 0; i < this.columns.length; i++) {
      const { metric: of, matchers } = this.columns[i]!;
      if (of !== metric || !matchers.every(({ label: one, holds }) => holds(labels.get(one) ?? textOf(label(one))))) continue;
      put(i, value);
      wanted = true;
    }
    if (!wanted) leaveOut(name);
    return undefined;
  }
}

/** What several series of a column are together. @param more how many came before the last, the first not among them */
function combined({ combine }: ColumnPlan, before: number, value: number, more: number): number {
  if (combine === 'sum') return before + value;
  if (combine === 'mean') return before + (value - before) / (more + 1);
  if (combine === 'min') return Math.min(before, value);
  return combine === 'max' ? Math.max(before, value) : before;
}

/** `NaN` where it is no number. */
function measured(found: unknown): number {
  if (typeof found === 'number') return found;
  if (typeof found === 'boolean') return Number(found);
  return typeof found === 'string' ? numberOf(found) : Number.NaN;
}

/** A label as a text; objects and lists are none. */
const textOf = (found: unknown) => (found === undefined || found === null || typeof found === 'object' ? '' : String(found));
const numberOf = (text: string) => (/^\s*[+-]?(\d|\.\d)[\d.eE+-]*\s*$/.test(text) ? Number(text) : Number.NaN);
