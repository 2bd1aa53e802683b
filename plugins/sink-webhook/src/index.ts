// The declaration of the webhook sink.

import { API_VERSION, defineSink } from '@quantstream/engine';
import { Teller } from '@quantstream/engine/telling';
import { configSchema } from './config.js';
import { diagnose } from './diagnose.js';
import { addressOf, post } from './post.js';
import { isSingle, messageFor, resolves } from './receivers.js';

const NOTES = `
## What is told, and when

- An episode is told once when it opens and, with \`on: [opened, closed]\`, once when it is over, however often it changes in between. What was told is remembered on disk, so that a
  restart repeats nothing.
- Episodes of several keys that began together are an incident (\`alarms.incidents\`), and that is told once, with the keys; so is each topic and each
  higher severity that comes to it. An episode is therefore held until it is known whether others began with it: for \`alarms.incidents.settle\` of event
  time, and where that stands still for twice that and a minute by the clock. One that was told alone, because the others came later, is told with them once more.
  A critical one is never held.
- Older than \`maxAge\` is not told, nor is a key that somebody has muted (\`engine label EPISODE normal --mute 2h\`), nor what is less bad than \`severity\`.
  An incident is muted where all its keys are.
  All are counted in \`quantstream_webhook_messages_total{result}\`: \`sent\`, \`old\`, \`muted\`, \`failed\`, and \`joined\` for episodes that were held and became part of an incident.
- Beyond \`perMinute\` messages, all that waits is one message with the counts by key.

## When the receiver is away

Messages wait on disk and are posted beside the stream, which never waits for them. An attempt that fails is repeated with growing pauses (1 s to 1 min), or after what
\`Retry-After\` asks for. What the receiver refuses for good (4xx other than 408, 425, 429), and what nobody took for \`giveUpAfter\`, goes to the dead letters.
A crash between an answer and its being noted repeats a message: \`Idempotency-Key\` is the same then.

## Forms

- **json**: \`POST {"version": 1, "text": "…", "episode": {…}}\` with the whole episode of the contract; several at once stand in \`episodes\`. An incident stands in
  \`incident\`, several in \`incidents\`. What is missing is \`null\`.
- **slack**: \`{"text": "…"}\`, escaped as Slack asks for.
- **telegram**: \`sendMessage\` of the Bot API, plain text.
- **discord**: \`{"content": "…"}\`, which calls nobody by name.
- **alertmanager**: \`POST URL/api/v2/alerts\`, all that waits in one request. Labels \`alertname\` (\`QuantStreamAnomaly\`, \`QuantStreamIncident\`), \`pipeline\`, \`key\`, \`severity\` (as it was first told) and \`episode\` or
  \`incident\` stay the same until it is over; annotations say the rest. When it is over, \`endsAt\` is when it ended; one that nobody closes ends after a day.
- **pagerduty**: an event of the Events API v2, \`trigger\` and \`resolve\` by \`dedup_key\`, the id of the episode or incident.
- **opsgenie**: an alert is created, and closed by its alias. Priority P1, P3 or P5.
- **state**: for programs: \`{"state": "abnormal" or "normal", "since": "…", "keys": […], "severity": "…", "reason": "…", "id": "…"}\`. A bot stops at \`abnormal\` and goes on at \`normal\` of the same id.

What keeps alerts is told that one is over if it was told that it began, also where its key was muted meanwhile, or where it has become part of an incident.

Addresses, tokens and headers are never logged. A proxy is not used.
`;

export default defineSink({
  name: 'webhook',
  api: API_VERSION,
  about: 'Calls people: episodes and incidents as HTTP requests, as JSON, to chats, and to Alertmanager, PagerDuty and Opsgenie',
  config: configSchema,
  example: { format: 'slack', url: 'https://hooks.slack.com/services/…' },
  notes: NOTES,
  delivery: 'at-least-once',
  diagnose,
  create: (settings, host) =>
    new Teller(
      settings,
      {
        name: 'webhook',
        receiver: addressOf(settings),
        resolves: resolves(settings),
        single: isSingle(settings),
        tell: (items, raised, signal) => post(messageFor(items, settings, raised, host.clock.now()), settings, signal),
      },
      host,
    ),
});
