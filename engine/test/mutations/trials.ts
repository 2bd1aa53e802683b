// Tries the laws of the kits on a plugin that was changed.

import { transform } from 'esbuild';
import { FEATURES_LAWS } from '../../src/testing/features/laws.js';
import { FeaturesTrial } from '../../src/testing/features/trial.js';
import { type Laws, offender } from '../../src/testing/law.js';
import { MODEL_LAWS } from '../../src/testing/model/laws.js';
import { ModelTrial } from '../../src/testing/model/trial.js';
import { SINK_LAWS } from '../../src/testing/sink/laws.js';
import { SinkTrial } from '../../src/testing/sink/trial.js';
import { SOURCE_LAWS } from '../../src/testing/source/laws.js';
import { SourceTrial } from '../../src/testing/source/trial.js';
import * as given from './given.js';
import type { Example } from './mutate.js';

let loaded = 0;

/** The module of an example's text, afresh each time: what it keeps beside its state is its own. */
async function load(text: string) {
  const { code } = await transform(text, { loader: 'ts' });
  return import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(`${code}//${loaded++}`).toString('base64')}`);
}

/** The laws of a kind, and what they are tried on. */
function lawsOf(
  plugin: Example,
  module: { default: never },
  gateway: { readonly port: number } | undefined,
): { laws: Laws<never>; trial: unknown } {
  switch (plugin) {
    case 'features':
      return { laws: FEATURES_LAWS as Laws<never>, trial: new FeaturesTrial(module.default, structuredClone(given.gauge)) };
    case 'model':
      return { laws: MODEL_LAWS as Laws<never>, trial: new ModelTrial(module.default, given.sample) };
    case 'sink':
      return { laws: SINK_LAWS as Laws<never>, trial: new SinkTrial(module.default, given.database(module as never)) };
    case 'source':
      return { laws: SOURCE_LAWS as Laws<never>, trial: new SourceTrial(module.default, given.spool) };
    case 'live-source':
      return { laws: SOURCE_LAWS as Laws<never>, trial: new SourceTrial(module.default, given.listener(gateway!)) };
  }
}

/** The first law that a plugin of this text breaks, and how; `undefined`: it keeps them all. */
export async function firstBroken(plugin: Example, text: string): Promise<string | undefined> {
  const module = await load(text);
  const gateway = plugin === 'live-source' ? await given.gateway() : undefined;
  const { laws, trial } = lawsOf(plugin, module, gateway);
  try {
    for (const [sentence, law] of Object.entries(laws)) {
      const found = await offender(law, trial as never);
      if (found !== undefined) return `${sentence}: ${found}`;
    }
    return undefined;
  } finally {
    gateway?.close();
    (trial as { hosts?: { dispose(): void } }).hosts?.dispose();
  }
}
