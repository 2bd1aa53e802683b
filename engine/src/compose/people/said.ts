// What people have said of a pipeline's episodes, while it may not run: kept by the engine itself, and by a sink beside it.

import { type EpisodeLabel, messageOf } from '../../api/index.js';
import type { Change } from '../../ports/labels.js';
import type { Plan } from '../../spec/planned.js';
import { checkpointsOf, withCheckpoints } from '../checkpoints.js';
import type { Outside } from '../container.js';
import { sinkHostOf } from '../offline.js';
import { labelsOf } from './labels.js';

/** The engine's own labels of a pipeline, and a sink that keeps some beside them, ready to be asked. */
export async function keepersOf(plan: Plan, outside: Outside) {
  const store = await labelsOf(plan, await checkpointsOf(plan, outside), Date.now);
  const sink = plan.sinks.find(({ plugin }) => plugin.feedback);
  const host = sink && sinkHostOf(plan, sink.name, outside, new AbortController().signal);
  return { store, sink: sink && { feedback: sink.plugin.feedback!, config: sink.config, host: host! } };
}

/**
 * What was said and heard of a pipeline so far: what its keys were taught, for a run over the same stream that keeps its state elsewhere.
 * Where that cannot be read, nothing, and the log says so.
 */
export async function changesOf(plan: Plan, outside: Outside): Promise<readonly Change[]> {
  try {
    return await withCheckpoints(plan, outside, async (checkpoints) => (await labelsOf(plan, checkpoints, Date.now)).changes());
  } catch (error) {
    outside.log.warn({}, `what people said of episodes cannot be read, and changes nothing here: ${messageOf(error)}`);
    return [];
  }
}

/** What was said, here or in the database of a pipeline: of each episode the latest. */
export async function saidOf(plan: Plan, outside: Outside): Promise<EpisodeLabel[]> {
  const { store, sink } = await keepersOf(plan, outside);
  // To mute a key is not to say anything of its episode.
  const holds = new Map((await store.changes()).map(({ episode, holds: label }) => [episode, label]));
  const kept = (await store.list()).filter(({ episode, label }) => holds.get(episode) === label);
  const said = new Map(kept.map((label) => [label.episode, label as EpisodeLabel]));
  const past = async (episode: string) => (await store.past(episode)).length > 0;
  for (const label of sink ? await sink.feedback.list(sink.config, sink.host) : []) {
    const known = said.get(label.episode);
    // What was taken back here is taken back, whatever a mirror of it still says.
    if (known ? label.at > known.at : !(await past(label.episode))) said.set(label.episode, label);
  }
  return [...said.values()].sort((a, b) => a.from - b.from || (a.episode < b.episode ? -1 : 1));
}
