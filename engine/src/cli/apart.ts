import { QuantStreamError, type Sink } from '../api/index.js';
import { processOutside } from '../compose/outside.js';
import { composePipeline, type Pipeline } from '../compose/pipeline.js';
import type { Plan } from '../spec/planned.js';
import { Display } from './display.js';

/** What keeps a run apart from the world: state in memory, no address, no sink, no broker. */
export const APART: readonly string[] = ['checkpoint.store=memory', 'http=null', 'sinks=null', 'channel=null'];

/**
 * Runs a recording through a pipeline, with a collector in place of its sinks.
 * @throws where it was interrupted
 * @returns the pipeline as it ended, and how long that took, s
 */
export async function runApart(plan: Plan, sink: Sink): Promise<{ pipeline: Pipeline; seconds: number }> {
  const collector = {
    use: 'collect',
    name: 'collect',
    config: {},
    plugin: { kind: 'sink', delivery: 'idempotent', create: () => sink },
  };
  const apart = { ...plan, sinks: [collector] } as unknown as Plan;
  let display: Display | undefined;
  const outside = await processOutside({ level: 'warn', format: 'text', before: () => display?.clear() });
  const pipeline = await composePipeline(apart, outside);
  display = new Display(pipeline, process.stderr.isTTY === true);
  display.start();
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal);
  const started = performance.now();
  try {
    if ((await pipeline.run(stop.signal)) !== 'finished')
      throw new QuantStreamError('QS_SOURCE_FAILED', 'interrupted before the end of the recording; nothing was measured');
    return { pipeline, seconds: (performance.now() - started) / 1_000 };
  } finally {
    process.off('SIGINT', onSignal);
    display.stop();
  }
}
