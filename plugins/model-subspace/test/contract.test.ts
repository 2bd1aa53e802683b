import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-subspace';

const exact = { tolerance: 0, totalIsScore: 1e-9, range: [0, Number.MAX_VALUE] } as const;
const hostile = { config: { components: 3, warmUp: 50, halfLife: 100 }, rows: 120 };

modelLaws(plugin, { config: {}, rows: 3_000, columns: 6, hostile, ...exact });
modelLaws(plugin, { config: { components: 8, window: 5, warmUp: 60 }, rows: 400, columns: 2, hostile, ...exact });
modelLaws(plugin, { config: { window: 20, warmUp: 100 }, rows: 400, columns: 1, ...exact });
modelLaws(plugin, { config: { warmUp: 50, robust: 0 }, rows: 300, columns: 1, ...exact });
