// `engine channel`: what can be done with the topic between the halves of a pipeline.

import type { Command } from '@commander-js/extra-typings';
import { QuantStreamError } from '../../api/index.js';
import { processOutside } from '../../compose/outside.js';
import { repartition } from '../../compose/repartition/repartition.js';
import { planPipeline } from '../../spec/plan.js';
import { collect, dataRoot } from '../options.js';
import { print } from '../output.js';
import { onStop } from '../stopping.js';

/** `engine channel`: the topic between the halves of a pipeline. */
export function addChannel(program: Command): void {
  const channel = program.command('channel').description('the topic between the two halves of a pipeline');
  channel
    .command('repartition')
    .description(
      'goes on in a new topic with another number of partitions, with the states of all keys; both halves are stopped meanwhile',
    )
    .requiredOption('-p, --pipeline <file>', 'the pipeline file, as it ran so far')
    .requiredOption('--topic <name>', 'the new topic; made unless it is there')
    .requiredOption('--partitions <number>', 'how many partitions it has')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async ({ pipeline, topic, partitions, set }) => {
      const options = { dataRoot: dataRoot() };
      const before = await planPipeline(pipeline, { ...options, set });
      if (!before.config.channel)
        throw new QuantStreamError('QS_PLAN_ROLE', `${pipeline} has no channel, so there are no partitions`);
      const [changedTopic, changedPartitions] = [`channel.with.topic=${topic}`, `channel.with.partitions=${partitions}`];
      const after = await planPipeline(pipeline, { ...options, set: [...set, changedTopic, changedPartitions] });
      const stop = new AbortController();
      const off = onStop((signal) =>
        stop.abort(new QuantStreamError('QS_SOURCE_FAILED', `stopped by ${signal}; the same command goes on`)),
      );
      try {
        const outside = await processOutside({ level: 'warn', format: 'text' });
        const keys = await repartition({ before, after, outside, signal: stop.signal, say: print });
        print(`the state of ${keys === undefined ? 'every key' : keys === 1 ? '1 key' : `${keys} keys`} is in ${topic} now`);
        print(
          `set channel.with.topic to ${topic} and channel.with.partitions to ${partitions} in ${pipeline}, and start both halves`,
        );
      } finally {
        off();
      }
    });
}
