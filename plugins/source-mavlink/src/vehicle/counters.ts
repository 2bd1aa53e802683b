/** What became of frames, as metrics and drops. */
import type { Counter, SourceHost } from '@quantstream/engine';
import type { Losses } from '../wire/losses.js';
import type { Router } from './router.js';

const REFUSED = {
  bad_signature: 'signed with another key',
  replayed: 'not newer than what was heard before',
  unsigned: 'without a signature',
};

/** What became of frames, as metrics and drops; shared by all connections of a source. */
export class Counters {
  private readonly host: SourceHost;
  private readonly frames: Counter;
  private readonly unknown: Counter;
  private readonly lost: Counter;
  private readonly disorder: Counter;
  private readonly uncountable: Counter;
  private readonly reboots: Counter;

  constructor(host: SourceHost) {
    this.host = host;
    const { metrics } = host;
    this.frames = metrics.counter('mavlink_frames_total', 'Good MAVLink frames, by what became of them', ['outcome']);
    this.unknown = metrics.counter('mavlink_unknown_frames_total', 'Frames of messages in no known dialect', ['message']);
    this.lost = metrics.counter('mavlink_lost_frames_total', 'Frames that are missing by their sequence numbers');
    this.disorder = metrics.counter('mavlink_disordered_frames_total', 'Frames that came twice or behind a later one');
    this.uncountable = metrics.counter(
      'mavlink_uncountable_gaps_total',
      'Gaps in sequence numbers after a silence, of which eight bits cannot say how many frames they were',
    );
    this.reboots = metrics.counter('mavlink_reboots_total', 'Boot clocks that began anew');
  }

  /** Takes what a router has counted. */
  routed(router: Router, where = 'frames'): void {
    const { counts, sequences } = router;
    if (counts.mixed > 0) {
      const remedy = 'give each its own id (SYSID_THISMAV, since 4.7 MAV_SYSID), or a link of its own with a name';
      this.host.drop('two_vehicles', `${where}: ${counts.mixed} frames; ${router.twins}; ${remedy}`, counts.mixed);
    }
    for (const outcome of ['emitted', 'unwanted', 'ground', 'component', 'repeated', 'mixed'] as const) {
      if (counts[outcome] > 0) this.frames.add(counts[outcome], { outcome });
      counts[outcome] = 0;
    }
    if (sequences.lost > 0) this.lost.add(sequences.lost);
    if (sequences.outOfOrder > 0) this.disorder.add(sequences.outOfOrder);
    if (sequences.uncountable > 0) this.uncountable.add(sequences.uncountable);
    for (const why of ['bad_signature', 'replayed', 'unsigned'] as const) {
      const { refused } = router;
      if (refused[why] > 0) this.host.drop(why, `${where}: ${refused[why]} frames ${REFUSED[why]}`, refused[why]);
      refused[why] = 0;
    }
    if (router.reboots > 0) this.reboots.add(router.reboots);
    sequences.lost = 0;
    sequences.outOfOrder = 0;
    sequences.uncountable = 0;
    router.reboots = 0;
  }

  /** Tells what lay between good frames. */
  parsed({ garbage, badChecksum, unsupported, unknown }: Losses, where: string): void {
    const { host } = this;
    for (const [id, count] of unknown) this.unknown.add(count, { message: id < 0 ? 'other' : String(id) });
    if (garbage > 0) host.drop('garbage', `${where}: ${garbage} bytes that belong to no frame`, garbage);
    if (badChecksum > 0) host.drop('bad_crc', `${where}: ${badChecksum} frames with a wrong checksum`, badChecksum);
    if (unsupported > 0) host.drop('unsupported_flags', `${where}: ${unsupported} frames with unknown flags`, unsupported);
  }
}
