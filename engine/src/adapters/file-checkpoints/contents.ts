// What is where in a log, as its records go by.

import type { Place } from './log.js';
import { BLOB, END, type Head, STATE } from './record.js';

/** The latest record of a key. */
export interface Kept extends Place {
  readonly wake: number;
  readonly blobs: readonly string[];
}

/** Where the state of each key and each immutable part stands, and how many bytes of the log are not outdated. */
export class Contents {
  readonly states = new Map<string, Kept>();
  readonly blobs = new Map<string, Place>();
  /** Bytes of what is current. */
  live = 0;
  /** Ends of checkpoints, and the last of them. */
  ends = 0;
  end: Place | undefined;
  private readonly uses = new Map<string, number>();
  /** Current records whose payload is damaged, by the map that they stand in. */
  private readonly damaged = new Map<string, Place>();

  /** What the state of now rests on and cannot be read; `undefined` where all is sound. */
  get trouble(): string | undefined {
    for (const [name, { offset }] of this.damaged) {
      const [kind, id] = [name[0], name.slice(1)];
      const current = kind === 's' ? this.states.get(id) : this.uses.has(id) ? this.blobs.get(id) : undefined;
      if (current?.offset === offset) return `the record at byte ${offset} is damaged`;
    }
    return undefined;
  }

  /** A record that stands in the log. */
  add({ kind, name, wake, blobs }: Head, place: Place, sound: boolean): void {
    if (kind === STATE) this.state(name, { ...place, wake, blobs });
    else if (kind === BLOB) this.blob(name, place);
    else if (kind === END) {
      this.ends++;
      this.end = place;
      this.forgetUnused();
    }
    if (!sound && kind !== END) this.damaged.set(`${kind === STATE ? 's' : 'b'}${name}`, place);
  }

  state(key: string, kept: Kept): void {
    const before = this.states.get(key);
    this.states.set(key, kept);
    this.live += kept.length - (before?.length ?? 0);
    if (kept.blobs.length > 0) for (const hash of kept.blobs) this.uses.set(hash, (this.uses.get(hash) ?? 0) + 1);
    for (const hash of before?.blobs ?? []) {
      const uses = this.uses.get(hash)! - 1;
      if (uses > 0) this.uses.set(hash, uses);
      else this.uses.delete(hash);
    }
  }

  blob(hash: string, place: Place): void {
    this.live += place.length - (this.blobs.get(hash)?.length ?? 0);
    this.blobs.set(hash, place);
  }

  /** Forgets immutable parts that no state refers to any more. */
  forgetUnused(): void {
    if (this.blobs.size === this.uses.size) return;
    for (const [hash, { length }] of this.blobs) {
      if (this.uses.has(hash)) continue;
      this.blobs.delete(hash);
      this.live -= length;
    }
  }
}
