import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-tails';

modelLaws(plugin, { config: {}, rows: 2_000 });
modelLaws(plugin, { config: { window: 400, warmUp: 200, refitEvery: 150 }, rows: 1_500, columns: 5 });
