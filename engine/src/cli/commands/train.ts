// `engine train`: fits a model on a recording.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { type Column, QuantStreamError, type Sink, type SinkBatch, type SourcePlugin } from '../../api/index.js';
import { processOutside } from '../../compose/outside.js';
import { composePipeline } from '../../compose/pipeline.js';
import { sealArtifact } from '../../spec/artifact.js';
import { planPipeline } from '../../spec/plan.js';
import type { Plan } from '../../spec/planned.js';
import { fieldsOf } from '../../spec/reference/reference.js';
import { basisOf } from '../../spec/signature.js';
import { Display } from '../display.js';
import { checkWritable, collect, dataRoot } from '../options.js';
import { print, printJson } from '../output.js';
import { refuseEndless } from '../recorded/apart.js';
import { onStop } from '../stopping.js';
import { fetcherOf, fetchRecordings, interruptible, parseRange } from './fetch.js';

export interface TrainOptions {
  readonly pipeline: string;
  readonly from?: string;
  readonly out: string;
  readonly model?: string;
  readonly set: readonly string[];
}

/** `engine train`: runs a recording through the pipeline's features and fits a model on the rows. @returns a sentence */
export async function trainModel(options: TrainOptions): Promise<{ text: string; rows: number; out: string }> {
  checkWritable(resolve(options.out), '--out');
  const from = options.from === undefined ? [] : await settingsOf(options.from, options);
  const set = [...options.set, ...from, 'checkpoint.store=memory', 'http=null', 'sinks=null'];
  const plan = await planPipeline(options.pipeline, { set, dataRoot: dataRoot() });
  refuseEndless(plan);
  const model = options.model === undefined ? plan.models[0]! : plan.models.find(({ name }) => name === options.model);
  if (!model)
    throw refuse(`the pipeline has no model "${options.model}"; it has ${plan.models.map(({ name }) => name).join(', ')}`);
  if (!model.plugin.train) throw refuse(`"${model.plugin.name}" cannot be trained ahead of a stream; it learns while it runs`);

  if (model.transform)
    throw refuse(`a trained model is given its columns as they are; leave models.${model.name}.transform out to train it`);

  const collected = new RowCollector(model.columns);
  await gather(plan, collected);
  if (collected.count === 0)
    throw refuse(`the recording gave no complete row (${collected.incomplete} had a missing column); train on a longer one`);
  const rows = { columns: model.columns, count: collected.count, values: collected.values() };
  const trained = model.plugin.train(rows, model.config);
  const artifact = sealArtifact(
    {
      model: model.plugin.name,
      columns: model.columns,
      features: basisOf(plan.features),
      parameters: model.config as Record<string, unknown>,
      trainedOn: { rows: collected.count, from: collected.from, to: collected.to },
    },
    trained,
  );
  writeFileSync(resolve(options.out), `${JSON.stringify(artifact)}\n`);
  const span = [collected.from, collected.to].map((ms) => new Date(ms!).toISOString()).join(' … ');
  const text = `trained ${model.name} on ${collected.count.toLocaleString('en')} rows (${span}; ${collected.incomplete} incomplete rows left out), written to ${options.out}`;
  return { text, rows: collected.count, out: options.out };
}

/** `NAME:WHAT:RANGE`; one letter is a drive. */
const PUBLISHED = /^([a-z][a-z0-9-]+):([^:\\/]+):(.+)$/;

/** What `--from` changes in the source: recordings are fetched first where it names a plugin that offers them. */
async function settingsOf(from: string, options: TrainOptions): Promise<string[]> {
  const [, name, what, range] = PUBLISHED.exec(from) ?? [];
  const plugin = name === undefined ? undefined : await fetcherOf(name);
  if (!plugin) return [`source.with.connect=${recording(from)}`];
  const request = { what: what!, range: parseRange(range!, Date.now()), with: await sharedOptions(plugin, options) };
  const { signal, off } = interruptible();
  try {
    const fetched = await fetchRecordings(plugin, { ...request, signal });
    if (fetched.files.length === 0) throw refuse(`there is nothing to train on: ${fetched.absent.join('; ')}`);
    const settings = Object.entries(fetched.with).map(([key, value]) => `source.with.${key}=${JSON.stringify(value)}`);
    return [`source.use=${name}`, ...settings];
  } finally {
    off();
  }
}

