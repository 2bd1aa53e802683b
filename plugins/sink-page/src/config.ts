// What `with:` of the page holds.

import { z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  memory: z
    .int()
    .min(1)
    .max(4_096)
    .default(128)
    .describe('How much of the latest rows is kept to be looked at; the oldest go first.')
    .meta({ unit: 'MB' }),
  links: z
    .array(
      z.strictObject({
        title: z.string().min(1).describe('What stands on it.'),
        url: z.url({ protocol: /^https?$/, error: 'expected an address with http: or https:' }).describe('Where it leads.'),
      }),
    )
    .default([])
    .describe('Links to show: to a dashboard of Grafana, say.'),
});

export type Settings = z.output<typeof configSchema>;
