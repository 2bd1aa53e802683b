import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-half-space-trees';

modelLaws(plugin, { config: { depth: 10 }, rows: 1_300 });
modelLaws(plugin, { config: { trees: 10, depth: 8, window: 100, warmUp: 100, range: [-10, 50] }, rows: 700, columns: 4 });
