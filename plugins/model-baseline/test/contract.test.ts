import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-baseline';

const exact = { tolerance: 0, totalIsScore: 1e-9, range: [0, Number.MAX_VALUE] } as const;
const hostile = { config: { warmUp: 50, memory: 100, halfLife: 100 }, rows: 120 };

modelLaws(plugin, { config: {}, rows: 3_000, columns: 6, hostile, ...exact });
modelLaws(plugin, { config: { season: 'none' }, rows: 1_000, hostile, ...exact });
modelLaws(plugin, { config: { season: 24, warmUp: 50 }, rows: 800, columns: 8, ...exact });
modelLaws(plugin, { config: { warmUp: 50, robust: 0 }, rows: 300, columns: 1, ...exact });
