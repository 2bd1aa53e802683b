// Signatures of MAVLink 2: made, checked, and never taken twice.

import { createHash, hash } from 'node:crypto';
import type { FrameParser } from './frames.js';
import { ID } from './ids.js';

// Source: https://mavlink.io/en/guide/message_signing.html
const KEY = 32;
/** Link id, time stamp and signature behind the checksum. */
const LINK = 1;
const STAMP = 6;
const SIGNATURE = 6;
export const TRAILER = LINK + STAMP + SIGNATURE;
const LONGEST = 10 + 255 + 2;
/** Time stamps count 10 µs from 2015. */
const EPOCH = Date.UTC(2015, 0, 1);
const PER_MS = 100;
/** A sender that was not heard before may be so far behind the newest time stamp. */
const MINUTE = 60_000 * PER_MS;

/** What a frame's signature says. */
export type Signed = 'good' | 'bad_signature' | 'replayed' | 'unsigned';

/** By sender and link id (system · 65536 + component · 256 + link): its last time stamp; and the newest of all. */
export interface SignaturesState {
  readonly newest: number;
  readonly streams: readonly (readonly [stream: number, stamp: number])[];
}

export interface SigningSettings {
  readonly key: Buffer;
  readonly unsigned: 'refuse' | 'accept';
}

/** The key of a passphrase, as ground stations make it. */
export const keyOfPassphrase = (passphrase: string): Buffer => createHash('sha256').update(passphrase, 'utf8').digest();

/** Checks the signatures of frames that come, and signs those that go. */
export class Signatures {
  private readonly acceptUnsigned: boolean;
  private readonly content = Buffer.alloc(KEY + LONGEST + LINK + STAMP);
  private readonly streams: Map<number, number>;
  private newest: number;

  constructor({ key, unsigned }: SigningSettings, state: SignaturesState = { newest: 0, streams: [] }) {
    this.acceptUnsigned = unsigned === 'accept';
    key.copy(this.content);
    this.streams = new Map(state.streams);
    this.newest = state.newest;
  }

  state(): SignaturesState {
    return { newest: this.newest, streams: [...this.streams] };
  }

  /**
   * What the signature of the parser's frame says. A good one must be newer than the last of its sender on its link: the standard allows
   * nothing to come out of order.
   */
  check(frame: FrameParser): Signed {
    if (!frame.signed) {
      // Radios make these themselves and have no key.
      const radio = frame.id === ID.RADIO_STATUS || frame.id === ID.RADIO;
      return radio || this.acceptUnsigned ? 'good' : 'unsigned';
    }
    const { bytes, start } = frame;
    const end = frame.payload + frame.payloadLength + 2 + LINK + STAMP;
    const signature = this.signatureOf(bytes, start, end);
    for (let i = 0; i < SIGNATURE; i++) if (signature[i] !== bytes[end + i]) return 'bad_signature';
    let stamp = 0;
    for (let i = STAMP - 1; i >= 0; i--) stamp = stamp * 256 + bytes[end - STAMP + i];
    const stream = frame.system * 65_536 + frame.component * 256 + bytes[end - STAMP - LINK];
    const last = this.streams.get(stream);
    if (last === undefined ? stamp < this.newest - MINUTE : stamp <= last) return 'replayed';
    this.streams.set(stream, stamp);
    if (stamp > this.newest) this.newest = stamp;
    return 'good';
  }

  /**
   * A MAVLink 2 frame, whose flag and checksum say that it is signed, with its signature.
   * @param now ms since the epoch; the time stamp is ahead of all that were seen or made before
   */
  sign(frame: Uint8Array, link: number, now: number): Buffer {
    const end = frame.length + LINK + STAMP;
    const signed = Buffer.alloc(end + SIGNATURE);
    signed.set(frame);
    signed[frame.length] = link;
    this.newest = Math.max(this.newest + 1, Math.floor((now - EPOCH) * PER_MS));
    signed.writeUIntLE(this.newest, frame.length + LINK, STAMP);
    this.signatureOf(signed, 0, end).copy(signed, end);
    return signed;
  }

  private signatureOf(bytes: Uint8Array, start: number, end: number): Buffer {
    const { content } = this;
    content.set(bytes.subarray(start, end), KEY);
    return (hash('sha256', content.subarray(0, KEY + end - start), 'buffer') as Buffer).subarray(0, SIGNATURE);
  }
}
