// The laws of features plugins.

import type { FeaturesPlugin, PluginModule } from '../../api/index.js';
import { holdTo } from '../law.js';
import { FEATURES_LAWS } from './laws.js';
import { type FeaturesLaws, FeaturesTrial } from './trial.js';

export type { FeaturesLaws } from './trial.js';

/** The laws of a features plugin. Call it in a test file of the plugin. */
export function featuresLaws(module: PluginModule<FeaturesPlugin>, laws: FeaturesLaws): void {
  const trial = new FeaturesTrial(module, laws);
  holdTo(trial.plugin.name, 'features', FEATURES_LAWS, trial);
}
