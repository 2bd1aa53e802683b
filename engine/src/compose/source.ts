// The source of a pipeline, and what its host does for it.

import type { DependencyContainer } from 'tsyringe';
import type { Source } from '../api/index.js';
import { outsideHostOf, rejected, TOKENS } from './container.js';

/** @throws what the plugin rejects of its configuration, by name */
export async function makeSource(c: DependencyContainer): Promise<Source> {
  const plan = c.resolve(TOKENS.plan);
  const { plugin, config } = plan.source;
  const { lateness, maxAhead } = plan.config.time;
  const drops = c.resolve(TOKENS.drops);
  const progress = c.resolve(TOKENS.progress);
  const repaired = c.resolve(TOKENS.repaired);
  const health = c.resolve(TOKENS.health);
  try {
    return await plugin.create(config, {
      ...outsideHostOf(c, 'source'),
      time: { lateness, maxAhead },
      http: c.resolve(TOKENS.door),
      drop: (reason, detail, count) => drops.add(reason, detail, count),
      repaired: (count) => {
        repaired.count += count;
      },
      trouble: (why) => {
        health.trouble = why;
      },
      progress: (done, total, unit) => void Object.assign(progress, { done, total, unit }),
    });
  } catch (error) {
    throw rejected('the source', error);
  }
}
