// What makes the entities of a pipeline: features and models for a key, and what their hosts do for them.

import type { DependencyContainer } from 'tsyringe';
import { EntityFactory, type EntityHosts } from '../judge/entity.js';
import { coreSettings, hostOf, TOKENS } from './container.js';

/** @returns what makes one entity a key */
export function makeEntities(c: DependencyContainer): EntityFactory {
  const known = c.resolve(TOKENS.taught);
  return new EntityFactory(coreSettings(c.resolve(TOKENS.plan)), {
    ...entityHosts(c),
    taught: (key) => known.get(key) ?? [],
  });
}

/** What the features and models of keys are handed, and where the lives of models are told. */
export function entityHosts(c: DependencyContainer): EntityHosts {
  const log = c.resolve(TOKENS.log);
  const metrics = c.resolve(TOKENS.metrics);
  const warned = new Set<string>();
  const foundOut = new Set<string>();
  return {
    features: hostOf(c, 'features'),
    model: (settings) => ({
      ...hostOf(c, settings.name),
      columns: settings.columns,
      ...(settings.artifact ? { artifact: settings.artifact } : {}),
    }),
    life: (key, model, { event, generation, detail, time }) => {
      const at = new Date(time).toISOString();
      const fields = { part: model, key, event, generation, at };
      log[event === 'drift' || event === 'refused' ? 'warn' : 'info'](
        fields,
        `${model} of ${key}: ${event} (generation ${generation}): ${detail}`,
      );
      metrics.counter('model_events_total', 'What happened in the lives of models', ['model', 'event']).add(1, { model, event });
    },
    rhythm: (key, column, by, time) => {
      const found =
        by === 'nothing' ? 'nothing explains' : `the ${by === 'day' ? 'time of the day' : 'hour of the week'} explains`;
      // Of thousands of keys each column is told once, and the others to whoever looks closer.
      const first = !foundOut.has(`${column} ${by}`);
      foundOut.add(`${column} ${by}`);
      log[first ? 'info' : 'debug'](
        { key, column, by, at: new Date(time).toISOString() },
        `${found} ${column} of ${key}${first ? '; of other keys the metric rhythm_found_total says so' : ''}`,
      );
      metrics
        .counter('rhythm_found_total', 'Columns of keys that the day, the week or nothing explains from then on', [
          'column',
          'by',
        ])
        .add(1, { column, by });
    },
    warmUp: (part, version) => {
      if (warned.has(part)) return;
      warned.add(part);
      log.warn({ part }, `the saved state of ${part} is of version ${version} and cannot be carried over: it warms up afresh`);
    },
  };
}
