// `engine label` and `engine labels`: what people say of episodes.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { type EpisodeLabel, QuantStreamError } from '../../api/index.js';
import { processOutside } from '../../compose/outside.js';
import { keepersOf, saidOf } from '../../compose/people/said.js';
import { planPipeline } from '../../spec/plan.js';
import { collect, dataRoot, durationOption } from '../options.js';
import { print, printData } from '../output.js';

const asked = async (pipeline: string, set: readonly string[]) =>
  [await planPipeline(pipeline, { set, dataRoot: dataRoot() }), await processOutside({ level: 'warn', format: 'text' })] as const;

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
      const { store, sink } = await keepersOf(...(await asked(pipeline, set)));
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
      const chosen = (await saidOf(...(await asked(pipeline, set))))
        .filter(({ label }) => only === 'all' || label === only)
        .map(lineOf);
      if (out === undefined) for (const text of chosen) printData(text);
      else {
        writeFileSync(resolve(out), chosen.map((text) => `${text}\n`).join(''));
        print(`${chosen.length} labels written to ${out}`);
      }
    });
}

/** As the simulated exchange writes its labels, so that one reader suffices. */
function lineOf({ key, from, to, label, note, episode }: EpisodeLabel): string {
  return JSON.stringify({ key, kind: label, from, to, ...(note === undefined ? {} : { note }), episode });
}
