import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-discord';

const exact = { tolerance: 0, totalIsScore: 1e-9, range: [0, Number.MAX_VALUE] } as const;
const hostile = { config: { window: 10, memory: 60, warmUp: 50 }, rows: 120 };

modelLaws(plugin, { config: {}, rows: 2_400, columns: 2, hostile, ...exact });
modelLaws(plugin, { config: { window: 8, memory: 100, warmUp: 60 }, rows: 500, columns: 3, hostile, ...exact });
modelLaws(plugin, { config: { window: 4, memory: 20, warmUp: 20 }, rows: 200, columns: 1, ...exact });
