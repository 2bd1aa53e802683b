// The sinks of a pipeline, and what their hosts do for them.

import { join, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { FileDeadLetters } from '../adapters/file-dead-letters.js';
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

/** @throws what a plugin rejects of its configuration, by name */
export async function makeSinks(c: DependencyContainer): Promise<NamedSink[]> {
  const { sinks, schema } = c.resolve(TOKENS.plan);
  const letters = c.resolve(TOKENS.deadLetters);
  const counted = c.resolve(TOKENS.deadLettered);
  const mutes = c.resolve(TOKENS.mutes);
  const make = async (name: string, part: (typeof sinks)[number]): Promise<NamedSink> => {
    const host = outsideHostOf(c, name);
    const deadLetter = async (letter: Parameters<DeadLetters['put']>[1]) => {
      await letters.put(name, letter);
      counted.count++;
      if (counted.count === 1)
        host.log.warn(
          { reason: letter.reason },
          `a record can never be written and was put into the dead letters: ${letter.reason}`,
        );
    };
    try {
      const muted = (key: string) => (mutes.get(key) ?? 0) > host.clock.now();
      return { name, sink: await part.plugin.create(part.config, { ...host, schema, deadLetter, muted }) };
    } catch (error) {
      throw rejected(`sink ${name}`, error);
    }
  };
  return Promise.all(sinks.map((part) => make(part.name, part)));
}
