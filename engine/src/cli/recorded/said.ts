// What people have said of a pipeline's episodes: kept by the engine itself, and by a sink beside it.

import type { EpisodeLabel } from '../../api/index.js';
import { checkpointsOf } from '../../compose/checkpoints.js';
import { sinkHostOf } from '../../compose/offline.js';
import { processOutside } from '../../compose/outside.js';
import { labelsOf } from '../../compose/people/labels.js';
import { planPipeline } from '../../spec/plan.js';
import { dataRoot } from '../options.js';

/** The engine's own labels of a pipeline, and a sink that keeps some beside them, ready to be asked. */
export async function keepersOf(pipeline: string, set: readonly string[]) {
  const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
  const outside = await processOutside({ level: 'warn', format: 'text' });
  const store = await labelsOf(plan, await checkpointsOf(plan, outside), Date.now);
  const sink = plan.sinks.find(({ plugin }) => plugin.feedback);
  const host = sink && sinkHostOf(plan, sink.name, outside, new AbortController().signal);
  return { store, sink: sink && { feedback: sink.plugin.feedback!, config: sink.config, host: host! } };
}

/** What was said, here or in the database of a pipeline: of each episode the latest. */
export async function saidOf(pipeline: string, set: readonly string[]): Promise<EpisodeLabel[]> {
  const { store, sink } = await keepersOf(pipeline, set);
  const said = new Map((await store.list()).map((label) => [label.episode, label as EpisodeLabel]));
  const past = async (episode: string) => (await store.past(episode)).length > 0;
  for (const label of sink ? await sink.feedback.list(sink.config, sink.host) : []) {
    const known = said.get(label.episode);
    // What was taken back here is taken back, whatever a mirror of it still says.
    if (known ? label.at > known.at : !(await past(label.episode))) said.set(label.episode, label);
  }
  return [...said.values()].sort((a, b) => a.from - b.from || (a.episode < b.episode ? -1 : 1));
}

/** As the simulated exchange writes its labels, so that one reader suffices. */
export function lineOf({ key, from, to, label, note, episode }: EpisodeLabel): string {
  return JSON.stringify({ key, kind: label, from, to, ...(note === undefined ? {} : { note }), episode });
}
