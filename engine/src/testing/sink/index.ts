// The laws of sinks.

import { afterAll } from 'vitest';
import type { PluginModule, SinkPlugin } from '../../api/index.js';
import { holdTo } from '../law.js';
import { SINK_LAWS } from './laws.js';
import { type SinkLaws, SinkTrial } from './trial.js';

export { testBatch, testSchema } from './batch.js';
export type { SinkLaws } from './trial.js';

/** The laws of a sink plugin. Call it in a test file of the plugin. */
export function sinkLaws(module: PluginModule<SinkPlugin>, laws: SinkLaws): void {
  const trial = new SinkTrial(module, laws);
  holdTo(trial.plugin.name, `sink (${trial.plugin.delivery})`, SINK_LAWS, trial);
  afterAll(async () => {
    await laws.close?.();
    trial.hosts.dispose();
  });
}
