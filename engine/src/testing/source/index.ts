// The laws of sources.

import { afterAll } from 'vitest';
import type { PluginModule, SourcePlugin } from '../../api/index.js';
import { holdTo } from '../law.js';
import { SOURCE_LAWS } from './laws.js';
import { type SourceLaws, SourceTrial } from './trial.js';

export { type HostileInput, hostileRecords } from './hostile.js';
export type { LiveLaws, Station } from './live.js';
export type { SourceLaws } from './trial.js';

/** The laws of a source plugin. Call it in a test file of the plugin. */
export function sourceLaws(module: PluginModule<SourcePlugin>, laws: SourceLaws): void {
  const trial = new SourceTrial(module, laws);
  holdTo(trial.plugin.name, 'source', SOURCE_LAWS, trial);
  afterAll(() => trial.hosts.dispose());
}
