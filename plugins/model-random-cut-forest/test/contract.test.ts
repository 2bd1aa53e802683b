import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-random-cut-forest';

modelLaws(plugin, { config: { trees: 20, sampleSize: 64, warmUp: 100 }, rows: 1_500 });
modelLaws(plugin, { config: { trees: 20, sampleSize: 64, shingle: 4 }, rows: 1_000 });
modelLaws(plugin, { config: { trees: 10, sampleSize: 32, timeDecay: 0 }, rows: 600, columns: 1 });
