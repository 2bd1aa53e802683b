import type { Column, Severity } from '@quantstream/engine';
import type { RuleSettings } from './config.js';
import { type Condition, ExpressionError, readCondition } from './expression.js';

/** What a rule remembers: plain data. */
export interface RuleState {
  /** Event time since which the condition holds; NaN while it does not. */
  since: number;
  firing: boolean;
}

export const initialRule = (): RuleState => ({ since: Number.NaN, firing: false });

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/** One condition with its hysteresis. Looking changes nothing; only `learn` lets time pass. */
export class Rule {
  readonly severity: Severity;
  /** The places of the columns that it looks at. */
  readonly columns: readonly number[];
  readonly name: string;
  private readonly settings: RuleSettings;
  private readonly when: Condition;
  private readonly until: Condition | undefined;
  private readonly names: readonly string[];
  private readonly state: RuleState;

  /** @throws {Error} naming the rule, with what is wrong in its condition and where */
  constructor(name: string, settings: RuleSettings, columns: readonly Column[], state: RuleState) {
    this.name = name;
    this.settings = settings;
    this.severity = settings.severity;
    this.names = columns.map((column) => column.name);
    this.state = state;
    this.when = this.read('when', settings.when);
    this.until = settings.until === undefined ? undefined : this.read('until', settings.until);
    this.columns = this.when.columns;
    for (const [, placeholder] of (settings.message ?? '').matchAll(PLACEHOLDER))
      if (!this.names.includes(placeholder!))
        throw new Error(
          `rule ${name}: the message names {${placeholder}}, which is no column of the model; it has ${this.names.join(', ')}`,
        );
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
    return message.replace(PLACEHOLDER, (_, name: string) => readable(row[this.names.indexOf(name)]!));
  }

  private next(row: Float64Array, time: number): RuleState {
    const { state } = this;
    const holds = this.when.of(row) === true;
    const since = holds ? (Number.isNaN(state.since) ? time : state.since) : Number.NaN;
    if (state.firing) {
      // Without `until`, unknown ends it as well; with one, only what is known to be over does.
      const over = this.until ? this.until.of(row) === true : !holds;
      if (!over) return { since, firing: true };
    }
    return { since, firing: holds && time - since >= this.settings.for };
  }

  private read(part: 'when' | 'until', text: string): Condition {
    try {
      return readCondition(text, this.names);
    } catch (error) {
      if (error instanceof ExpressionError) throw new Error(`rule ${this.name}, ${part}: ${error.message}`);
      throw error;
    }
  }
}

function readable(value: number): string {
  return Number.isNaN(value) ? 'missing' : String(Number(value.toPrecision(4)));
}
