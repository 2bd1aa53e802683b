// The declaration of the source of what is pushed.

import { API_VERSION, defineSource, type Field } from '@quantstream/engine';
import { columnsOf } from '@quantstream/engine/metrics';
import { configSchema } from './config.js';
import { NOTES } from './notes.js';

/** What others push over HTTP as a stream. */
export default defineSource({
  name: 'push',
  api: API_VERSION,
  about: 'What others push over HTTP: Prometheus remote-write, OTLP metrics, Influx line protocol, JSON',
  config: configSchema,
  example: {
    key: 'instance',
    columns: { load: 'node_load1', user: 'node_cpu_seconds_total{mode="user"}' },
  },
  notes: NOTES,
  emits: (settings) => ({
    [settings.type]: {
      about: 'what was pushed of a key at one time',
      sequence: 'growing',
      fields: Object.fromEntries(
        columnsOf(settings).map(({ name, says, unit, about, optional }): [string, Field] => [
          name,
          optional ? { unit, about, from: says, optional: true } : { unit, about, from: says },
        ]),
      ),
    },
  }),
  // Where it is spoken to, by whom, and how much of it at once changes no observation.
  basis: ({ token, prefix, tenants, maxBody, maxUnpacked, buffer, batch, series, ack, ...settings }) => ({
    ...settings,
    tenants: tenants?.from,
  }),
  endless: () => 'read what was pushed from a file (use: file) instead',
  resumable: ({ ack }) => ack === 'sink',
  door: true,
  create: async (settings, host) => new (await import('./source.js')).PushSource(settings, host),
});
