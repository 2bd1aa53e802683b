import { nearest } from '@quantstream/engine';

/** True, false, or unknown because a value is missing (Kleene's three-valued logic). */
export type Truth = boolean | undefined;
/** Lends the value of a column by its place in the row; NaN where missing. */
type Row = Float64Array;

type Numeric = { readonly kind: 'number'; readonly of: (row: Row) => number };
type Logical = { readonly kind: 'truth'; readonly of: (row: Row) => Truth };
type Part = Numeric | Logical;

/** A condition over columns, ready to be asked. */
export interface Condition {
  /** The places of the columns that it names, each once. */
  readonly columns: readonly number[];
  of(row: Row): Truth;
}

/** What is wrong with a condition, and where in its text. */
export class ExpressionError extends Error {
  constructor(text: string, at: number, message: string) {
    super(`${message}\n    ${text}\n    ${' '.repeat(at)}^`);
  }
}

interface Token {
  readonly type: 'number' | 'name' | 'symbol' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?%?|\.\d+%?)|([A-Za-z_][A-Za-z0-9_]*)|(<=|>=|==|!=|[<>+\-*/(),]))/y;
const FUNCTIONS: Readonly<Record<string, { least: number; most: number; of: (...values: number[]) => number }>> = {
  abs: { least: 1, most: 1, of: Math.abs },
  // Math.min of nothing missing; with a missing value the result is missing.
  min: { least: 2, most: 8, of: Math.min },
  max: { least: 2, most: 8, of: Math.max },
};
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/**
 * Reads a condition: numbers (`0.5%` is 0.005), columns, `+ − * /`, `abs min max`, comparisons, `and or not`, parentheses. A comparison with a
 * missing value is unknown, and what depends on it is unknown unless the rest decides.
 * @throws {ExpressionError} which points at the place
 */
export function readCondition(text: string, columns: readonly string[]): Condition {
  const reader = new Reader(text, columns);
  const part = reader.whole();
  return { columns: [...reader.used].sort((a, b) => a - b), of: part.of };
}

class Reader {
  readonly used = new Set<number>();
  private readonly text: string;
  private readonly columns: readonly string[];
  private readonly tokens: Token[];
  private next = 0;

  constructor(text: string, columns: readonly string[]) {
    this.text = text;
    this.columns = columns;
    this.tokens = tokensOf(text);
  }

  whole(): Logical {
    const part = this.either();
    const { type, text, at } = this.peek();
    if (type !== 'end') throw this.error(at, `expected the end, an operator, and or or, found "${text}"`);
    return this.truth(part, 0);
  }

  private either(): Part {
    return this.chain(
      'or',
      () => this.both(),
      (a, b) => (a === true || b === true ? true : a === false && b === false ? false : undefined),
    );
  }

  private both(): Part {
    return this.chain(
      'and',
      () => this.negation(),
      (a, b) => (a === false || b === false ? false : a === true && b === true ? true : undefined),
    );
  }

  private chain(word: string, operand: () => Part, join: (a: Truth, b: Truth) => Truth): Part {
    let left = operand();
    for (let at = this.peek().at; this.take(word); at = this.peek().at) {
      const a = this.truth(left, at);
      const b = this.truth(operand(), at);
      left = { kind: 'truth', of: (row) => join(a.of(row), b.of(row)) };
    }
    return left;
  }

  private negation(): Part {
    const { at } = this.peek();
    if (!this.take('not')) return this.comparison();
    const part = this.truth(this.negation(), at);
    return {
      kind: 'truth',
      of: (row) => {
        const value = part.of(row);
        return value === undefined ? undefined : !value;
      },
    };
  }

  private comparison(): Part {
    const left = this.sum();
    const { text, at } = this.peek();
    const compare = COMPARISONS[text];
    if (!compare) return left;
    this.next++;
    const a = this.number(left, at);
    const b = this.number(this.sum(), at);
    return {
      kind: 'truth',
      of: (row) => {
        const x = a.of(row);
        const y = b.of(row);
        return Number.isNaN(x) || Number.isNaN(y) ? undefined : compare(x, y);
      },
    };
  }

