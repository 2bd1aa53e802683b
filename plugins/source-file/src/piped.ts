/** What comes through a pipe, looked into before it is read. */
import type { Content, Print } from '@quantstream/engine/recordings';

/** A header and a row tell what follows; so much is looked at, at most, bytes. */
const MOST = 128 * 1024;

/** A content that can be looked into. */
export interface Peeked extends Content {
  /** What it begins with, still to be read. */
  begin(): Promise<Buffer>;
  /** Nothing more is there just now, and more may come: the last line may not be whole. Known once `read` has returned `undefined`. */
  readonly dry?: boolean;
}

/** A content whose first lines are looked at before they are read. */
export class Begun implements Peeked {
  private readonly content: Content;
  private first: Buffer | undefined;

  constructor(content: Content) {
    this.content = content;
  }

  get size(): number {
    return this.content.size;
  }

  get consumed(): number {
    return this.content.consumed;
  }

  get truncated(): string | undefined {
    return this.content.truncated;
  }

  /** The first two lines, and what came with them; still to be read. */
  async begin(): Promise<Buffer> {
    let first = this.first ?? Buffer.alloc(0);
    while (first.length < MOST && first.indexOf(10, first.indexOf(10) + 1) <= first.indexOf(10)) {
      const piece = await this.content.read();
      if (!piece) break;
      first = Buffer.concat([first, piece]);
    }
    this.first = first;
    return first;
  }

  async read(): Promise<Buffer | undefined> {
    const { first } = this;
    this.first = undefined;
    return first && first.length > 0 ? first : this.content.read();
  }

  print(at: number): Print {
    return this.content.print(at);
  }

  close(): Promise<void> {
    return this.content.close();
  }
}
