// The samples of one answer as observations: one a key.

import { isKey, type Observation, sayAny } from '@quantstream/engine';
import type { ColumnPlan } from '@quantstream/engine/metrics';
import { readExposition } from './exposition.js';

export interface RowSettings {
  readonly columns: readonly ColumnPlan[];
  readonly key: readonly string[];
  readonly type: string;
  readonly keys: number;
}

export type Drop = (reason: string, detail: string, count?: number) => void;

/** A key of an answer, while it is read. */
interface Open {
  readonly values: Float64Array;
  readonly counts: Uint32Array;
}

/** Makes observations of what one target says. */
export class Rows {
  /** Samples of metrics that are columns, in the answer that was read last. */
  taken = 0;
  private readonly settings: RowSettings;
  private readonly byMetric = new Map<string, number[]>();
  private readonly drop: Drop;

  constructor(settings: RowSettings, drop: Drop) {
    this.settings = settings;
    this.drop = drop;
    settings.columns.forEach(({ metric }, index) => {
      const known = this.byMetric.get(metric);
      if (known) known.push(index);
      else this.byMetric.set(metric, [index]);
    });
  }

  /** @param labels that all series have, whatever the text says of them @param time of the scrape, ms since the epoch */
  read(text: string, name: string, labels: Readonly<Record<string, string>>, time: number, received: number): Observation[] {
    const open = new Map<string, Open>();
    this.taken = 0;
    readExposition(
      text,
      (metric) => this.byMetric.has(metric),
      ({ metric, series, value, labels: own }) => {
        const found = own();
        if (found === undefined) return this.drop('bad_line', `${name}: the labels of ${series.slice(0, 200)} are none`);
        const label = (one: string) => (Object.hasOwn(labels, one) ? labels[one]! : (found.get(one) ?? ''));
        this.add(open, metric, series, value, label, name);
      },
      (line, why) => this.drop('bad_line', `${name}:${line}: ${why}`),
    );
    return this.close(open, name, time, received);
  }

  private add(
    open: Map<string, Open>,
    metric: string,
    series: string,
    value: number,
    label: (name: string) => string,
    name: string,
  ): void {
    const { columns } = this.settings;
    let one: Open | undefined;
    for (const index of this.byMetric.get(metric)!) {
      const { matchers, combine } = columns[index]!;
      if (!matchers.every(({ label: of, holds }) => holds(label(of)))) continue;
      this.taken++;
      // A series that is stale, or not a number, has no value.
      if (Number.isNaN(value)) continue;
      if (!Number.isFinite(value)) {
        this.drop('bad_value', `${name}: ${series.slice(0, 200)} is ${value}`);
        continue;
      }
      one ??= this.opened(open, series, label, name);
      if (one === undefined) return;
      const { values, counts } = one;
      const before = values[index]!;
      counts[index]!++;
      if (Number.isNaN(before)) values[index] = value;
      else if (combine === 'sum' || combine === 'mean') values[index] = before + value;
      else if (combine === 'min') values[index] = Math.min(before, value);
      else if (combine === 'max') values[index] = Math.max(before, value);
    }
  }

  private opened(open: Map<string, Open>, series: string, label: (name: string) => string, name: string): Open | undefined {
    const { key: names, columns, keys } = this.settings;
    const parts = names.map(label);
    const lacks = parts.indexOf('');
    const where = `${name}: ${series.slice(0, 200)}`;
    if (lacks >= 0) return this.refuse('missing_key', `${where} has no ${names[lacks]}`);
    const key = parts.join('/');
    const known = open.get(key);
    if (known) return known;
    if (!isKey(key)) return this.refuse('bad_key', `${where}: its key is ${sayAny(key)}`);
    if (open.size >= keys) return this.refuse('too_many_keys', `${where}: it has more than ${keys} keys`);
    const one = { values: new Float64Array(columns.length).fill(Number.NaN), counts: new Uint32Array(columns.length) };
    open.set(key, one);
    return one;
  }

  private refuse(reason: string, detail: string): undefined {
    this.drop(reason, detail);
    return undefined;
  }

  private close(open: ReadonlyMap<string, Open>, where: string, time: number, received: number): Observation[] {
    const { columns, type } = this.settings;
    const observations: Observation[] = [];
    for (const [key, { values: found, counts }] of open) {
      const values: Record<string, number> = {};
      let lacks: string | undefined;
      for (let i = 0; i < columns.length; i++) {
        const { name, combine, optional } = columns[i]!;
        const value = combine === 'mean' ? found[i]! / counts[i]! : found[i]!;
        if (Number.isFinite(value)) values[name] = value;
        else if (!optional) lacks ??= name;
      }
      if (lacks === undefined) observations.push({ key, type, sequence: time, time, received, values });
      else this.drop('missing_value', `${where}: ${key} has no ${lacks}`);
    }
    return observations;
  }
}
