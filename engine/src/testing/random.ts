import { gaussian } from '../api/index.js';

// Where tests have always had them from; they are of the public entry.
export { gaussian, random } from '../api/index.js';

/** A generator of rows of standard normal columns that share half their variance. */
export function correlated(seed: number, width: number): () => Float64Array<ArrayBuffer> {
  const normal = gaussian(seed);
  return () => {
    const common = normal();
    return Float64Array.from({ length: width }, () => Math.SQRT1_2 * (common + normal()));
  };
}
