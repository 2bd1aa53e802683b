// `engine label` and `engine labels`: what people say of episodes.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { type EpisodeLabel, QuantStreamError } from '../../api/index.js';
import { sinkHostOf } from '../../compose/offline.js';
import { processOutside } from '../../compose/outside.js';
import { labelsOf } from '../../compose/people/labels.js';
import { planPipeline } from '../../spec/plan.js';
import { collect, dataRoot, durationOption } from '../options.js';
import { print, printData } from '../output.js';

/** The engine's own labels of a pipeline, and a sink that keeps some beside them, ready to be asked. */
async function keepersOf(pipeline: string, set: readonly string[]) {
  const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
  const store = await labelsOf(plan, Date.now);
  const sink = plan.sinks.find(({ plugin }) => plugin.feedback);
  const stop = new AbortController();
  const host = sink && sinkHostOf(plan, sink.name, await processOutside({ level: 'warn', format: 'text' }), stop.signal);
  return { store, sink: sink && { feedback: sink.plugin.feedback!, config: sink.config, host: host! } };
}

/** `engine label`: what somebody says of an episode. */
export function addLabel(program: Command): void {
  program
    .command('label')
    .description(
      'says of an episode whether it was one: kept beside the state and in the database, for evaluation and for silence',
    )
    .argument('<episode>', 'its id, as the table episodes and messages of webhooks show it')
    .argument('<label>', 'anomaly or normal')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--note <text>', 'why')
    .option('--mute <duration>', 'nobody is called for this key for so long: 30m, 2h, 7d')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async (episode, label, { pipeline, note, mute, set }) => {
      if (label !== 'anomaly' && label !== 'normal')
        throw new QuantStreamError('QS_CONFIG_READ', `"${label}" is no label; expected anomaly or normal`);
      const at = Date.now();
      const until = mute === undefined ? undefined : at + durationOption(mute);
      const { store, sink } = await keepersOf(pipeline, set);
      if (!sink)
        throw new QuantStreamError(
          'QS_PLAN_DECLARATION',
          `no sink of ${pipeline} knows its episodes while it does not run; add one that does, a database, or say it on the page`,
        );
      const given = {
        episode,
        label,
        at,
        ...(note === undefined ? {} : { note }),
        ...(until === undefined ? {} : { muteUntil: until }),
      } as const;
      const stored = await sink.feedback.put(sink.config, sink.host, given);
      if (!stored)
        throw new QuantStreamError('QS_CONFIG_READ', `there is no episode "${episode}" of this pipeline in its database`);
      await store.put(stored);
      const span = [stored.from, stored.to].map((ms) => new Date(ms).toISOString()).join(' … ');
      print(`${stored.key} ${span} is ${label}${until === undefined ? '' : `; muted until ${new Date(until).toISOString()}`}`);
    });
}

/** `engine labels`: what was said, as labels of a recording. */
export function addLabels(program: Command): void {
  program
    .command('labels')
    .description('exports what people said of episodes, as labels for engine evaluate')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .addOption(new Option('--only <label>', 'one kind').choices(['anomaly', 'normal', 'all']).default('anomaly' as const))
    .option('--out <file>', 'where they go; default: standard output')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async ({ pipeline, only, out, set }) => {
      const chosen = (await saidOf(pipeline, set)).filter(({ label }) => only === 'all' || label === only).map(line);
      if (out === undefined) for (const text of chosen) printData(text);
      else {
        writeFileSync(resolve(out), chosen.map((text) => `${text}\n`).join(''));
        print(`${chosen.length} labels written to ${out}`);
      }
    });
}

/** What was said, here or in the database of a pipeline: of each episode the latest. */
async function saidOf(pipeline: string, set: readonly string[]): Promise<EpisodeLabel[]> {
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
function line({ key, from, to, label, note, episode }: EpisodeLabel): string {
  return JSON.stringify({ key, kind: label, from, to, ...(note === undefined ? {} : { note }), episode });
}
