import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-mahalanobis';

modelLaws(plugin, { config: { warmUp: 200 }, rows: 1_000 });
modelLaws(plugin, { config: { warmUp: 50, halfLife: 100, refactorEvery: 7 }, rows: 800, columns: 8 });
modelLaws(plugin, { config: { warmUp: 50 }, rows: 300, columns: 1 });
