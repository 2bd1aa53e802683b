// What `with:` of the mail sink holds.

import { duration, z } from '@quantstream/engine';
import { onSchema, tellingFields } from '@quantstream/engine/telling';

const address = z
  .string()
  .regex(
    /^[^\s@<>(),;:"\\\p{Cc}]{1,64}@[^\s@<>(),;:"\\\p{Cc}]{1,255}$/u,
    'expected an address such as ops@example.org, without a name',
  );

/** Whether what is escaped in the login is text. */
function decodes(text: string): boolean {
  const { username, password } = new URL(text);
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

export const configSchema = z.strictObject({
  server: z
    .string()
    .refine(
      (text) => /^smtps?:\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== '' && decodes(text),
      'expected an address such as smtp://user:password@mail.example.org:587',
    )
    .describe(
      'The mail server that takes what is sent: `smtp://` (port 587) begins in the open and goes on encrypted, `smtps://` (port 465) is encrypted from the start. With a login a secret: give it as ${VARIABLE} or ${file:…}.',
    ),
  from: address.describe('Who the mails are from.'),
  to: z.array(address).min(1).max(50).describe('Who gets them.'),
  tls: z
    .enum(['required', 'optional'])
    .optional()
    .describe('Whether a server that cannot encrypt is refused. Default: `required`, and `optional` for this machine itself.'),
  on: onSchema
    .default(['opened', 'closed'])
    .describe('What of an episode is told. That it is over is an answer to the mail that it began.'),
  ...tellingFields,
  // Servers that know nobody yet put mails off for a quarter of an hour and more.
  giveUpAfter: duration('A mail that the server did not take for so long goes to the dead letters')
    .default(3_600_000)
    .meta({ unit: 'ms' }),
  attach: z
    .boolean()
    .default(false)
    .describe('Whether the whole episodes and incidents go along, as JSON; the latest 50 of a mail.'),
});

export type Settings = z.output<typeof configSchema>;
