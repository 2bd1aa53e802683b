// The models that the benchmark measures one by one, with their own defaults.

/** @param columns names of columns, or what stands for them */
export const singles = (columns) =>
  Object.fromEntries(
    Object.entries({
      baseline: {},
      'mahalanobis, tails of Student': { use: 'mahalanobis', with: { tails: 'student' } },
      mahalanobis: {},
      tails: {},
      clusters: {},
      subspace: {},
      discord: {},
      'random-cut-forest': {},
      'half-space-trees': {},
      'isolation-forest': {},
    }).map(([name, { use = name, ...more }]) => [name, { one: { use, columns, ...more } }]),
  );
