// As it is, the forest has as many points as it will ever have after some ten thousand rows.

import { modelLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-random-cut-forest';

modelLaws(plugin, { config: {}, rows: 12_000, columns: 6, totalIsScore: 1e-10 });
