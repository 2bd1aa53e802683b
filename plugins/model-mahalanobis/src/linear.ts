/** Bounds a solution, so that its square stays finite whatever comes. */
const LARGEST = 1e150;

/**
 * Cholesky factor of a correlation matrix plus ridge · I; both d × d lower triangles, see `state.ts`. The diagonal of the
 * factor is stored as reciprocals: solving then never divides.
 * @param covariance positive semidefinite up to rounding
 * @param scale deviation of each column, above 0
 */
export function factorise(covariance: Float64Array, scale: Float64Array, ridge: number, factor: Float64Array): void {
  const d = scale.length;
  for (let i = 0, row = 0; i < d; row += ++i) {
    for (let j = 0, other = 0; j <= i; other += ++j) {
      let sum = covariance[row + j] / scale[i] / scale[j];
      if (i === j) sum += ridge;
      for (let k = 0; k < j; k++) sum -= factor[row + k] * factor[other + k];
      // Rounding may eat into the ridge where columns determine each other.
      factor[row + j] = i === j ? 1 / Math.sqrt(Math.max(sum, ridge / 2)) : sum * factor[other + j];
    }
  }
}

/** Squared length of the solution y of L y = z, which is zᵀ(LLᵀ)⁻¹z. Destroys z: it becomes y. */
export function squaredLength(factor: Float64Array, z: Float64Array): number {
  const d = z.length;
  let total = 0;
  for (let i = 0, row = 0; i < d; row += ++i) {
    let sum = z[i];
    for (let j = 0; j < i; j++) sum -= factor[row + j] * z[j];
    let y = sum * factor[row + i];
    if (!(y < LARGEST)) y = LARGEST;
    else if (y < -LARGEST) y = -LARGEST;
    z[i] = y;
    total += y * y;
  }
  return total;
}

/** (LLᵀ)^(−1/2), symmetric, d × d by rows. O(d³): for explanations, not for every row. */
export function inverseRoot(factor: Float64Array, d: number): Float64Array {
  const matrix = new Float64Array(d * d);
  const entry = (i: number, j: number) => (i === j ? 1 / factor[(i * (i + 1)) / 2 + i] : factor[(i * (i + 1)) / 2 + j]);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += entry(i, k) * entry(j, k);
      matrix[i * d + j] = matrix[j * d + i] = sum;
    }
  }
  const vectors = diagonalise(matrix, d);
  const root = new Float64Array(d * d);
  for (let k = 0; k < d; k++) {
    const factorOf = 1 / Math.sqrt(matrix[k * d + k]);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) root[i * d + j] += vectors[i * d + k] * vectors[j * d + k] * factorOf;
    }
  }
  return root;
}

/**
 * Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5): leaves the eigenvalues on the diagonal of a symmetric
 * d × d matrix and returns the eigenvectors as columns.
 */
function diagonalise(matrix: Float64Array, d: number): Float64Array {
  const vectors = new Float64Array(d * d);
  for (let i = 0; i < d; i++) vectors[i * d + i] = 1;
  // Convergence is quadratic: six to ten sweeps; the bound is for what cannot happen.
  for (let sweep = 0; sweep < 40; sweep++) {
    let rotated = false;
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) {
        if (Math.abs(matrix[p * d + q]) <= 1e-17 * Math.sqrt(matrix[p * d + p] * matrix[q * d + q])) continue;
        rotate(matrix, vectors, d, p, q);
        rotated = true;
      }
    }
    if (!rotated) break;
  }
  return vectors;
}

function rotate(matrix: Float64Array, vectors: Float64Array, d: number, p: number, q: number): void {
  const tau = (matrix[q * d + q] - matrix[p * d + p]) / (2 * matrix[p * d + q]);
  const tangent = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = tangent * cosine;
  for (let k = 0; k < d; k++) {
    const a = matrix[k * d + p];
    const b = matrix[k * d + q];
    matrix[k * d + p] = cosine * a - sine * b;
    matrix[k * d + q] = sine * a + cosine * b;
  }
  for (let k = 0; k < d; k++) {
    const a = matrix[p * d + k];
    const b = matrix[q * d + k];
    matrix[p * d + k] = cosine * a - sine * b;
    matrix[q * d + k] = sine * a + cosine * b;
    const v = vectors[k * d + p];
    const w = vectors[k * d + q];
    vectors[k * d + p] = cosine * v - sine * w;
    vectors[k * d + q] = sine * v + cosine * w;
  }
  matrix[p * d + q] = matrix[q * d + p] = 0;
}
