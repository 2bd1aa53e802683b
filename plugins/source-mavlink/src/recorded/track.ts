import type { Missing } from '@quantstream/engine';
import type { Earliest } from '@quantstream/engine/recordings';
import { type Draft, Drafts, type Stream } from '../vehicle/streams.js';
import type { Place } from './cursor.js';
import type { RecordingReader } from './reader.js';

/** A recording on its way through a merge: what was read of it and not handed over yet. */
export class Track {
  readonly reader: RecordingReader;
  private readonly limit: number;
  private drafts = new Drafts();
  private at = 0;
  private missingAt = 0;
  private state: unknown;
  /** Observations at the front that an earlier run has handed over. */
  private skip: number;
  private over = false;

  constructor(reader: RecordingReader, limit: number, skip: number) {
    this.reader = reader;
    this.limit = limit;
    this.skip = skip;
    this.state = reader.state();
  }

  /** Whether nothing will come any more. */
  get ended(): boolean {
    return this.over;
  }

  /** Whether something has to be read first. */
  get empty(): boolean {
    return this.at >= this.drafts.observations.length && this.missingAt >= this.drafts.missing.length;
  }

  /** Event time of the next observation; −∞ where only a loss is left to tell, or something has to be read first. */
  get time(): number {
    return this.at < this.drafts.observations.length ? this.drafts.observations[this.at].time : Number.NEGATIVE_INFINITY;
  }

  /** Nothing of it is left to read: an earlier run has come to its end. */
  finish(): void {
    this.over = true;
  }

  /** Reads until there is something, or the end. */
  async load(): Promise<void> {
    while (this.empty && !this.over) {
      this.state = this.reader.state();
      const drafts = await this.reader.next(this.skip + this.limit);
      this.at = 0;
      this.missingAt = 0;
      this.over = drafts === undefined;
      if (this.over) this.state = this.reader.state();
      this.drafts = drafts ?? new Drafts();
      if (this.skip > 0) this.pass();
    }
  }

  /** What is missing before the next observation, if anything; taken with this. */
  takeMissing(): Missing | undefined {
    const next = this.drafts.missing[this.missingAt];
    if (next === undefined || next.at > this.at) return undefined;
    this.missingAt++;
    return next.missing;
  }

  /** Whether something is missing before the next observation. */
  get hasMissing(): boolean {
    const next = this.drafts.missing[this.missingAt];
    return next !== undefined && next.at <= this.at;
  }

  /** Moves observations to `out` for as long as it is this one's turn in `order`, up to `most` or to the next loss. */
  move(out: Draft[], order: Earliest<Track>, most: number): void {
    const { observations, streams, missing } = this.drafts;
    const lost = missing[this.missingAt]?.at ?? Number.POSITIVE_INFINITY;
    const end = Math.min(observations.length, lost, this.at + most);
    do {
      const draft = observations[this.at];
      draft.sequence = ++(streams[this.at] as Stream).last;
      out.push(draft);
      this.at++;
    } while (this.at < end && order.leads());
  }

  place(): Place {
    const { name, size } = this.reader;
    const ended = this.over && this.empty;
    return { file: name, size, state: this.state, ended, taken: ended ? 0 : this.at };
  }

  /** Passes over what was handed over before a restart, losses in front of it included. */
  private pass(): void {
    const { observations, missing } = this.drafts;
    const passed = Math.min(this.skip, observations.length);
    this.at = passed;
    this.skip -= passed;
    while (this.missingAt < missing.length && missing[this.missingAt].at < passed) this.missingAt++;
    // Told with the observation behind it, or with the last of the file.
    if (this.skip === 0 && this.at >= observations.length) this.missingAt = missing.length;
  }
}
