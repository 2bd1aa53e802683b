// What keys have learned, read from the checkpoint of a pipeline that does not run.

import { NO_OUTLOOK, type Outlook } from '../../api/index.js';
import type { EntityState } from '../../judge/entity.js';
import { outlookOf } from '../../judge/outlook.js';
import type { Checkpoints } from '../../ports/checkpoints.js';
import type { Plan } from '../../spec/planned.js';
import { decode } from '../../state/codec.js';
import { Shapes } from '../../state/shapes.js';
import { readCheckpoint } from '../checkpoints.js';
import { coreSettings } from '../container.js';

/** Asked for one key after the other; what was read of one is kept. */
export function storedOutlook(plan: Plan, checkpoints: Checkpoints): (key: string, times: readonly number[]) => Promise<Outlook> {
  const settings = coreSettings(plan);
  const known = new Map<string, Promise<EntityState | undefined>>();
  return async (key, times) => {
    const reading = known.get(key) ?? stateOf(checkpoints, key);
    known.set(key, reading);
    const state = await reading.catch((error) => {
      known.delete(key);
      throw error;
    });
    return state ? outlookOf(settings, state, times) : NO_OUTLOOK;
  };
}

async function stateOf(checkpoints: Checkpoints, wanted: string): Promise<EntityState | undefined> {
  for (const part of await checkpoints.parts()) {
    if (part === 'ingest') continue;
    const found = await readCheckpoint(checkpoints, part);
    if (!found) continue;
    const shapes = new Shapes(found.saved.shapes);
    for await (const { key, read } of checkpoints.states(part))
      if (key === wanted) return decode(await read(), shapes) as EntityState;
  }
  return undefined;
}
