// The laws of models.

import { describe, it } from 'vitest';
import type { ModelPlugin, PluginModule } from '../api/index.js';
import { MODEL_LAWS } from './model-laws.js';
import { type ModelLaws, ModelTrial } from './model-trial.js';

export type { ModelLaws } from './model-trial.js';

/** The laws of a model plugin. Call it in a test file of the plugin. */
export function modelLaws(module: PluginModule<ModelPlugin>, laws: ModelLaws): void {
  const trial = new ModelTrial(module, laws);

  describe(`${trial.plugin.name}: laws of a model plugin`, () => {
    it.each(Object.entries(MODEL_LAWS))('%s', (law, check) => {
      const offender = check(trial);
      if (offender !== undefined) throw new Error(`${trial.plugin.name} breaks the law "${law}": ${offender}`);
    });
  });
}
