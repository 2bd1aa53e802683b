// What a state may be made of, and whom it may share it with.

/** What of a state is no tree of plain data and typed arrays: where, and what it is. */
export function strange(part: unknown, path = 'state', seen = new Set<unknown>()): string | undefined {
  if (part === null || typeof part === 'number' || typeof part === 'string' || typeof part === 'boolean') return undefined;
  if (typeof part !== 'object') return `${path} is ${part === undefined ? 'undefined' : `a ${typeof part}`}`;
  // An empty array holds nothing that could be shared.
  if (ArrayBuffer.isView(part) && part.byteLength === 0) return undefined;
  if (seen.has(part)) return `${path} is there twice: no tree`;
  seen.add(part);
  if (ArrayBuffer.isView(part)) return part instanceof DataView ? `${path} is a DataView` : undefined;
  const prototype: unknown = Object.getPrototypeOf(part);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(part)) {
    const { name } = part.constructor ?? {};
    return `${path} is ${name && name !== 'Object' ? `a ${name}` : 'an object with a prototype of its own'}`;
  }
  const kept = (part as { immutable?: unknown }).immutable === true;
  for (const [name, value] of Object.entries(part)) {
    if (kept && name === 'hash' && value === undefined) continue;
    const found = strange(value, `${path}.${name}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where a state holds one of some objects: a path, or `undefined`. */
export function holding(
  part: unknown,
  owned: ReadonlySet<unknown>,
  path = 'state',
  seen = new Set<unknown>(),
): string | undefined {
  if (typeof part !== 'object' || part === null || seen.has(part)) return undefined;
  if (owned.has(part)) return path;
  seen.add(part);
  if (ArrayBuffer.isView(part)) return owned.has(part.buffer) ? path : undefined;
  for (const [name, value] of Object.entries(part)) {
    const found = holding(value, owned, `${path}.${name}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** All objects and buffers in a state. */
export function objectsOf(part: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof part !== 'object' || part === null || found.has(part)) return found;
  if (ArrayBuffer.isView(part)) return part.byteLength > 0 ? found.add(part.buffer) : found;
  found.add(part);
  for (const value of Object.values(part)) objectsOf(value, found);
  return found;
}
