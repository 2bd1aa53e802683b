/** What a link tells whoever opened it. Called from its own callbacks, never from inside `open`, `send` or `close`. */
export interface LinkEvents {
  /**
   * Bytes came: a datagram, or any piece of a stream; they are the receiver's to keep.
   * @param peer the other end that sent them, as `send` takes it: `192.168.1.7:14550`; always the same on a line with two ends
   */
  received(bytes: Uint8Array, peer: string): void;
  /** It can carry bytes now: a port is bound, a connection stands. Also after each reconnect. */
  up(): void;
  /** It cannot carry bytes just now, in a sentence; it tries again by itself. Silence is not a reason. */
  down(why: string): void;
}

/**
 * A way that bytes of MAVLink take: a UDP port, a TCP connection, a serial line, a simulated vehicle. Knows nothing of frames.
 * It connects, and reconnects with growing pauses, by itself until it is closed; nothing of it throws.
 */
export interface Link {
  /** As the pipeline file says it: `udpin:0.0.0.0:14550`. */
  readonly name: string;
  /** Bytes per second that it carries one way, at most; `Infinity` where that is not known. */
  readonly bytesPerSecond: number;
  /** True where the other end cannot know of us before we have sent it something; `send` then takes '' for it. */
  readonly speaksFirst?: boolean;
  /** Begins; called once. Returns at once, whether the other end is there or not. */
  open(events: LinkEvents): void;
  /**
   * Sends one frame to a peer that `received` has named. Never waits.
   * @returns false where it cannot be sent now: the link is down, or what was sent before is still under way
   */
  send(frame: Uint8Array, peer: string): boolean;
  /** Ends it and frees the port; no event follows. Twice is fine. */
  close(): Promise<void>;
}
