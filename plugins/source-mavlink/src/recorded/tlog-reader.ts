/** Reads the telemetry logs of ground stations. */
import type { SourceHost } from '@quantstream/engine';
import type { Content, Print } from '@quantstream/engine/recordings';
import type { Counters } from '../vehicle/counters.js';
import { Router, type RouterSettings, type RouterState } from '../vehicle/router.js';
import type { Drafts, Streams } from '../vehicle/streams.js';
import { FrameParser } from '../wire/frames.js';
import { correctionOf } from './first-clock.js';
import { type Carry, LogReader } from './log-reader.js';
import { openLog } from './open-log.js';
import { LATEST, STAMP, stampOf } from './tlog.js';

interface State {
  /** Position in the unpacked content behind the last frame taken. */
  readonly offset: number;
  readonly print: Print;
  readonly router: RouterState;
  /** What is missing before the next observation. */
  readonly carry: Carry;
}

/** A telemetry log, as ground stations record it: each frame behind the time of its arrival. */
export class TlogReader extends LogReader {
  private readonly counters: Counters;
  protected readonly parser: FrameParser;
  private readonly router: Router;
  private badStamps = 0;

  private constructor(name: string, log: Content, router: Router, counters: Counters, host: SourceHost, state?: State) {
    super(name, log, host, state?.carry);
    this.counters = counters;
    this.router = router;
    this.parser = new FrameParser(STAMP, state?.offset);
  }

  /** @throws QS_SOURCE_FAILED when the file cannot be opened */
  static async open(
    path: string,
    name: string,
    settings: RouterSettings,
    streams: Streams,
    counters: Counters,
    host: SourceHost,
    saved?: unknown,
  ): Promise<TlogReader> {
    const state = saved as State | undefined;
    const log = await openLog(path, state?.offset, state?.print);
    const router = new Router(settings, streams, state?.router);
    if (!state) router.correct(await correctionOf(path));
    return new TlogReader(name, log, router, counters, host, state);
  }

  state(): State {
    const { position: offset } = this.parser;
    return { offset, print: this.log.print(offset), router: this.router.state(), carry: this.carry };
  }

  /** Takes frames out of what was read, until there are enough. */
  protected fill(drafts: Drafts, limit: number): void {
    const { parser, router } = this;
    const received = this.host.clock.now();
    while (drafts.observations.length < limit && parser.next()) {
      const stamp = stampOf(parser);
      if (stamp > LATEST) this.badStamps++;
      else router.take(parser, stamp, received, drafts);
    }
  }

  /** Tells what was lost and what became of the rest, once per piece of the file. */
  protected report(): void {
    const { parser, host, log } = this;
    const where = `${this.name}, up to byte ${parser.position}`;
    this.counters.routed(this.router, where);
    const losses = parser.takeLosses();
    this.counters.parsed(losses, where);
    if (this.badStamps > 0) host.drop('bad_time', `${where}: ${this.badStamps} frames stamped after 2100`, this.badStamps);
    this.badStamps = 0;
    if (losses.truncated || log.truncated) {
      host.drop('truncated_file', `${where}: the log ends in the middle of a frame${log.truncated ? ` (${log.truncated})` : ''}`);
    }
  }
}
