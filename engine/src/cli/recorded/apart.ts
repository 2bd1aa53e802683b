import { QuantStreamError, type Sink } from '../../api/index.js';
import { type Outside, processOutside } from '../../compose/outside.js';
import { composePipeline, type Pipeline } from '../../compose/pipeline.js';
import type { Plan } from '../../spec/planned.js';
import { Display } from '../display.js';
import { onStop } from '../stopping.js';

/** What keeps a run apart from the world: state in memory, no address, no sink, no broker. */
export const APART: readonly string[] = ['checkpoint.store=memory', 'http=null', 'sinks=null', 'channel=null'];

/** Refuses a source that would never come to its end. @throws QS_PLAN_ENDLESS */
export function refuseEndless({ source, file }: Plan): void {
  const advice = source.plugin.endless?.(source.config);
  if (advice === undefined) return;
  throw new QuantStreamError('QS_PLAN_ENDLESS', `the source of ${file} never comes to an end, and this needs one: ${advice}`);
}

/**
 * Runs a recording through a pipeline, with a collector in place of its sinks.
 * @param said what people said of episodes of this stream
 * @param taught what keys are taught from the start, in place of that
 * @throws where it was interrupted
 * @returns the pipeline as it ended, how long that took, s, and what people should look at
 */
export async function runApart(
  plan: Plan,
  sink: Sink,
  said: NonNullable<Outside['said']> = [],
  taught?: Outside['taught'],
): Promise<{ pipeline: Pipeline; seconds: number; doubts: readonly string[] }> {
  const collector = {
    use: 'collect',
    name: 'collect',
    config: {},
    plugin: { kind: 'sink', delivery: 'idempotent', create: () => sink },
  };
  const apart = { ...plan, http: undefined, sinks: [collector] } as unknown as Plan;
  const display = new Display(process.stderr.isTTY === true);
  const outside = {
    ...(await processOutside({ level: 'warn', format: 'text', before: () => display.clear() })),
    said,
    ...(taught && { taught }),
  };
  const pipeline = await composePipeline(apart, outside);
  display.add(pipeline);
  display.start();
  const stop = new AbortController();
  const off = onStop(() => stop.abort(new Error('interrupted')));
  const started = performance.now();
  try {
    if ((await pipeline.run(stop.signal)) !== 'finished')
      throw new QuantStreamError('QS_SOURCE_FAILED', 'interrupted before the end of the recording; nothing was measured');
    const seconds = (performance.now() - started) / 1_000;
    const { doubts } = pipeline.summary('finished', seconds);
    for (const doubt of doubts) outside.log.warn({}, doubt);
    return { pipeline, seconds, doubts };
  } finally {
    off();
    display.stop();
  }
}
