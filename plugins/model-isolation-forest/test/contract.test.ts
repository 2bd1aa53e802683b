import { gaussian, modelLaws, testColumns } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-isolation-forest';

// A contribution is path length: what is odd has less. It does not say which way.
const laws = { fits: true, oddSign: -1, directions: false, range: [0, 1] } as const;
const hostile = { config: { trees: 5, sampleSize: 8, warmUp: 10, window: 20, refitEvery: 10 }, rows: 60 };

modelLaws(plugin, { config: { warmUp: 500, window: 800, refitEvery: 700, trees: 50, sampleSize: 128 }, hostile, ...laws });

const columns = testColumns('column_0', 'column_1', 'column_2');
const normal = gaussian(11);
const values = Float64Array.from({ length: 3_000 }, (_, i) => normal() * ((i % 3) + 1) + (i % 3) * 10);
const config = plugin.config.parse({ trees: 50 });
const { payload, scores } = plugin.train!({ columns, count: 1_000, values }, config);
// Through JSON, as the engine reads it from a file.
const loaded = plugin.load!(JSON.parse(JSON.stringify(payload)), columns);
const artifact = { version: 'trained-1', payload: loaded, scores };

modelLaws(plugin, { config: { trees: 50 }, rows: 600, artifact, ...laws });
modelLaws(plugin, { config: { trees: 50, refitEvery: 400, window: 800 }, rows: 1_000, artifact, ...laws });
