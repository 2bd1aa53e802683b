// `engine model`: the lives of models, looked at and taken a hand in.

import type { Command } from '@commander-js/extra-typings';
import { QuantStreamError } from '../../api/index.js';
import { readLives } from '../../compose/checkpoints.js';
import { requestsOf } from '../../compose/folders.js';
import { print, printJson } from '../output.js';
import { withTarget } from './checkpoint.js';

/** What is known of the models of one name and key. */
interface ModelInfo {
  readonly model: string;
  readonly key: string;
  readonly generation: number;
  readonly rows: number;
  readonly candidate: { generation: number; state: string } | null;
  readonly previous: number | null;
  readonly history: readonly { time: string; event: string; generation: number; detail: string }[];
}

async function modelsOf(target: string): Promise<ModelInfo[]> {
  const lives = await withTarget(target, ({ checkpoints, parts }) =>
    Promise.all(parts.map((part) => readLives(checkpoints, part))),
  );
  return lives.flat().map(({ key, model, life }) => ({
    model,
    key,
    generation: life.generation,
    rows: life.count,
    candidate: life.candidate && {
      generation: life.candidate.generation,
      state: life.candidate.found ? 'ready' : `${life.candidate.position} of ${life.count} rows`,
    },
    previous: life.previous?.generation ?? null,
    history: life.history.map(({ time, ...rest }) => ({ time: new Date(time).toISOString(), ...rest })),
  }));
}

/** `engine model`: looks at the lives of models, and takes a hand in them. */
export function addModel(program: Command): void {
  const model = program
    .command('model')
    .description('looks at the models of a pipeline that have a `life`, and takes a hand in it');
  model
    .command('list')
    .description('the models in office, key by key')
    .argument('<pipeline>', 'its file or its name')
    .option('--json', 'for machines', false)
    .action(async (target, { json }) => {
      const all = await modelsOf(target);
      if (json) return printJson(all);
      if (all.length === 0)
        print(`no model of ${target} has a life of its own yet; see models.NAME.life in docs/pipeline-file.md`);
      for (const { model: name, key, generation, candidate, previous } of all) {
        const waiting = candidate ? `, candidate ${candidate.generation} (${candidate.state})` : '';
        print(
          `${name.padEnd(16)} ${key.padEnd(16)} generation ${generation}${waiting}${previous === null ? '' : `, before it ${previous}`}`,
        );
      }
    });
  model
    .command('show')
    .description('what happened in the life of a model')
    .argument('<pipeline>', 'its file or its name')
    .argument('[model]', 'its name in the file; default: all')
    .option('--json', 'for machines', false)
    .action(async (target, name, { json }) => {
      const found = (await modelsOf(target)).filter((one) => name === undefined || one.model === name);
      if (json) return printJson(found);
      for (const { model: one, key, generation, rows, history } of found) {
        print(`${one} of ${key}: generation ${generation}, ${rows.toLocaleString('en')} rows`);
        for (const { time, event, generation: of, detail } of history) print(`  ${time}  ${event.padEnd(11)} ${of}  ${detail}`);
      }
    });
  for (const [action, about] of [
    ['promote', 'puts the candidate of a model into office'],
    ['rollback', 'puts the model before the present one back into office'],
  ] as const) {
    model
      .command(action)
      .description(about)
      .argument('<pipeline>', 'its file or its name')
      .argument('<model>', 'its name in the file')
      .option('--key <key>', 'only the model of this key')
      .action(async (target, name, { key }) => {
        const concerned = (await modelsOf(target)).filter((one) => one.model === name && (key === undefined || one.key === key));
        const able = concerned.filter(({ candidate, previous }) =>
          action === 'promote' ? candidate?.state === 'ready' : previous !== null,
        );
        if (able.length === 0) {
          const why =
            concerned.length === 0
              ? 'there is no such model with a life of its own'
              : action === 'promote'
                ? 'no candidate is ready'
                : 'there is no earlier model';
          throw new QuantStreamError('QS_CONFIG_READ', `${name}: ${why}; see engine model list ${target}`);
        }
        const directory = await withTarget(target, async ({ dataDirectory }) => dataDirectory);
        requestsOf(directory).put({ action, model: name, ...(key === undefined ? {} : { key }) }, Date.now());
        print(
          `asked for: ${action} ${name} of ${able.map((one) => one.key).join(', ')}; done within seconds by the engine that runs, else when it starts`,
        );
      });
  }
}
