import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-tails';

const exact = { tolerance: 0, totalIsScore: 0, range: [0, Number.MAX_VALUE] } as const;
const hostile = { config: { warmUp: 200, window: 220, refitEvery: 10 }, rows: 260 };

modelLaws(plugin, { config: { window: 3_000 }, rows: 3_000, columns: 6, ...exact });
modelLaws(plugin, { config: { window: 2_000 }, rows: 2_000, ...exact });
modelLaws(plugin, { config: { window: 400, warmUp: 200, refitEvery: 150 }, rows: 1_500, columns: 5, hostile, ...exact });
