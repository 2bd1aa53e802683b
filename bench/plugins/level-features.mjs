// One row per reading with cheap columns: three, or smoothed levels up to as many as are asked for.
const namesOf = (columns) => ['level', 'change', 'smooth', ...Array.from({ length: columns - 3 }, (_, i) => `slow_${i}`)];

export default ({ defineFeatures, z }) =>
  defineFeatures({
    name: 'level',
    api: 1,
    about: 'Level, change and smoothed level, for benches',
    config: z.strictObject({ columns: z.int().min(3).default(3).describe('columns') }),
    consumes: () => ({ reading: { level: '1' } }),
    row: ({ columns }) => ({
      kind: 'level',
      about: 'a reading',
      columns: namesOf(columns).map((name) => ({ name, unit: '1', about: name, formula: name, role: 'feature' })),
    }),
    stateVersion: 1,
    initialState: ({ columns }) => ({ last: Number.NaN, smooth: 0, slow: new Float64Array(columns - 3) }),
    create: (_, state) => ({
      update(o, rows) {
        const { level } = o.values;
        const row = rows.next(o.time);
        state.smooth += 0.1 * (level - state.smooth);
        row[0] = level;
        row[1] = level - state.last;
        row[2] = state.smooth;
        for (let i = 0; i < state.slow.length; i++) {
          state.slow[i] += (level - state.slow[i]) / (20 * (i + 1));
          row[3 + i] = state.slow[i];
        }
        state.last = level;
      },
    }),
  });
