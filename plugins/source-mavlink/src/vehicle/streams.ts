import type { Missing, Observation } from '@quantstream/engine';

/** The observations of one type of one key: their sequence. */
export interface Stream {
  readonly key: string;
  readonly type: string;
  last: number;
}

/** By key and type: the last sequence. */
export type StreamsState = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** All streams of a source. Recordings of one vehicle share theirs. */
export class Streams {
  private readonly keys = new Map<string, Map<string, Stream>>();

  private readonly base: number;

  /** @param base what the first sequence of a stream follows, where there is no state */
  constructor(state: StreamsState = {}, base = 0) {
    this.base = base;
    for (const [key, types] of Object.entries(state)) {
      for (const [type, last] of Object.entries(types)) this.of(key, type).last = last;
    }
  }

  of(key: string, type: string): Stream {
    let types = this.keys.get(key);
    if (types === undefined) {
      types = new Map();
      this.keys.set(key, types);
    }
    let stream = types.get(type);
    if (stream === undefined) {
      stream = { key, type, last: this.base };
      types.set(type, stream);
    }
    return stream;
  }

  state(): StreamsState {
    const used = (types: Map<string, Stream>) => [...types.values()].filter(({ last }) => last > 0);
    return Object.fromEntries(
      [...this.keys].map(([key, types]) => [key, Object.fromEntries(used(types).map(({ type, last }) => [type, last]))]),
    );
  }
}

/** An observation whose sequence is given when its turn has come. */
export type Draft = { -readonly [Name in keyof Observation]: Observation[Name] };

/** What frames became, in order. */
export class Drafts {
  readonly observations: Draft[] = [];
  /** By observation: its stream. */
  readonly streams: Stream[] = [];
  /** What is missing, before the observation of that index. */
  readonly missing: { readonly at: number; readonly missing: Missing }[] = [];

  add(observation: Draft, stream: Stream): void {
    this.observations.push(observation);
    this.streams.push(stream);
  }

  lose(missing: Missing): void {
    this.missing.push({ at: this.observations.length, missing });
  }
}
