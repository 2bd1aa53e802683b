/** Hands over the rows of recordings in order of time: checked as they come, sorted within the pipeline's lateness, or sorted as a whole. */
import { type Observation, QuantStreamError, type SourceBatch } from '../../api/index.js';
import { readPosition } from '../positions.js';
import { disorderOf, shownTime } from './disorder.js';
import { type Rows, UNNUMBERED } from './rows.js';
import { type OrderState, TimeOrder } from './time-order.js';
import { Waiting, type WaitingState } from './waiting.js';

export interface OrderSettings {
  /** The name of the plugin, with which messages begin. */
  readonly plugin: string;
  /** The host's: how late a row may be, and how far ahead of all others it is believed, ms. */
  readonly time: { readonly lateness: number; readonly maxAhead: number };
  /** Whether everything is read and sorted before the first row is handed over. */
  readonly sort: boolean;
  /** Most rows in a batch. */
  readonly batch: number;
  /** What rows without a number are counted by. */
  readonly numbering: 'all' | 'key';
  /**
   * Reads rows as they stand in the recordings, from a cursor that it gave, or from the beginning.
   * @param until a cursor that it gave later: what lies behind it is left alone, however much was added since
   */
  read(from: string | null, signal: AbortSignal, until?: string): AsyncIterable<Rows>;
}

/** Where a run stands, as JSON. */
export interface OrderCursor {
  readonly kind: 'ordered';
  /** Where the recordings are read on, and how many rows lie before that. */
  readonly from: string | null;
  readonly row: number;
  readonly order: OrderState;
  /** By key, or by '' for all: the number that was given last. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Absent where no row waited. */
  readonly waiting?: WaitingState;
  /** What is being sorted ends here, and so many of it were handed over. */
  readonly sorting?: { readonly until: string; readonly given: number };
}

/** The rows that `settings.read` gives, in order of time, as batches that can be resumed exactly. */
export async function* inOrder(settings: OrderSettings, from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
  const cursor =
    from === null
      ? undefined
      : readPosition<OrderCursor>(from, settings.plugin, 'recordings', ({ kind, order }) => kind === 'ordered' && !!order);
  const run = new Run(settings, cursor);
  if (settings.sort) yield* run.sorted(signal);
  else if (settings.time.lateness > 0 || cursor?.waiting) yield* run.held(signal);
  else yield* run.checked(signal);
}

class Run {
  private readonly settings: OrderSettings;
  private readonly saved: OrderCursor | undefined;
  private readonly order: TimeOrder;
  private readonly numbers: Map<string, number>;

  constructor(settings: OrderSettings, saved: OrderCursor | undefined) {
    this.settings = settings;
    this.saved = saved;
    this.order = new TimeOrder(settings.time, saved?.order);
    this.numbers = new Map(Object.entries(saved?.numbers ?? {}));
  }

  /** Rows pass as they come, as long as there is an order. */
  async *checked(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    let row = this.saved?.row ?? 0;
    for await (const rows of this.settings.read(this.saved?.from ?? null, signal)) {
      const { observations, cursor } = rows;
      for (let i = 0; i < observations.length; i++) {
        if (!this.order.take(observations[i]!)) throw this.behind(rows, i);
        this.number(observations[i]!);
      }
      row += observations.length;
      yield { observations, cursor: cursor === null ? null : this.cursor(cursor, row) };
    }
  }

