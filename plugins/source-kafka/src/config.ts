/** What may be set, with units and defaults, and the checks across fields. */
import { duration, z } from '@quantstream/engine';
import { brokerFields } from '@quantstream/engine/kafka';
import { checkRowFields, ROW_FIELDS, type RowOrigin } from '@quantstream/engine/recordings';

export const configSchema = z
  .strictObject({
    ...brokerFields,
    topic: z.string().min(1).describe('The topic. It is read whole, and never made.'),
    registry: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/, error: 'expected an address such as http://registry:8081' })
          .refine(
            (url) => !/^\w+:\/\/[^/?#]*@/.test(url),
            'a name and a password in an address would show in logs: give them as `username` and `password`',
          )
          .describe('Its address; of Apicurio with /apis/ccompat/v7.'),
        username: z.string().min(1).optional(),
        password: z.string().optional(),
      })
      .optional()
      .describe(
        'The schema registry of values and keys in Avro or Protobuf, or in JSON behind the id of their schema; default: values are JSON, and keys texts.',
      ),
    time: z
      .string()
      .min(1)
      .optional()
      .describe('The field (or header) of the event time: ISO 8601, or a number; default: the time of the record.'),
    timeFrom: z
      .enum(['field', 'header', 'record'])
      .optional()
      .describe('Where the time stands; default: `field` where `time` is given, else `record`.'),
    key: z
      .string()
      .min(1)
      .optional()
      .describe(
        'What an observation belongs to: a field (or header), with `keyFrom: record` a field of the key of the record, or with `keyFrom: text` the key itself.',
      ),
    keyFrom: z
      .enum(['field', 'header', 'record', 'text'])
      .optional()
      .describe(
        'Where the key stands; default: `field` where `key` is given, else `record`, the key of the record: a text, or what a schema describes.',
      ),
    ...ROW_FIELDS,
    spread: z
      .boolean()
      .optional()
      .describe(
        'Whether records of one key are in several partitions. Then observations are numbered as they come, else by their offsets; default: they are unless `keyFrom` is `record` and no `key` is given.',
      ),
    begin: z
      .enum(['earliest', 'latest'])
      .default('earliest')
      .describe('Where the first run begins: at the oldest record that the broker has, or behind the newest.'),
    follow: z
      .boolean()
      .default(true)
      .describe('Whether it goes on with what comes; else it ends with the records that the topic holds when it begins.'),
    group: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The consumer group in which offsets are told, for those who watch the lag; nobody is a member of it. Default: quantstream-NAME-TOPIC.',
      ),
    hold: duration(
      'how long partitions of which records have come wait for one that is behind and of which none have, so that all are read in order of time',
    ).default(5_000),
    quiet: duration('after so long without a record time goes on by the clock, so that the silence of all is one').default(
      300_000,
    ),
    batch: z.int().min(1).max(100_000).default(1_000).describe('Most observations in a batch.').meta({ unit: 'observations' }),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { key, keyFrom, time, timeFrom } = config;
    if (keyFrom !== undefined && keyFrom !== 'record' && key === undefined) complain(['key'], `keyFrom: ${keyFrom} needs key`);
    if (timeFrom === 'record' && time !== undefined)
      complain(['time'], 'timeFrom: record takes the time of the record; leave time out');
    if (timeFrom !== undefined && timeFrom !== 'record' && time === undefined)
      complain(['time'], `timeFrom: ${timeFrom} needs time`);
    checkRowFields(config, complain);
  });

export type Settings = z.output<typeof configSchema>;

/** Where keys come from. */
export const keyOrigin = ({ key, keyFrom }: Settings) => keyFrom ?? (key === undefined ? 'record' : 'field');
/** Where times come from. */
export const timeOrigin = ({ time, timeFrom }: Settings) => timeFrom ?? (time === undefined ? 'record' : 'field');
/** Whether records of one key are in several partitions: they are not where it is the whole key of the records. */
export const isSpread = (settings: Settings) =>
  settings.spread ?? (keyOrigin(settings) !== 'record' || settings.key !== undefined);

/** What of an observation stands in fields. */
export function originOf(settings: Settings): RowOrigin {
  const origin = keyOrigin(settings);
  return {
    time: timeOrigin(settings) === 'field' ? settings.time : undefined,
    key: origin === 'field' ? settings.key : undefined,
    fixedKey: origin === 'text' ? settings.key : undefined,
  };
}
