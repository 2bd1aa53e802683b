// The declaration of the source of what exporters expose.

import { API_VERSION, defineSource, type Field } from '@quantstream/engine';
import { columnsOf } from '@quantstream/engine/metrics';
import { configSchema } from './config.js';
import { NOTES } from './notes.js';

/** What exporters expose for Prometheus as a stream. */
export default defineSource({
  name: 'scrape',
  api: API_VERSION,
  about: 'What exporters expose for Prometheus: each target is scraped once in a while',
  config: configSchema,
  example: {
    targets: ['web-1:9100', 'web-2:9100'],
    columns: { load: 'node_load1', user: 'node_cpu_seconds_total{mode="user"}' },
  },
  notes: NOTES,
  emits: (settings) => ({
    [settings.type]: {
      about: 'what a target said of a key at one time',
      sequence: 'growing',
      fields: Object.fromEntries(
        columnsOf(settings).map(({ name, says, unit, about, optional }): [string, Field] => [
          name,
          optional ? { unit, about, from: says, optional: true } : { unit, about, from: says },
        ]),
      ),
    },
  }),
  // Who is asked, and how, changes no observation.
  basis: ({ targets, every, timeout, authorization, maxBody, keys, ...settings }) => settings,
  endless: () => 'read what was scraped from a file (use: file) instead',
  resumable: () => false,
  create: async (settings, host) => new (await import('./source.js')).ScrapeSource(settings, host),
});
