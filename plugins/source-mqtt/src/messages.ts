// Messages as observations: JSON objects, or one number of which the topic says what it is.

import { isKey, printable } from '@quantstream/engine';
import { type Draft, type Drop, type Getter, getter, isRecord, Mapper } from '@quantstream/engine/recordings';
import { keyOrigin, originOf, type Settings } from './config.js';
import { wildcardsOf } from './filters.js';

/** Topics whose filter is remembered. */
const REMEMBERED = 10_000;
const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

interface Route {
  /** The key by the topic: what stands for the wildcards, or all of it. */
  readonly key: string;
  /** Of a number, which of the wanted fields it is; −1: JSON. */
  readonly field: number;
}

/** Turns messages into observations that have no number yet. */
export class Messages {
  private readonly drop: Drop;
  private readonly mapper: Mapper;
  private readonly getters: readonly Getter[];
  private readonly cells: unknown[];
  private readonly byTopic: boolean;
  private readonly filters: readonly (readonly [filter: string, field: number])[];
  private readonly routes = new Map<string, Route>();

  constructor(settings: Settings, drop: Drop) {
    this.drop = drop;
    this.mapper = new Mapper(settings, drop, originOf(settings));
    this.getters = this.mapper.wanted.map(getter);
    this.cells = new Array(this.getters.length);
    this.byTopic = keyOrigin(settings) === 'topic';
    const numbers = Object.entries(settings.numbers).map(
      ([filter, field]) => [filter, this.mapper.wanted.indexOf(field)] as const,
    );
    this.filters = [...numbers, ...settings.topics.map((filter) => [filter, -1] as const)];
  }

  /** @returns `undefined` where it is dropped, which is counted, or left out */
  observe(topic: string, payload: Buffer, received: number): Draft | undefined {
    const route = this.routeOf(topic);
    if (route === undefined) return this.refuse('unknown_topic', topic, 'no filter asks for it');
    if (this.byTopic && !isKey(route.key)) return this.refuse('bad_key', topic, 'it is no name of an entity');
    const { cells, getters } = this;
    if (route.field >= 0) {
      const text = payload.length <= 64 ? payload.toString('utf8') : '';
      if (!NUMBER.test(text)) return this.refuse('bad_number', topic, 'the message is no number');
      cells.fill(undefined);
      cells[route.field] = Number(text);
    } else {
      const record = parsed(payload);
      if (record === undefined) return this.refuse('bad_message', topic, 'the message is no JSON object');
      for (let i = 0; i < getters.length; i++) cells[i] = getters[i]!(record);
    }
    return this.mapper.observe(cells, route.key, printable(topic), 1, received, received);
  }

  private routeOf(topic: string): Route | undefined {
    const known = this.routes.get(topic);
    if (known !== undefined) return known;
    for (const [filter, field] of this.filters) {
      const wildcards = wildcardsOf(filter, topic);
      if (wildcards === undefined) continue;
      if (this.routes.size >= REMEMBERED) this.routes.clear();
      const route = { key: wildcards === '' ? topic : wildcards, field };
      this.routes.set(topic, route);
      return route;
    }
    return undefined;
  }

  private refuse(reason: string, topic: string, why: string): undefined {
    this.drop(reason, `${printable(topic.slice(0, 200))}: ${why}`);
    return undefined;
  }
}

function parsed(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(payload.toString('utf8'));
    return isRecord(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
