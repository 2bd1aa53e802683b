// One row per reading with three cheap columns.
export default ({ defineFeatures, z }) =>
  defineFeatures({
    name: 'level',
    api: 1,
    about: 'Level, change and smoothed level, for benches',
    config: z.strictObject({}),
    consumes: () => ({ reading: { level: '1' } }),
    row: () => ({
      kind: 'level',
      about: 'a reading',
      columns: ['level', 'change', 'smooth'].map((name) => ({ name, unit: '1', about: name, formula: name, role: 'feature' })),
    }),
    stateVersion: 1,
    initialState: () => ({ last: Number.NaN, smooth: 0 }),
    create: (_, state) => ({
      update(o, rows) {
        const { level } = o.values;
        const row = rows.next(o.time);
        state.smooth += 0.1 * (level - state.smooth);
        row[0] = level;
        row[1] = level - state.last;
        row[2] = state.smooth;
        state.last = level;
      },
    }),
  });
