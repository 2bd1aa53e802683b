/** What may be set, with units and defaults, and the checks across fields. */
import { duration, z } from '@quantstream/engine';
import { checkColumns, columnName, columnsSchema, optionalSchema } from '@quantstream/engine/metrics';

const MIB = 1024 * 1024;

/** `host:port` is its `/metrics` over HTTP. @returns what is none */
export function addressOf(text: string): URL | undefined {
  const whole = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  if (url.pathname === '/' && url.search === '') url.pathname = '/metrics';
  return url;
}

const address = z
  .string()
  .min(1)
  .refine((text) => addressOf(text) !== undefined, 'expected host:port, or a URL');

const target = z.strictObject({
  url: address.describe('Its address: `host:port`, or a URL where the path is not `/metrics`.'),
  labels: z
    .record(z.string().min(1), z.string())
    .default({})
    .describe('Labels that all its series have, whatever it says of them.'),
});

export const configSchema = z
  .strictObject({
    targets: z
      .array(z.union([address, target]))
      .min(1)
      .transform((given) => given.map((one) => (typeof one === 'string' ? { url: one, labels: {} } : one)))
      .describe('What is scraped: addresses, or addresses with labels. The label `instance` is `host:port`, unless given.'),
    columns: columnsSchema.describe(
      'The numbers of an observation: a map from name to metric (`load: node_load1`, `user: node_cpu_seconds_total{mode="user"}`, or with more said of it), or a list of metrics, each of which gives its column its name.',
    ),
    key: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .default('instance')
      .transform((given) => [given].flat())
      .describe('What an observation belongs to: a label, or several, whose values are joined by `/`.'),
    type: columnName.default('reading').describe('Type of the observations.'),
    optional: optionalSchema
      .default(true)
      .describe('Columns that an observation may lack: all, none, or these. One that lacks another is dropped.'),
    every: duration('how often each target is scraped')
      .refine((ms) => ms >= 100, 'expected 100ms or more')
      .default(15_000),
    timeout: duration('how long a scrape may take; the next one of its target waits for it').default(10_000),
    authorization: z
      .string()
      .min(1)
      .optional()
      .describe(
        'What is sent as `Authorization`: `Bearer ${TOKEN}`; to all targets, so put those with another one into another pipeline.',
      ),
    maxBody: z
      .int()
      .min(1_024)
      .default(16 * MIB)
      .describe('Largest answer, once it is unpacked.')
      .meta({ unit: 'bytes' }),
    keys: z.int().min(1).max(1_000_000).default(50_000).describe('Keys in one answer; those beyond it are dropped.'),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    checkColumns(config, complain);
    for (const [name, one] of Object.entries(config.columns))
      if (typeof one === 'object' && one.kind === 'rate')
        complain(
          ['columns', name, 'kind'],
          `rates are made where others push; say kind: counter, and ${name}_rate in the features`,
        );
    const names = config.targets.map(({ url, labels }) => JSON.stringify([addressOf(url)?.href, labels]));
    names.forEach((one, i) => {
      if (names.indexOf(one) < i) complain(['targets', i], `"${config.targets[i]!.url}" stands here twice`);
    });
  });

export type Settings = z.output<typeof configSchema>;
