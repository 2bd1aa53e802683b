// The declaration of the mail sink.

import { API_VERSION, defineSink } from '@quantstream/engine';
import { Teller } from '@quantstream/engine/telling';
import { configSchema } from './config.js';
import { Recipients } from './recipients.js';

const NOTES = `
## What is told, and when

As by \`sink-webhook\`, by the same code: an episode is told once when it opens and once when it is over, however often it changes in between; episodes of several keys that began together are one mail, the incident's, and one that may be part of one is held until that is known (a critical one never).
What was told is remembered on disk, so that a restart repeats nothing.
What is older than \`maxAge\`, muted or less bad than \`severity\` is not told, and counted in \`quantstream_mail_messages_total{result}\`.
Beyond \`perMinute\` mails, all that waits is one mail with the counts by key.

That something is over is an answer to the mail that it began (\`In-Reply-To\`, \`References\`): one thread for each episode or incident.
Texts of the stream are cut, on one line, and escaped; no header can be made of them. Mails say that a machine sent them (RFC 3834).

## When the server is away

Mails wait on disk and are sent beside the stream, which never waits for them. What the server puts off (4yz, RFC 5321), a server that cannot be reached, encrypt or does not answer within \`timeout\`, and a login that it refuses are tried again with growing pauses (1 s to 1 min).
What it refuses for good (5yz), and what it did not take for \`giveUpAfter\`, goes to the dead letters.
A recipient that the server refuses while it takes others is said in the log; one that it puts off is tried again without the others.
A crash between an answer and its being noted repeats a mail, with the same \`Message-ID\`; behind one a mail that some recipients had got goes to all of them again.
With \`tls: optional\` a server elsewhere that does not encrypt gets the mails, and the login, in the open.
`;

export default defineSink({
  name: 'mail',
  api: API_VERSION,
  about: 'Calls people: episodes and incidents as mails, a thread each',
  config: configSchema,
  example: { server: 'smtp://user:password@mail.example.org:587', from: 'quantstream@example.org', to: ['ops@example.org'] },
  notes: NOTES,
  delivery: 'at-least-once',
  diagnose: async (settings, host) => (await import('./server.js')).diagnose(settings, host),
  create: (settings, host) => {
    const { server, to } = settings;
    const { hostname, port } = new URL(server);
    const recipients = new Recipients();
    return new Teller(
      settings,
      {
        name: 'mail',
        receiver: [hostname, port, ...[...to].sort()].join('\n'),
        resolves: settings.on.includes('opened') && settings.on.includes('closed'),
        tell: async (items, _raised, signal) => {
          const [{ send }, { mailOf }] = await Promise.all([import('./server.js'), import('./mail.js')]);
          const outcome = await send(mailOf(items, settings), recipients.left(to, items), settings, signal);
          if (outcome.kind === 'later') recipients.settle(outcome.settled ?? [], items);
          else recipients.forget(items);
          if (outcome.refused)
            host.log.warn({ refused: outcome.refused }, `the mail server refuses ${outcome.refused} of ${to.length} recipients`);
          return outcome;
        },
      },
      host,
    );
  },
});
