/** What the reference page says beyond the configuration. */
export const NOTES = `
## Messages

\`topics\` are filters of topics whose messages are JSON objects; a dot in the name of a field leads into an object (\`ENERGY.Power\`).
\`numbers\` are those whose messages are one number each, and the topic says which: \`numbers: { home/+/temperature: temperature, home/+/humidity: humidity }\` with \`values: [temperature, humidity]\` gives an observation of one of the two at a time, so name them \`optional\`, or let \`features-window\` gather them by \`every\`.
Unless \`key\` says otherwise the key is what stands for the wildcards: \`kitchen\` of \`home/kitchen/temperature\`.
Sparkplug and other binary payloads are not read.

The event time is a field where \`time\` names one, else the moment at which a message comes here: what the broker kept while nobody was here then counts as of now, so name a field where there is one.

## The session

The broker keeps a session by the name of the client (\`clientId\`, else \`quantstream-NAME\`) for as long as \`session\` says, and with it all that comes with QoS 1 while nobody is here. How much it keeps is its own affair (\`max_queued_messages\` of Mosquitto: 1,000 unless said).
With Mosquitto say \`max_queued_messages 0\`, which is no limit: what it has sent and a checkpoint does not hold yet counts as well, so that behind a kill 1,000 are full at 200 messages a second, and what comes then is lost and told to nobody but its log.
A session that it has forgotten is told as \`missing\` ("not observed"), from the latest observation to the next one.

With \`ack: checkpoint\` a message is acknowledged once a checkpoint holds what it became, so the broker still has what was on its way at a kill. What the broker then sends once more is known again by the number and the digest that it had, which stand in the saved position, and is not judged twice. A broker that sends more ahead than it is asked to (Mosquitto 2.0.11 under a flood) can make that fail; and one that gives a number anew at once can make a reading that says the same as the one before it, and has no time of its own, be taken for it.
With \`ack: receipt\`, or \`qos: 0\`, what was on its way at a kill is lost.

Messages that come behind a subscription because the broker has retained them are left out unless \`retained: true\`.
A shared subscription (\`$share/NAME/…\`) gives each of several engines a part of the messages, not of the keys: use a channel to share keys out.

## What happens to bad messages

They are counted by reason, the broker is told to forget them, and the rest goes on: \`bad_message\` (no JSON object), \`bad_number\`, \`unknown_topic\`, \`missing_key\`, \`bad_key\`, \`bad_time\`, \`bad_value\`, \`missing_value\`, \`bad_text\`, \`ahead\` (further ahead of our clock than \`time.maxAhead\`), and \`overflow\`: without a promise (QoS 0), and more than can be judged.
`;
