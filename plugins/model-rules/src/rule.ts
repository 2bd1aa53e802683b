// A rule at work for one key.

import { type Column, type Severity, sayNumber } from '@quantstream/engine';
import type { RuleSettings } from './config.js';
import { type Condition, ExpressionError, readCondition } from './expression.js';

/** What a rule remembers: plain data. */
export interface RuleState {
  /** Event time since which the condition holds; NaN while it does not. */
  since: number;
  firing: boolean;
}

export const initialRule = (): RuleState => ({ since: Number.NaN, firing: false });

/** A column in a message, and the word behind it, which may be its unit. */
const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}(\s?[^\s{},;.]+)?/g;

/** A rule as it was read, the same for all keys. */
interface Reading {
  readonly names: readonly string[];
  readonly units: readonly string[];
  readonly when: Condition;
  readonly until: Condition | undefined;
}

const readings = new WeakMap<RuleSettings, Reading>();

/** Reads a rule over columns of these names; once for all keys. @throws {Error} naming the rule, with what is wrong in it and where */
function readingOf(name: string, settings: RuleSettings, columns: readonly Column[]): Reading {
  const known = readings.get(settings);
  if (known?.names.length === columns.length && columns.every((column, i) => column.name === known.names[i])) return known;
  const names = columns.map((column) => column.name);
  const when = read(name, 'when', settings.when, names);
  const until = settings.until === undefined ? undefined : read(name, 'until', settings.until, names);
  for (const [, placeholder] of (settings.message ?? '').matchAll(PLACEHOLDER))
    if (!names.includes(placeholder!))
      throw new Error(
        `rule ${name}: the message names {${placeholder}}, which is no column of the model; it has ${names.join(', ')}`,
      );
  const reading = { names, units: columns.map((column) => column.unit), when, until };
  readings.set(settings, reading);
  return reading;
}

function read(name: string, part: 'when' | 'until', text: string, names: readonly string[]): Condition {
  try {
    return readCondition(text, names);
  } catch (error) {
    if (error instanceof ExpressionError) throw new Error(`rule ${name}, ${part}: ${error.message}`);
    throw error;
  }
}

/** One condition with its hysteresis. Looking changes nothing; only `learn` lets time pass. */
export class Rule {
  readonly name: string;
  private readonly settings: RuleSettings;
  private readonly reading: Reading;
  private readonly state: RuleState;

  /** @throws {Error} naming the rule, with what is wrong in its condition and where */
  constructor(name: string, settings: RuleSettings, columns: readonly Column[], state: RuleState) {
    this.name = name;
    this.settings = settings;
    this.state = state;
    this.reading = readingOf(name, settings, columns);
  }

  get subsystem(): string | undefined {
    return this.settings.subsystem;
  }

  get severity(): Severity {
    return this.settings.severity;
  }

  /** The places of the columns that it looks at. */
  get columns(): readonly number[] {
    return this.reading.when.columns;
  }

  /** Whether it fires at a row, given what came before. */
  fires(row: Float64Array, time: number): boolean {
    return this.next(row, time).firing;
  }

  learn(row: Float64Array, time: number): void {
    Object.assign(this.state, this.next(row, time));
  }

  /** What people are told of a row. */
  message(row: Float64Array): string {
    const { message, when } = this.settings;
    if (message === undefined) return `${this.name}: ${when}`;
    const { names, units } = this.reading;
    return message.replace(PLACEHOLDER, (_, name: string, rest: string | undefined) => {
      const at = names.indexOf(name);
      const value = row[at]!;
      // What has no value has no unit either.
      const unit = rest !== undefined && !(Number.isNaN(value) && rest.trim() === units[at]) ? rest : '';
      return `${sayNumber(value)}${unit}`;
    });
  }

  private next(row: Float64Array, time: number): RuleState {
    const { state } = this;
    const { when, until } = this.reading;
    const holds = when.of(row) === true;
    const since = holds ? (Number.isNaN(state.since) ? time : state.since) : Number.NaN;
    if (state.firing) {
      // Without `until`, unknown ends it as well; with one, only what is known to be over does.
      const over = until ? until.of(row) === true : !holds;
      if (!over) return { since, firing: true };
    }
    return { since, firing: holds && time - since >= this.settings.for };
  }
}
