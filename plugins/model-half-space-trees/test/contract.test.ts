import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-half-space-trees';

const range = [Number.MIN_VALUE, 1] as const;
const hostile = { config: { trees: 3, depth: 5, window: 10, warmUp: 20 }, rows: 50 };

modelLaws(plugin, { config: {}, rows: 3_000, columns: 6, range, hostile });
modelLaws(plugin, { config: { depth: 10 }, rows: 1_300, range });
modelLaws(plugin, { config: { trees: 10, depth: 8, window: 100, warmUp: 100, range: [-10, 50] }, rows: 700, columns: 4, range });
