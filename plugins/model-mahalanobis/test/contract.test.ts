import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-mahalanobis';

const exact = { tolerance: 0, totalIsScore: 1e-9, range: [0, Number.MAX_VALUE] } as const;
const hostile = { config: { warmUp: 10, refactorEvery: 1, halfLife: 10 }, rows: 40 };

modelLaws(plugin, { config: {}, rows: 3_000, columns: 6, hostile, ...exact });
modelLaws(plugin, { config: { warmUp: 200 }, rows: 1_000, hostile, ...exact });
modelLaws(plugin, { config: { warmUp: 50, halfLife: 100, refactorEvery: 7 }, rows: 800, columns: 8, ...exact });
modelLaws(plugin, { config: { warmUp: 50 }, rows: 300, columns: 1, ...exact });
modelLaws(plugin, { config: { tails: 'student' }, rows: 1_000, columns: 4, hostile, ...exact });
