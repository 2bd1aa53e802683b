// The laws of models.

import type { ModelPlugin, PluginModule } from '../../api/index.js';
import { holdTo } from '../law.js';
import { MODEL_LAWS } from './laws.js';
import { type ModelLaws, ModelTrial } from './trial.js';

export type { ModelLaws } from './trial.js';

/** The laws of a model plugin. Call it in a test file of the plugin. */
export function modelLaws(module: PluginModule<ModelPlugin>, laws: ModelLaws): void {
  const trial = new ModelTrial(module, laws);
  holdTo(trial.plugin.name, 'model', MODEL_LAWS, trial);
}