/** What the pipeline says to the same source holds for fetching as well, where both know it: which kind, which market. */
async function sharedOptions(plugin: SourcePlugin, { pipeline, set }: TrainOptions): Promise<string[]> {
  const { config, source } = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
  if (source.plugin.name !== plugin.name) return [];
  const known = new Set(fieldsOf(plugin.fetch!.options).map(({ path }) => path));
  const said = Object.entries((config.source.with ?? {}) as Record<string, unknown>);
  return said.filter(([key]) => known.has(key)).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
}

/** `file:PATH` from whatever the user named; a source's own scheme passes. The path is the shell's, not the file's. */
function recording(from: string): string {
  return JSON.stringify(/^[a-z]{2,}:/.test(from) ? from : `file:${resolve(from)}`);
}

function refuse(why: string): QuantStreamError {
  return new QuantStreamError('QS_PLAN_DECLARATION', why);
}

async function gather(plan: Plan, rows: RowCollector): Promise<void> {
  // The collector takes the place of every sink; models need not judge what they are about to be trained on.
  const sink = { use: 'train', name: 'train', config: {}, plugin: { kind: 'sink', delivery: 'idempotent', create: () => rows } };
  const training = { ...plan, http: undefined, models: [], sinks: [sink] } as unknown as Plan;
  const display = new Display(process.stderr.isTTY === true);
  const pipeline = await composePipeline(
    training,
    await processOutside({ level: 'warn', format: 'text', before: () => display.clear() }),
  );
  display.add(pipeline);
  display.start();
  const stop = new AbortController();
  const off = onStop(() => stop.abort(new Error('interrupted')));
  try {
    if ((await pipeline.run(stop.signal)) !== 'finished')
      throw new QuantStreamError('QS_SOURCE_FAILED', 'training was interrupted; nothing was written');
  } finally {
    off();
    display.stop();
  }
}

/** Keeps the complete rows of all keys, row-major. */
class RowCollector implements Sink {
  count = 0;
  incomplete = 0;
  from: number | null = null;
  to: number | null = null;
  private buffer = new Float64Array(1 << 16);
  private readonly names: readonly string[];

  constructor(columns: readonly Column[]) {
    this.names = columns.map(({ name }) => name);
  }

  async write({ verdicts }: SinkBatch): Promise<void> {
    const width = this.names.length;
    for (const { values, time } of verdicts) {
      if (this.names.some((name) => Number.isNaN(values[name]))) {
        this.incomplete++;
        continue;
      }
      if ((this.count + 1) * width > this.buffer.length) {
        const larger = new Float64Array(this.buffer.length * 2);
        larger.set(this.buffer);
        this.buffer = larger;
      }
      for (let i = 0; i < width; i++) this.buffer[this.count * width + i] = values[this.names[i]!]!;
      this.count++;
      this.from = Math.min(this.from ?? time, time);
      this.to = Math.max(this.to ?? time, time);
    }
  }

  async close(): Promise<void> {}

  values(): Float64Array {
    return this.buffer.slice(0, this.count * this.names.length);
  }
}

/** `engine train`. */
export function addTrain(program: Command): void {
  program
    .command('train')
    .description('fits a model on a recording and writes it to a file that `artifact:` can name')
    .requiredOption('-p, --pipeline <file>', 'the pipeline whose features and model are used')
    .option('--from <recording>', 'the recording, as the source takes it after `file:`; default: the source of the file')
    .requiredOption('--out <file>', 'where the model goes')
    .option('--model <name>', 'which model, where the pipeline has several')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .option('--json', 'for machines', false)
    .action(async ({ json, pipeline, out, model, from, set }) => {
      const done = await trainModel({
        pipeline,
        out,
        set,
        ...(model === undefined ? {} : { model }),
        ...(from === undefined ? {} : { from }),
      });
      if (json) printJson({ rows: done.rows, out: done.out });
      else print(done.text);
    });
}
