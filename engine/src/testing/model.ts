// The laws of models.

import { describe, it } from 'vitest';
import { type ModelPlugin, messageOf, type PluginModule } from '../api/index.js';
import { MODEL_LAWS } from './model-laws.js';
import { type ModelLaws, ModelTrial } from './model-trial.js';

export type { ModelLaws } from './model-trial.js';

/** The laws of a model plugin. Call it in a test file of the plugin. */
export function modelLaws(module: PluginModule<ModelPlugin>, laws: ModelLaws): void {
  const trial = new ModelTrial(module, laws);

  describe(`${trial.plugin.name}: laws of a model plugin`, () => {
    it.each(Object.entries(MODEL_LAWS))('%s', (law, check) => {
      const broken = (what: string, cause?: unknown) =>
        new Error(`${trial.plugin.name} breaks the law "${law}": ${what}`, cause === undefined ? undefined : { cause });
      let offender: string | undefined;
      try {
        offender = check(trial);
      } catch (cause) {
        throw broken(`it threw: ${messageOf(cause)}`, cause);
      }
      if (offender !== undefined) throw broken(offender);
    });
  });
}
