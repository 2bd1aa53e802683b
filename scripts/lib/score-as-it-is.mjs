// A model whose score is its only column: what others have scored is measured as our models are.
export default ({ defineModel, z }) =>
  defineModel({
    name: 'score-as-it-is',
    api: 1,
    about: 'A column that is a score already, for comparisons',
    config: z.strictObject({}),
    stateVersion: 1,
    initialState: () => ({}),
    create: () => ({
      version: '1',
      score: (row) => row[0],
      learn() {},
      explain(row, out) {
        out.contributions[0] = out.total = row[0];
        out.baseline = 0;
        out.reasons = [];
      },
    }),
  });
