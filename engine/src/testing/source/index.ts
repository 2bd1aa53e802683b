// The laws of sources.

import { afterAll } from 'vitest';
import type { PluginModule, SourcePlugin } from '../../api/index.js';
import { holdTo } from '../law.js';
import type { SourceLaws } from './given.js';
import { SOURCE_LAWS } from './laws.js';
import { SourceTrial } from './trial.js';

export type { HostileInput, LiveLaws, SourceLaws, Station } from './given.js';
export { hostileRecords } from './hostile.js';

/** The laws of a source plugin. Call it in a test file of the plugin. */
export function sourceLaws(module: PluginModule<SourcePlugin>, laws: SourceLaws): void {
  const trial = new SourceTrial(module, laws);
  holdTo(trial.plugin.name, 'source', SOURCE_LAWS, trial);
  afterAll(() => trial.hosts.dispose());
}
