// What may be set, with units and defaults, and the checks across fields.

import { duration, z } from '@quantstream/engine';
import { checkRowFields, ROW_FIELDS, type RowOrigin } from '@quantstream/engine/recordings';

/** A filter of topics (MQTT 5, section 4.7): `+` is one level, `#` all that follow, as levels of their own. */
const filter = z
  .string()
  .min(1)
  .max(65_535)
  .refine(
    (text) =>
      text.split('/').every((level, i, all) => level === '+' || (level === '#' ? i === all.length - 1 : !/[+#\0]/.test(level))),
    'expected a filter such as sensors/+/state or sensors/#: `+` and `#` are whole levels, and `#` is the last',
  );

export const configSchema = z
  .strictObject({
    url: z
      .string()
      .refine(
        (text) => /^(mqtts?|wss?):\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== '',
        'expected an address such as mqtt://broker:1883 or mqtts://user:password@broker:8883',
      )
      .describe(
        'The broker: `mqtt://` (port 1883), `mqtts://` (8883), `ws://`, `wss://`. With a login a secret: give it as ${VARIABLE} or ${file:…}.',
      ),
    topics: z
      .array(filter)
      .max(100)
      .default([])
      .describe('Filters of topics whose messages are JSON objects, such as `zigbee2mqtt/+`.'),
    numbers: z
      .record(filter, z.string().min(1))
      .default({})
      .describe(
        'Filters of topics whose messages are one number each, and what that is called: `{ sensors/+/temperature: temperature }`.',
      ),
    key: z
      .string()
      .min(1)
      .optional()
      .describe('What an observation belongs to: a field of the messages, or with `keyFrom: text` the key itself.'),
    keyFrom: z
      .enum(['topic', 'field', 'text'])
      .optional()
      .describe(
        'Where the key stands; default: `field` where `key` is given, else `topic`: what stands for `+` and `#` in it, or all of it where there is neither.',
      ),
    time: z
      .string()
      .min(1)
      .optional()
      .describe('The field of the event time: ISO 8601, or a number; default: when a message comes here.'),
    ...ROW_FIELDS,
    retained: z
      .boolean()
      .default(false)
      .describe(
        'Whether what the broker keeps as the last message of a topic counts: it is older than the subscription, nobody knows by how much.',
      ),
    clientId: z
      .string()
      .regex(/^[\w.-]{1,128}$/)
      .optional()
      .describe('By what the broker knows the session; default: quantstream-NAME. Two of one name throw each other out.'),
    session: duration('how long the broker keeps the session, and what comes for it, while nobody is here').default(86_400_000),
    qos: z
      .union([z.literal(0), z.literal(1)])
      .default(1)
      .describe('0: at most once; 1: at least once, kept while nobody is here.'),
    ack: z
      .enum(['checkpoint', 'receipt'])
      .default('checkpoint')
      .describe(
        'When the broker may forget a message: once a checkpoint holds it, or as soon as it is here (where `inflight` wait here, once it is handed on).',
      ),
    inflight: z
      .int()
      .min(1)
      .max(65_535)
      .default(10_000)
      .describe(
        'Most messages that the broker is asked to send ahead of that; with a checkpoint each five seconds a fifth of it is what comes in a second. Not every broker keeps to it.',
      )
      .meta({ unit: 'messages' }),
    maxMessage: z
      .int()
      .min(256)
      .max(268_435_455)
      .default(16_000_000)
      .describe('Larger messages are not sent here; the broker leaves them out, and says so to nobody. Not with 3.1.1.')
      .meta({ unit: 'bytes' }),
    protocol: z
      .enum(['5', '3.1.1'])
      .default('5')
      .describe('The version of MQTT. With 3.1.1 the broker alone says how many are sent ahead.'),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe('A file with the certificate that the broker’s is signed by, relative to the pipeline file.'),
    quiet: duration('after so long without a message time goes on by the clock, so that the silence of all is one').default(
      300_000,
    ),
    batch: z.int().min(1).max(100_000).default(1_000).describe('Most observations in a batch.').meta({ unit: 'observations' }),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { topics, numbers, key, keyFrom, values } = config;
    if (topics.length + Object.keys(numbers).length === 0) complain(['topics'], 'expected topics, or numbers');
    if (keyFrom === 'topic' && key !== undefined) complain(['key'], 'keyFrom: topic takes the key from the topic; leave key out');
    if (keyFrom !== undefined && keyFrom !== 'topic' && key === undefined) complain(['key'], `keyFrom: ${keyFrom} needs key`);
    const fields = Object.values(values);
    for (const [topic, field] of Object.entries(numbers))
      if (!fields.includes(field)) complain(['numbers', topic], `${JSON.stringify(field)} is not among values; add it there`);
    checkRowFields(config, complain);
  });

export type Settings = z.output<typeof configSchema>;

/** Where keys come from. */
export const keyOrigin = ({ key, keyFrom }: Settings) => keyFrom ?? (key === undefined ? 'topic' : 'field');

/** What of an observation stands in fields. */
export function originOf(settings: Settings): RowOrigin {
  const origin = keyOrigin(settings);
  return {
    time: settings.time,
    key: origin === 'field' ? settings.key : undefined,
    fixedKey: origin === 'text' ? settings.key : undefined,
  };
}