  /** Rows wait until none can come before them any more. */
  async *held(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { settings, saved, order } = this;
    const { lateness } = settings.time;
    const waiting = new Waiting(saved?.from ?? null, saved?.row ?? 0, saved?.waiting);
    let out: Observation[] = [];
    const batch = (): SourceBatch => {
      const observations = out;
      out = [];
      for (const observation of observations) this.number(observation);
      const place = waiting.place();
      return { observations, cursor: place && this.cursor(place.from, place.row, waiting.state()) };
    };
    for await (const rows of settings.read(saved?.from ?? null, signal)) {
      const { observations } = rows;
      for (let i = 0; i < observations.length; i++) {
        const observation = observations[i]!;
        if (!waiting.read()) {
          waiting.again(observation);
          continue;
        }
        if (!order.take(observation)) throw this.behind(rows, i);
        if (order.broke) {
          // What waits is handed over as it is, and the row that is out of place stays in its place: the engine decides about it.
          while (waiting.size > 0) if (out.push(waiting.give()) >= settings.batch) yield batch();
          waiting.end();
        }
        waiting.push(observation);
        while (waiting.size > 0 && waiting.time < order.latest - lateness) {
          if (out.push(waiting.give()) >= settings.batch) yield batch();
        }
      }
      waiting.behind(rows.cursor);
      if (out.length > 0) yield batch();
    }
    if (signal.aborted) return;
    while (waiting.size > 0) if (out.push(waiting.give()) >= settings.batch) yield batch();
    waiting.end();
    if (out.length > 0) yield batch();
  }

  /** Everything that there is, sorted; what was added while that was read comes behind it. */
  async *sorted(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    // Loaded only where it is asked for, and costs nothing elsewhere.
    const { Sorter } = await import('./sorter.js');
    const { settings } = this;
    let from = this.saved?.from ?? null;
    let row = this.saved?.row ?? 0;
    let { until, given: skip } = this.saved?.sorting ?? { until: undefined, given: 0 };
    for (;;) {
      const sorter = new Sorter();
      try {
        let end: string | null | undefined = until;
        let count = 0;
        for await (const { observations, cursor } of settings.read(from, signal, until)) {
          for (const observation of observations) await sorter.add(observation);
          count += observations.length;
          end = until ?? cursor;
        }
        if (signal.aborted || count === 0 || end === undefined) return;
        let given = 0;
        for await (const sorted of sorter.sorted(settings.batch)) {
          if (signal.aborted) return;
          const observations = given < skip ? sorted.slice(skip - given) : sorted;
          given += sorted.length;
          if (observations.length === 0) continue;
          this.checkAdded(observations[0]!, skip);
          for (const observation of observations) {
            this.order.follow(observation.time);
            this.number(observation);
          }
          const whole = given === count;
          const sorting = whole || end === null ? undefined : { until: end, given };
          const cursor = end === null ? null : whole ? this.cursor(end, row + count) : this.cursor(from, row, undefined, sorting);
          yield { observations, cursor };
        }
        if (end === null) return;
        from = end;
        row += count;
        // What an earlier run has begun to sort is done; the rest of the files is next.
        if (until === undefined) return;
        until = undefined;
        skip = 0;
      } finally {
        await sorter.close();
      }
    }
  }

  /** What was added to recordings that were sorted and handed over must be later than they. */
  private checkAdded(first: Observation, skipped: number): void {
    if (skipped > 0 || first.time >= this.order.latest - this.settings.time.lateness) return;
    throw new QuantStreamError(
      'QS_SOURCE_FAILED',
      `${this.settings.plugin}: rows that were added since begin at ${shownTime(first.time)}, and rows up to ` +
        `${shownTime(this.order.latest)} were handed over before: start afresh with --reset-state, so that all are sorted together`,
    );
  }

  private behind(rows: Rows, at: number): QuantStreamError {
    const { plugin, time } = this.settings;
    const disorder = disorderOf(rows, at, this.order.front, time.lateness, this.saved !== undefined);
    return new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: ${disorder}`);
  }

  private number(observation: Observation): void {
    if (observation.sequence !== UNNUMBERED) return;
    const name = this.settings.numbering === 'key' ? observation.key : '';
    const next = (this.numbers.get(name) ?? 0) + 1;
    this.numbers.set(name, next);
    (observation as { sequence: number }).sequence = next;
  }

  private cursor(from: string | null, row: number, waiting?: WaitingState, sorting?: OrderCursor['sorting']): string {
    const cursor: OrderCursor = {
      kind: 'ordered',
      from,
      row,
      order: this.order.state(),
      numbers: Object.fromEntries(this.numbers),
      ...(waiting && { waiting }),
      ...(sorting && { sorting }),
    };
    return JSON.stringify(cursor);
  }
}
