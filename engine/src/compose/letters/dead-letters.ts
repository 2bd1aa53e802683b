// Where a pipeline puts away what can never be written or taken.

import { join, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { FileDeadLetters } from '../../adapters/file-dead-letters.js';
import type { DeadLetter } from '../../api/index.js';
import type { DeadLetters } from '../../ports/dead-letters.js';
import { letterFrom, type Sender } from '../../ports/letters/letter.js';
import type { Plan } from '../../spec/planned.js';
import { VERSION } from '../../spec/version.js';
import { containerOf, kafkaParts, type Outside, TOKENS } from '../container.js';

/** A file, or a topic and the file for what the topic does not take. Opens nothing. */
export async function makeDeadLetters(c: DependencyContainer): Promise<DeadLetters> {
  const { config, directory, dataDirectory } = c.resolve(TOKENS.plan);
  const { file, topic } = config.deadLetters;
  const kept = new FileDeadLetters(file === undefined ? join(dataDirectory, 'dead-letters.jsonl') : resolve(directory, file));
  if (topic === undefined) return kept;
  const { TopicDeadLetters } = await import('../../adapters/kafka/dead-letter-topic.js');
  return new TopicDeadLetters({ ...kafkaParts(c, config.channel!.with), topic, otherwise: kept });
}

/** Who puts letters away for a part: what refuses them, by name and version. */
export function senderOf({ config, sinks }: Plan, part: string): Sender {
  const sink = sinks.find(({ name }) => name === part);
  const plugin = sink ? { name: sink.plugin.name, version: sink.version } : { name: 'kafka', version: VERSION };
  return { pipeline: config.name, part, engine: VERSION, plugin };
}

/** Puts away what a part of the pipeline can never write or take, and counts it. */
export function deadLettersOf(c: DependencyContainer, part: string): (letter: DeadLetter) => Promise<void> {
  const letters = c.resolve(TOKENS.deadLetters);
  const counted = c.resolve(TOKENS.deadLettered);
  const clock = c.resolve(TOKENS.clock);
  const log = c.resolve(TOKENS.log).child({ part });
  const sender = senderOf(c.resolve(TOKENS.plan), part);
  return async (letter) => {
    await (await letters).put(letterFrom(sender, letter, clock.now()));
    counted.count++;
    if (counted.count === 1)
      log.warn({ reason: letter.reason }, `a record can never be taken and was put into the dead letters: ${letter.reason}`);
  };
}

/** Does something with the dead letters of a pipeline, which may run meanwhile. */
export async function withLetters<T>(plan: Plan, outside: Outside, work: (letters: DeadLetters) => Promise<T>): Promise<T> {
  const letters = await makeDeadLetters(containerOf(plan, outside));
  try {
    return await work(letters);
  } finally {
    await letters.close();
  }
}
