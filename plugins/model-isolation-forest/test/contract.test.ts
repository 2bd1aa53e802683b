import { gaussian, modelLaws, testColumns } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-isolation-forest';

modelLaws(plugin, { config: { warmUp: 500, window: 800, refitEvery: 700, trees: 50, sampleSize: 128 } });

const columns = testColumns('column_0', 'column_1', 'column_2');
const normal = gaussian(11);
const values = Float64Array.from({ length: 3_000 }, (_, i) => normal() * ((i % 3) + 1) + (i % 3) * 10);
const config = plugin.config.parse({ trees: 50 });
const { payload, scores } = plugin.train!({ columns, count: 1_000, values }, config);
// Through JSON, as the engine reads it from a file.
const loaded = plugin.load!(JSON.parse(JSON.stringify(payload)), columns);
const artifact = { version: 'trained-1', payload: loaded, scores };

modelLaws(plugin, { config: { trees: 50 }, rows: 600, artifact });
modelLaws(plugin, { config: { trees: 50, refitEvery: 400 }, rows: 1_000, artifact });
