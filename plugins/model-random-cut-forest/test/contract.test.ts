import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-random-cut-forest';

const totalIsScore = 1e-10;
const hostile = { config: { trees: 5, sampleSize: 16, warmUp: 1 }, rows: 50 };

// Where the past fades as fast, the points that the trees share are as many as they will be before the rows end (as it is: contract.long.test.ts).
modelLaws(plugin, { config: { timeDecay: 0.005 }, rows: 3_000, columns: 6, totalIsScore, hostile });
modelLaws(plugin, { config: { trees: 20, sampleSize: 64, warmUp: 100 }, rows: 1_500, totalIsScore });
modelLaws(plugin, { config: { trees: 20, sampleSize: 64, shingle: 4, timeDecay: 0.005 }, rows: 1_000, totalIsScore });
modelLaws(plugin, { config: { trees: 10, sampleSize: 32, timeDecay: 0 }, rows: 600, columns: 1, totalIsScore });
