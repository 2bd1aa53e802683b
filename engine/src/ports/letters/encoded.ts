// Values as JSON that gives them back: JSON has no NaN.

/** Stands for a number that JSON does not have. */
interface Unwritable {
  readonly number: 'NaN' | 'Infinity' | '-Infinity';
}

const isUnwritable = (value: object): value is Unwritable => {
  const { number } = value as Partial<Unwritable>;
  return typeof number === 'string' && Object.keys(value).length === 1 && /^(NaN|-?Infinity)$/.test(number);
};

/** A value that JSON can write: `NaN` becomes `{"number":"NaN"}`. */
export function encoded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : { number: String(value) };
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as unknown[], encoded);
  return mapped(value, encoded);
}

/** What was encoded. @param plain whether numbers stand there as text, as earlier versions wrote them */
export function decoded(value: unknown, plain = false): unknown {
  if (plain && typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value)) return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => decoded(one, plain));
  if (!plain && isUnwritable(value)) return Number(value.number);
  return mapped(value, (one, name) => (plain && name === 'text' ? one : decoded(one, plain)));
}

function mapped(value: object, to: (value: unknown, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [[name, to(one, name)]])));
}
