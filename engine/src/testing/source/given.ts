// What the author of a source hands to its laws.

import type { Observation } from '../../api/index.js';

export interface SourceLaws {
  /** `with:` as a user writes it, relative paths from `directory`; ends by itself or yields at least `atLeast` observations. */
  readonly config: unknown;
  /** Prepares files in the folder that paths are relative to. */
  readonly prepare?: (directory: string) => void | Promise<void>;
  /** How many observations to look at. Default 2,000. */
  readonly atLeast?: number;
  /** The same configuration with smaller batches. */
  readonly cut?: unknown;
  /** How many observations the whole of a recording holds. */
  readonly count?: number;
  /** What may be dropped of good input, by reason: nothing, where it is left out. */
  readonly drops?: readonly string[];
  /** Some observations as they must be, in the units that are declared. */
  readonly expected?: readonly Omit<Observation, 'received'>[];
  /** Bad input: a configuration, and how many things must be dropped (by reason) while the rest flows. */
  readonly broken?: {
    readonly config: unknown;
    readonly dropped: Readonly<Record<string, number>>;
    readonly observations: number;
  };
  /** A configuration of the right form that leads to nothing: a folder that is not there. */
  readonly nowhere?: unknown;
  /** Records that nobody meant, made of good ones. */
  readonly hostile?: HostileInput;
  /** Of a source that listens: the other end. */
  readonly live?: LiveLaws;
  /**
   * Of a source with a door: says at it what the configuration of a reading has to hear, and resolves when all of that was taken. Called anew for
   * each reading; what is said the second time is the same.
   * @param address `http://127.0.0.1:PORT/test`, behind which `/PREFIX/` is what the source has mounted
   */
  push?(address: string, config: unknown, directory: string): Promise<void>;
}

export interface HostileInput {
  readonly config: unknown;
  /** Some good records as the source reads them, each of which is one observation: JSON texts, cells between commas, or bytes. */
  readonly records: readonly (string | Uint8Array)[];
  /** Puts records where the configuration looks for them, one after the other; texts with a line break behind each. */
  write(directory: string, records: readonly (string | Uint8Array)[]): void | Promise<void>;
}

/** Something to listen to that does as it is told. */
export interface Station {
  /** `with:` that leads to it. */
  readonly config: unknown;
  /** Sends so many good records, each of them one observation, in pieces that end anywhere. Resolves when somebody listens and all is sent. */
  say(count: number): Promise<void>;
  /** Sends one record that is bad. */
  sayBad(): Promise<void>;
  /** Sends so many bytes of one record that never ends; left out where a record cannot be so long. */
  sayEndless?(bytes: number): Promise<void>;
  /** Ends all connections; some of what it has to say is lost meanwhile, and who comes again is welcome. */
  hangUp(): void;
  /** Whether it keeps what it has to say for who comes again, as a log does: nothing is lost then, and nothing may be told as missing. */
  readonly keeps?: boolean;
  /** How many have connected so far; where one opens several connections, those together are one. */
  readonly connections: number;
  close(): Promise<void>;
}

export interface LiveLaws {
  /** @param address of a source with a door: `http://127.0.0.1:PORT/test`, behind which `/PREFIX/` is what it has mounted */
  open(address: string): Promise<Station>;
  /** `with:` that leads to nobody, with the longest pause between two attempts; of a source with a door nobody asks: it goes to no one. */
  readonly nobody: unknown;
}
