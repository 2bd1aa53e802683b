// The sinks of a pipeline, and what their hosts do for them.

import type { DependencyContainer } from 'tsyringe';
import type { NamedSink } from '../stream/delivery.js';
import { outsideHostOf, rejected, TOKENS } from './container.js';
import { deadLettersOf } from './letters/dead-letters.js';

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
