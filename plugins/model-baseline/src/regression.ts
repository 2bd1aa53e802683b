// Recursive least squares: what the next value is expected from, one row at a time.

import { CONSTANT, COVARIANCE, TERMS, WEIGHTS } from './state.js';

/** What is known of a weight before the first row: little. */
const UNKNOWN = 1;
/** Where rows say nothing of a weight, its variance would grow for ever. */
const LARGEST = 1e4;

const gains = new Float64Array(TERMS);

/** Begins with "as the row before". */
export function begin(numbers: Float64Array, at: number): void {
  numbers.fill(0, at + WEIGHTS, at + COVARIANCE + (TERMS * (TERMS + 1)) / 2);
  numbers[at + WEIGHTS] = 1;
  forgetAll(numbers, at);
}

/** Takes back what is known of a weight and of how it goes with others. */
export function forget(numbers: Float64Array, at: number, term: number): void {
  const triangle = at + COVARIANCE;
  for (let j = 0; j < TERMS; j++) {
    const [row, column] = j <= term ? [term, j] : [j, term];
    numbers[triangle + (row * (row + 1)) / 2 + column] = j === term ? UNKNOWN : 0;
  }
}

/** All that is known of how weights go together, taken back; the weights stay. */
export function forgetAll(numbers: Float64Array, at: number): void {
  for (let i = 0; i < TERMS; i++) forget(numbers, at, i);
}

/**
 * Σ weight · term, in scales. The weight of the constant is in the unit of the column, and outlives a change of scale.
 * @param from where the terms begin; @param count how many there are: those of a period come last
 */
export function expected(
  numbers: Float64Array,
  at: number,
  terms: Float64Array,
  from: number,
  count: number,
  scale: number,
): number {
  let sum = numbers[at + WEIGHTS + CONSTANT]! / scale;
  for (let i = 0; i < count; i++) if (i !== CONSTANT) sum += numbers[at + WEIGHTS + i]! * terms[from + i]!;
  return sum;
}

/**
 * One step of recursive least squares with exponential forgetting (L. Ljung, "System Identification", 1999, section 11.2), O(terms²).
 * @param error what was seen less what was expected, in scales, bounded by the caller
 * @param keep how much of the past counts after this row, in (0, 1]
 */
export function step(
  numbers: Float64Array,
  at: number,
  terms: Float64Array,
  from: number,
  count: number,
  error: number,
  scale: number,
  keep: number,
): void {
  const triangle = at + COVARIANCE;
  let denominator = keep;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    const line = triangle + (i * (i + 1)) / 2;
    for (let j = 0; j <= i; j++) sum += numbers[line + j]! * terms[from + j]!;
    for (let j = i + 1; j < count; j++) sum += numbers[triangle + (j * (j + 1)) / 2 + i]! * terms[from + j]!;
    gains[i] = sum;
    denominator += sum * terms[from + i]!;
  }
  // Rounding may have eaten what makes the matrix positive.
  if (!(denominator >= keep)) {
    forgetAll(numbers, at);
    return;
  }
  let largest = 0;
  for (let i = 0; i < count; i++) {
    numbers[at + WEIGHTS + i]! += (gains[i]! / denominator) * (i === CONSTANT ? error * scale : error);
    for (let j = 0; j <= i; j++) {
      const k = triangle + (i * (i + 1)) / 2 + j;
      numbers[k] = (numbers[k]! - (gains[i]! * gains[j]!) / denominator) / keep;
      if (i === j && numbers[k]! > largest) largest = numbers[k]!;
    }
  }
  if (largest > LARGEST) for (let k = 0; k < (TERMS * (TERMS + 1)) / 2; k++) numbers[triangle + k]! *= LARGEST / largest;
}
