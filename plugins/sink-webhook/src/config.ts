// What `with:` of the webhook sink holds.

import { z } from '@quantstream/engine';
import { onSchema, tellingFields } from '@quantstream/engine/telling';

const httpUrl = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'expected a URL that begins with https://')
  .describe(
    'Where the messages go; for telegram, pagerduty and opsgenie another server than theirs. A secret: give it as ${VARIABLE} or ${file:…}.',
  );

export const configSchema = z
  .strictObject({
    format: z
      .enum(['json', 'slack', 'telegram', 'discord', 'alertmanager', 'pagerduty', 'opsgenie', 'state'])
      .default('json')
      .describe(
        '`json`: the whole episode; `slack`: an incoming webhook of Slack or Mattermost; `telegram`: a bot; `discord`: a webhook; `alertmanager`, `pagerduty`, `opsgenie`: an alert that is resolved when it is over; `state`: abnormal since, normal again, for programs.',
      ),
    url: httpUrl.optional(),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('For telegram the token of the bot, for pagerduty the routing key, for opsgenie the API key. A secret.'),
    chat: z
      .union([z.string().min(1), z.int()])
      .optional()
      .describe('For telegram: the chat, a number or @channel.'),
    on: onSchema
      .optional()
      .describe(
        'What of an episode is told. Default: `opened`; what keeps alerts (alertmanager, pagerduty, opsgenie, state) is told of both.',
      ),
    ...tellingFields,
    headers: z.record(z.string(), z.string()).default({}).describe('More headers, such as Authorization. Secrets.'),
  })
  .superRefine(({ format, url, token, chat }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (!['telegram', 'pagerduty', 'opsgenie'].includes(format) && url === undefined) issue('url', `${format} needs a url`);
    if (format === 'pagerduty' && token === undefined) issue('token', 'pagerduty needs the routing key of an integration');
    if (format === 'opsgenie' && token === undefined) issue('token', 'opsgenie needs the key of an API integration');
    if (format === 'telegram' && token === undefined) issue('token', 'telegram needs the token of a bot');
    if (format === 'telegram' && chat === undefined) issue('chat', 'telegram needs a chat');
  });

export type Settings = z.output<typeof configSchema>;
