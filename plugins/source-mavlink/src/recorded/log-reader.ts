import type { SourceHost } from '@quantstream/engine';
import type { Content } from '@quantstream/engine/recordings';
import { Drafts } from '../vehicle/streams.js';
import type { RecordingReader } from './reader.js';

/** What is missing before the next observation. */
export type Carry = Drafts['missing'][number]['missing'][];

/** Finds frames or records in pieces of bytes. */
interface Pieces {
  push(piece: Uint8Array): void;
  finish(): void;
}

/** What readers of any kind of log share: the file read piece by piece, until there is something to hand over. */
export abstract class LogReader implements RecordingReader {
  readonly name: string;
  protected readonly log: Content;
  protected readonly host: SourceHost;
  protected abstract readonly parser: Pieces;
  protected carry: Carry;
  private over = false;

  constructor(name: string, log: Content, host: SourceHost, carry: Carry = []) {
    this.name = name;
    this.log = log;
    this.host = host;
    this.carry = carry;
  }

  get size(): number {
    return this.log.size;
  }

  get consumed(): number {
    return this.log.consumed;
  }

  abstract state(): unknown;

  async next(limit: number): Promise<Drafts | undefined> {
    const drafts = new Drafts();
    for (const missing of this.carry) drafts.lose(missing);
    this.fill(drafts, limit);
    while (drafts.observations.length === 0 && !this.over) {
      const piece = await this.log.read();
      if (piece) this.parser.push(piece);
      else {
        this.over = true;
        this.parser.finish();
      }
      this.fill(drafts, limit);
      this.report();
    }
    // Lost before what comes next; at the end of the file there is nothing next.
    const { observations, missing } = drafts;
    const kept = this.over ? missing.length : missing.filter(({ at }) => at < observations.length).length;
    this.carry = missing.splice(kept).map((one) => one.missing);
    if (observations.length === 0 && missing.length === 0) return undefined;
    return drafts;
  }

  close(): Promise<void> {
    return this.log.close();
  }

  /** Takes out of what was read, until there is enough. */
  protected abstract fill(drafts: Drafts, limit: number): void;

  /** Tells what was lost and what became of the rest, once per piece of the file. */
  protected abstract report(): void;
}
