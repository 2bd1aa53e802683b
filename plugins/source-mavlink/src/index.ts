import { API_VERSION, defineSource } from '@quantstream/engine';
import { config } from './config.js';
import { connectionsOf, isRecorded, isSimulated } from './connections.js';
import { linkTo, type NetworkTarget } from './links/open.js';
import { LiveSource } from './live/source.js';
import { LogBytes } from './log-bytes.js';
import { OWN_TYPES } from './own.js';
import { RecordedSource } from './recorded/source.js';
import { routesOf } from './router.js';
import { openSimulated } from './simulator/open.js';

const NOTES = `## Messages

Every message of the dialects minimal, common, standard, ardupilotmega, uavionix, icarous, asluav, development, ualberta and storm32 can be
listed. Its observation type is its name in lower case, its fields are in snake_case and scaled to plain units: volts, amperes, metres, degrees,
metres per second; times stay in the unit of their names. A value that MAVLink calls invalid or unknown (65535 mV, −1 cA, 255 satellites), a
number that is not finite, and extension fields in MAVLink 1 are absent. Arrays of up to four numbers become fields of their own
(\`voltage_0\`), longer ones are left out; characters become text.

## Frames

MAVLink 1 and 2 may be mixed. A frame counts when its checksum is right; signatures are skipped unchecked in this version. What ground
stations send (system 255, component 190, or a HEARTBEAT of type GCS) is not a vehicle's and is left out. Frames are counted in
\`quantstream_mavlink_frames_total\` by outcome, those of messages in no dialect in \`quantstream_mavlink_unknown_frames_total\` by id.

Dropped and reported: \`bad_crc\` (frames), \`garbage\` (bytes that belong to no frame), \`unsupported_flags\` (frames with incompatibility flags
other than the signature), \`bad_time\` (frames stamped after 2100), \`truncated_file\`.

Event time is the stamp of the ground station that recorded the log. Where its clock was set back in the middle, what follows counts as late
until time has caught up.`;

/** MAVLink telemetry of unmanned vehicles, out of recorded logs. */
export default defineSource({
  name: 'mavlink',
  api: API_VERSION,
  about: 'MAVLink 1 and 2 telemetry of unmanned vehicles, from recorded telemetry logs',
  config,
  example: { connect: 'file:./flight.tlog', messages: ['SYS_STATUS', 'GPS_RAW_INT'] },
  notes: NOTES,
  emits: (settings) => ({
    ...OWN_TYPES,
    ...Object.fromEntries(routesOf(settings).map(({ type, decoder }) => [type, decoder.emits])),
  }),
  resumable: (settings) => isRecorded(connectionsOf(settings)),
  async create(settings, host) {
    // A name that leads nowhere is told before anything is opened.
    const connections = connectionsOf(settings);
    if (isSimulated(connections)) return openSimulated(settings, host);
    for (const { target } of connections) {
      if (target.kind !== 'file') continue;
      const log = await LogBytes.open(host.resolvePath(target.path), 0);
      await log.close();
    }
    if (isRecorded(connections)) return new RecordedSource(settings, host);
    const links = connections.map(({ name, target }) => ({ name, link: linkTo(target as NetworkTarget) }));
    return new LiveSource(settings, host, links);
  },
});
