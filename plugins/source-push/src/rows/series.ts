// The series that are wanted, each with the key that it belongs to and the columns that it goes into.

import { isKey, sayAny } from '@quantstream/engine';
import type { ColumnPlan } from '@quantstream/engine/metrics';
import type { Directory, Labels } from '../wire/intake.js';
import type { Entity } from './entity.js';
import { newEntity } from './entity.js';
import { type Counted, newCounted } from './rate.js';

/** A series that goes into at least one column. */
export interface Series {
  readonly entity: Entity;
  readonly columns: readonly number[];
  /** Time of its newest sample, ms since the epoch. */
  last: number;
  /** Where one of its columns is a rate. */
  readonly counted: Counted | undefined;
}

/** Labels that are named where the one that is wanted is not there. */
const NAMED = 10;

/** Where what makes no key is told: why, and of what. */
export type Refuse = (reason: string, detail: string) => void;

/** Knows every series of the columns that has come, in bounded memory: of more than `most` all are learned anew. */
export class Known {
  readonly entities = new Map<string, Entity>();
  private readonly series = new Map<string, Series | null>();
  private readonly byMetric = new Map<string, { readonly index: number; readonly plan: ColumnPlan }[]>();
  private readonly plans: readonly ColumnPlan[];
  private readonly key: readonly string[];
  private readonly most: number;
  private readonly forgot: () => void;

  /** @param forgot told when there are too many */
  constructor(columns: readonly ColumnPlan[], key: readonly string[], most: number, forgot: () => void) {
    columns.forEach((plan, index) => {
      const known = this.byMetric.get(plan.metric);
      if (known) known.push({ index, plan });
      else this.byMetric.set(plan.metric, [{ index, plan }]);
    });
    this.plans = columns;
    this.key = key;
    this.most = most;
    this.forgot = forgot;
  }

  /** How many series are remembered. */
  get size(): number {
    return this.series.size;
  }

  /** What a body of a tenant is looked up in. @param scope what tells its series from those of other tenants and formats */
  directory(scope: string, tenant: string, refuse: Refuse): Directory<Series> {
    const { series, byMetric } = this;
    return {
      wants: (metric) => byMetric.has(metric),
      find: (identity) => series.get(scope + identity),
      make: (identity, metric, labels) => this.learn(scope + identity, tenant, metric, labels, refuse),
    };
  }

  /** The entity of a key, made where it is not known. */
  entity(key: string, tenant: string): Entity {
    let entity = this.entities.get(key);
    if (entity === undefined) {
      if (this.entities.size >= this.most) this.forget();
      entity = newEntity(key, tenant);
      this.entities.set(key, entity);
    }
    return entity;
  }

  private learn(identity: string, tenant: string, metric: string, labels: Labels, refuse: Refuse): Series | null | undefined {
    if (this.series.size >= this.most) this.forget();
    const columns = this.byMetric
      .get(metric)!
      .filter(({ plan }) => plan.matchers.every(({ label, holds }) => holds(labels.get(label) ?? '')))
      .map(({ index }) => index);
    const key = columns.length === 0 ? null : this.keyOf(tenant, metric, (label) => labels.get(label), labels.keys(), refuse);
    // Of one without a key every sample is told.
    if (key === undefined) return undefined;
    const rates = columns.some((index) => this.plans[index]!.rate);
    const counted = rates ? newCounted(labels.get('temporality') === 'delta') : undefined;
    const series = key === null ? null : { entity: this.entity(key, tenant), columns, last: Number.NEGATIVE_INFINITY, counted };
    this.series.set(identity, series);
    return series;
  }

  /** @param names of the labels that there are @returns the key that labels make; `undefined`, and why is told, where they make none */
  keyOf(
    tenant: string,
    what: string,
    label: (name: string) => unknown,
    names: Iterable<string>,
    refuse: Refuse,
  ): string | undefined {
    const parts = tenant === '' ? [] : [tenant];
    for (const name of this.key) {
      const found = label(name);
      const text = typeof found === 'number' || typeof found === 'boolean' ? String(found) : found;
      if (text === undefined || text === null || text === '') {
        const others = [...names].slice(0, NAMED).join(', ').slice(0, 200);
        refuse(
          'missing_key',
          `${what.slice(0, 200)} has no ${name}${others === '' ? ', nor any other label' : `; it has ${others}`}`,
        );
        return undefined;
      }
      if (typeof text !== 'string') {
        refuse('bad_key', `${name} of ${what.slice(0, 200)} is ${sayAny(found)}`);
        return undefined;
      }
      parts.push(text);
    }
    const key = parts.length === 1 ? parts[0]! : parts.join('/');
    if (isKey(key)) return key;
    refuse('bad_key', `the key of ${what.slice(0, 200)} is ${sayAny(key)}`);
    return undefined;
  }

  /** Forgets all but what is on its way. */
  private forget(): void {
    this.series.clear();
    for (const [key, { open, held }] of this.entities) if (open.length + held.length === 0) this.entities.delete(key);
    this.forgot();
  }
}
