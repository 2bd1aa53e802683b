// The sinks of a pipeline, and what their hosts do for them.

import { join, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { FileDeadLetters } from '../adapters/file-dead-letters.js';
import type { DeadLetter } from '../api/index.js';
import type { DeadLetters } from '../ports/dead-letters.js';
import type { NamedSink } from '../stream/delivery.js';
import { outsideHostOf, rejected, TOKENS } from './container.js';

/** Where records go that can never be written. */
export function makeDeadLetters(c: DependencyContainer): DeadLetters {
  const { config, directory, dataDirectory } = c.resolve(TOKENS.plan);
  const { file } = config.deadLetters;
  return new FileDeadLetters(
    file === undefined ? join(dataDirectory, 'dead-letters.jsonl') : resolve(directory, file),
    config.name,
  );
}

/** Puts away what a part of the pipeline can never write or take, and counts it. */
export function deadLettersOf(c: DependencyContainer, part: string): (letter: DeadLetter) => Promise<void> {
  const letters = c.resolve(TOKENS.deadLetters);
  const counted = c.resolve(TOKENS.deadLettered);
  const log = c.resolve(TOKENS.log).child({ part });
  return async (letter) => {
    await letters.put(part, letter);
    counted.count++;
    if (counted.count === 1)
      log.warn({ reason: letter.reason }, `a record can never be taken and was put into the dead letters: ${letter.reason}`);
  };
}

/** @throws what a plugin rejects of its configuration, by name */
export async function makeSinks(c: DependencyContainer): Promise<NamedSink[]> {
  const { sinks, schema, judgement } = c.resolve(TOKENS.plan);
  const mutes = c.resolve(TOKENS.mutes);
  const make = async (name: string, part: (typeof sinks)[number]): Promise<NamedSink> => {
    const host = outsideHostOf(c, name);
    const deadLetter = deadLettersOf(c, name);
    try {
      const muted = (key: string) => (mutes.get(key) ?? 0) > host.clock.now();
      return { name, sink: await part.plugin.create(part.config, { ...host, schema, judgement, deadLetter, muted }) };
    } catch (error) {
      throw rejected(`sink ${name}`, error);
    }
  };
  return Promise.all(sinks.map((part) => make(part.name, part)));
}
