// `engine label` and `engine labels`: what people say of episodes.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { type EpisodeLabel, type PipelineSchema, QuantStreamError } from '../../api/index.js';
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
      'says of an episode whether it was one: the pipeline judges rows like its rows by that from then on, within seconds where it runs',
    )
    .argument('<episode>', 'its id, as the table episodes and messages of webhooks show it')
    .argument('<label>', 'anomaly or normal; undo: what was said of it last is taken back')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--note <text>', 'why')
    .option('--mute <duration>', 'nobody is called for this key for so long: 30m, 2h, 7d')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async (episode, label, { pipeline, note, mute, set }) => {
      if (label !== 'anomaly' && label !== 'normal' && label !== 'undo')
        throw new QuantStreamError('QS_CONFIG_READ', `"${label}" is no label; expected anomaly, normal or undo`);
      const at = Date.now();
      const until = mute === undefined ? undefined : at + durationOption(mute);
      const [plan, outside] = await asked(pipeline, set);
      const { store, sink } = await keepersOf(plan, outside);
      if (label === 'undo') {
        if (note !== undefined || mute !== undefined)
          throw new QuantStreamError(
            'QS_CONFIG_READ',
            'undo takes back what was said, and says nothing: leave out --note and --mute',
          );
        return print(await takenBack(episode, store, sink));
      }
      const given = {
        episode,
        label,
        at,
        ...(note === undefined ? {} : { note }),
        ...(until === undefined ? {} : { muteUntil: until }),
      } as const;
      const stored = sink
        ? await sink.feedback.put(sink.config, sink.host, given)
        : { ...given, ...placeOf(episode, plan.schema) };
      if (!stored)
        throw new QuantStreamError('QS_CONFIG_READ', `there is no episode "${episode}" of this pipeline in its database`);
      await store.put(stored);
      const span = [stored.from, stored.to].map((ms) => new Date(ms).toISOString()).join(' … ');
      print(`${stored.key} ${span} is ${label}${until === undefined ? '' : `; muted until ${new Date(until).toISOString()}`}`);
    });
}

/** Takes back what was said last, also in the database beside it. @returns what holds now, a sentence */
async function takenBack(episode: string, ...[store, sink]: [Keepers['store'], Keepers['sink']]): Promise<string> {
  const before = (await store.list()).find((label) => label.episode === episode);
  if (!before) throw new QuantStreamError('QS_CONFIG_READ', `nothing that could be taken back was said of "${episode}"`);
  const left = await store.undo(episode);
  // A mirror cannot forget: it hears what holds again, or at least that people are called again.
  const muteUntil = left?.muteUntil ?? (before.muteUntil === undefined ? undefined : Date.now());
  const { muteUntil: _, ...heard } = left ?? before;
  await sink?.feedback.put(sink.config, sink.host, { ...heard, ...(muteUntil === undefined ? {} : { muteUntil }) });
  const said = (one: typeof before) => (one.muteOnly ? 'muted' : one.label);
  return `${episode}: ${said(before)} is taken back; ${left ? `it is ${said(left)} again` : 'nothing is said of it now'}`;
}

type Keepers = Awaited<ReturnType<typeof keepersOf>>;

/**
 * Where an episode is, by its id: `pipeline/key/kind/time/n` of the row that opened it. How long it was the engine knows itself.
 * @throws QS_CONFIG_READ where it is no id of this pipeline
 */
function placeOf(episode: string, { pipeline, row }: PipelineSchema): Pick<EpisodeLabel, 'key' | 'from' | 'to'> {
  const parts = episode.split('/');
  const [kind, time, n] = parts.slice(-3);
  const from = Number(time);
  if (parts.length < 5 || parts[0] !== pipeline || kind !== row.kind || !Number.isSafeInteger(from) || !/^\d+$/.test(n!))
    throw new QuantStreamError(
      'QS_CONFIG_READ',
      `"${episode}" is no episode of ${pipeline}: expected an id such as ${pipeline}/KEY/${row.kind}/1767225600000/0, as sinks show it`,
    );
  return { key: parts.slice(1, -3).join('/'), from, to: from };
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
