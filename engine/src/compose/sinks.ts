// The sinks of a pipeline, and what their hosts do for them.

import type { DependencyContainer } from 'tsyringe';
import { hindsightOf } from '../judge/alarms/hindsight.js';
import type { NamedSink } from '../stream/delivery.js';
import { outsideHostOf, rejected, TOKENS } from './container.js';
import { deadLettersOf } from './letters/dead-letters.js';

/** @throws what a plugin rejects of its configuration, by name */
export async function makeSinks(c: DependencyContainer): Promise<NamedSink[]> {
  const { sinks, schema, judgement, alarms } = c.resolve(TOKENS.plan);
  const mutes = c.resolve(TOKENS.mutes);
  const labels = await c.resolve(TOKENS.labels);
  const histories = c.resolve(TOKENS.histories);
  const http = c.resolve(TOKENS.door);
  const hindsight = hindsightOf(alarms, schema);
  const status = () => c.resolve(TOKENS.status).of();
  const outlook = (key: string, times: readonly number[]) => c.resolve(TOKENS.status).outlook(key, times);
  const make = async (name: string, part: (typeof sinks)[number]): Promise<NamedSink> => {
    const host = outsideHostOf(c, name);
    const deadLetter = deadLettersOf(c, name);
    try {
      const muted = (key: string) => (mutes.get(key) ?? 0) > host.clock.now();
      const history = histories.besides(name);
      const people = { http, labels, hindsight, status, outlook, ...(history && { history }) };
      return { name, sink: await part.plugin.create(part.config, { ...host, schema, judgement, deadLetter, muted, ...people }) };
    } catch (error) {
      throw rejected(`sink ${name}`, error);
    }
  };
  return Promise.all(sinks.map((part) => make(part.name, part)));
}
