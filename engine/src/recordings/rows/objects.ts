/** Reads a path from an object: the name itself, or objects within objects, their names joined by dots. */
export type Getter = (record: Readonly<Record<string, unknown>>) => unknown;

export function getter(path: string): Getter {
  const parts = path.split('.');
  if (parts.length === 1) return (record) => own(record, path);
  return (record) => {
    const whole = own(record, path);
    if (whole !== undefined) return whole;
    let value: unknown = record;
    for (const part of parts) value = own(value, part);
    return value;
  };
}

function own(record: unknown, name: string): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, name)) return undefined;
  return (record as Record<string, unknown>)[name];
}

/** Objects within objects that anybody names a column in. */
const DEEPEST = 32;

/** The paths of everything in an object that is not an object itself, or lies too deep to be a column. */
export function pathsOf(
  record: Readonly<Record<string, unknown>>,
  found = new Set<string>(),
  prefix = '',
  depth = 1,
): Set<string> {
  for (const [name, value] of Object.entries(record)) {
    if (isRecord(value) && depth < DEEPEST) pathsOf(value, found, `${prefix}${name}.`, depth + 1);
    else found.add(prefix + name);
  }
  return found;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) === Object.prototype
  );
}