  private sum(): Part {
    return this.arithmetic({ '+': (a, b) => a + b, '-': (a, b) => a - b }, () => this.product());
  }

  private product(): Part {
    return this.arithmetic({ '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? Number.NaN : a / b) }, () => this.signed());
  }

  private arithmetic(operators: Readonly<Record<string, (a: number, b: number) => number>>, operand: () => Part): Part {
    let left = operand();
    for (;;) {
      const { text, at } = this.peek();
      const operate = operators[text];
      if (!operate) return left;
      this.next++;
      const a = this.number(left, at);
      const b = this.number(operand(), at);
      left = { kind: 'number', of: (row) => operate(a.of(row), b.of(row)) };
    }
  }

  private signed(): Part {
    const { at } = this.peek();
    if (!this.take('-')) return this.primary();
    const part = this.number(this.signed(), at);
    return { kind: 'number', of: (row) => -part.of(row) };
  }

  private primary(): Part {
    const token = this.peek();
    this.next++;
    if (token.type === 'number') {
      const percent = token.text.endsWith('%');
      const value = Number.parseFloat(token.text) / (percent ? 100 : 1);
      return { kind: 'number', of: () => value };
    }
    if (token.text === '(') {
      const part = this.either();
      this.expect(')');
      return part;
    }
    if (token.type === 'name') return this.peek().text === '(' ? this.call(token) : this.column(token);
    throw this.error(
      token.at,
      `expected a number, a column or "(", found ${token.type === 'end' ? 'the end' : `"${token.text}"`}`,
    );
  }

  private column({ text, at }: Token): Numeric {
    const place = this.columns.indexOf(text);
    if (place < 0) {
      const near = nearest(text, this.columns);
      throw this.error(
        at,
        `the model has no column "${text}"; it has ${this.columns.join(', ')}${near ? `. Did you mean "${near}"?` : ''}`,
      );
    }
    this.used.add(place);
    return { kind: 'number', of: (row) => row[place]! };
  }

  private call({ text, at }: Token): Numeric {
    const known = FUNCTIONS[text];
    if (!known) throw this.error(at, `there is no function "${text}"; there are ${Object.keys(FUNCTIONS).join(', ')}`);
    this.expect('(');
    const parts = [this.number(this.sum(), at)];
    while (this.take(',')) parts.push(this.number(this.sum(), at));
    this.expect(')');
    if (parts.length < known.least || parts.length > known.most)
      throw this.error(
        at,
        `${text} takes ${known.least === known.most ? known.least : `${known.least} to ${known.most}`} values, not ${parts.length}`,
      );
    return { kind: 'number', of: (row) => known.of(...parts.map((part) => part.of(row))) };
  }

  private number(part: Part, at: number): Numeric {
    if (part.kind === 'number') return part;
    throw this.error(
      at,
      'a condition stands where a number is expected; put parentheses around comparisons, and join them with and or or',
    );
  }

  private truth(part: Part, at: number): Logical {
    if (part.kind === 'truth') return part;
    throw this.error(at, 'a number stands where a condition is expected; compare it with something');
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  private take(text: string): boolean {
    if (this.peek().text !== text) return false;
    this.next++;
    return true;
  }

  private expect(text: string): void {
    const token = this.peek();
    if (!this.take(text))
      throw this.error(token.at, `expected "${text}", found ${token.type === 'end' ? 'the end' : `"${token.text}"`}`);
  }

  private error(at: number, message: string): ExpressionError {
    return new ExpressionError(this.text, at, message);
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const start = at + text.slice(at).search(/\S/);
    if (!match) throw new ExpressionError(text, start, `"${text[start]}" means nothing here`);
    const type = match[1] !== undefined ? 'number' : match[2] !== undefined ? 'name' : 'symbol';
    tokens.push({ type, text: match[0].trim(), at: start });
  }
  tokens.push({ type: 'end', text: '', at: text.length });
  return tokens;
}
