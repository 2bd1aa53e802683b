// The declaration of the MAVLink sink.

import { API_VERSION, defineSink } from '@quantstream/engine';
import { configSchema } from './config.js';
import { MavlinkSink } from './sink.js';

const NOTES = `
What opens an episode, and every further rule that fires in it, is said once, as STATUSTEXT in chunks of 50 bytes (at most four; MAVLink 2), with MAV_SEVERITY 2 (critical), 4 (warning) or 6 (info): QGroundControl and
Mission Planner show and speak it as they do those of the autopilot. The score, or any column, goes along as NAMED_VALUE_FLOAT for their charts. The messages come from
the vehicle's own system id and component 191, an on-board computer; a frame of a ground station, a command, a parameter or a mission cannot be made.

QGroundControl takes any message under a vehicle's system id for a sign of life, so nothing but texts is said while the vehicle is silent (\`link_age\` above 1.5 s), and
\`heartbeat\` is off unless asked for. A text at that moment may still delay "communication lost" there by some seconds.

The link is the sink's own: \`udpout\` to the port where the ground station or a router (mavlink-router, MAVProxy) listens, never the port on which this pipeline listens itself. A datagram has no receipt: what is sent while nobody
listens is lost, and the stream does not wait for it. Everything is counted in \`quantstream_mavlink_sink_messages_total{message,result}\`: \`sent\`, \`failed\`, \`old\`, \`muted\`.
`;

/** Anomalies where pilots look: in the ground station. */
export default defineSink({
  name: 'mavlink',
  api: API_VERSION,
  about: 'Tells ground stations over MAVLink: episodes as STATUSTEXT, scores as NAMED_VALUE_FLOAT',
  config: configSchema,
  example: { connect: 'udpout:192.168.1.20:14550', systems: { hexa: 3 } },
  notes: NOTES,
  delivery: 'at-least-once',
  check: ({ values }, { row }) =>
    Object.values(values)
      .filter((column) => column !== 'score' && !row.columns.some(({ name }) => name === column))
      .map((column) => `values names the column ${column}, which the rows do not have`),
  create: (settings, host) => new MavlinkSink(settings, host),
});
