// Arrays that grow with what they hold, for states.

type Growing = Float64Array | Float32Array | Uint8Array;

/** Elements that an array begins with. */
const LEAST = 4;

/**
 * An array with room for `needed` elements: the same while it has it, else a copy twice as large, at most `most` long. For windows and
 * buffers in a state: a key that was seen once then costs what one row takes, not what a full window would.
 * @param needed at most `most`
 */
export function withRoom<T extends Growing>(array: T, needed: number, most: number): T {
  if (needed <= array.length) return array;
  const Type = array.constructor as new (length: number) => T;
  const larger = new Type(Math.min(most, Math.max(needed, LEAST, 2 * array.length)));
  larger.set(array);
  return larger;
}

/** Where there is nothing yet: one array for all keys, as even an empty one costs two hundred bytes. */
export const NO_NUMBERS = new Float64Array(0);
export const NO_FLOATS = new Float32Array(0);

/**
 * Working arrays that all keys share, one of each length, for what does not outlive a call. Two that are in use together need two makers.
 * @example const deltas = workingArrays(); … this.delta = deltas(columns);
 */
export function workingArrays(): (length: number) => Float64Array {
  const made = new Map<number, Float64Array>();
  return (length) => {
    let array = made.get(length);
    if (!array) {
      array = new Float64Array(length);
      made.set(length, array);
    }
    return array;
  };
}
