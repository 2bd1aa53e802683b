// One partition as it is read: records become batches, what cannot be believed is refused, and another log is told from this one.

import type { KafkaMessage } from 'kafkajs';
import { isTime, type Missing, messageOf, type Observation, QuantStreamError, type SourceBatch } from '../../../api/index.js';
import { type Beginning, type Control, decodeControl, decodeObservation } from '../records.js';
import { type Fingerprint, fingerprintOf, type Place, SEAL, sealOf, writePlace } from '../seal.js';

/** Observations without a control record behind them are handed over at this many: a batch is never larger. */
const LARGEST_BATCH = 65_536;
/** How far time may be ahead of the broker's own time of a record that nobody has signed, ms. */
const UNSIGNED_AHEAD = 86_400_000;

/** A record that is not taken. */
export interface Refused {
  /** Snake case, for the counts. */
  readonly reason: 'bad_record' | 'foreign_record' | 'implausible_record';
  readonly why: string;
}

/** Thrown when a record makes it doubtful whether this is still the log that was read so far. */
export const DOUBTFUL = Symbol('doubtful');

export interface LogParts {
  readonly partition: number;
  readonly topic: string;
  /** Whose beginnings are believed. */
  readonly ours: Beginning;
}

/**
 * A partition while it is read, record by record. It waits for nothing: what it is given changes it at once, and a batch that is whole
 * stands in `ready` until it is taken out.
 *
 * Who may write: once a record was signed, only the ingesting half that signed it, until one of the same pipeline or of the same source
 * says that it begins. Before that, records without a signature count, as older versions wrote them.
 */
export class PartitionLog {
  /** The offset of the next record to take. */
  next: number;
  /** Behind the last record that the broker has. */
  high = 0;
  /** Whether the last record said that the stream has ended. */
  ended = false;
  /** What is to be handed over before anything else is read. */
  ready: SourceBatch | undefined;
  readonly partition: number;
  private readonly parts: LogParts;
  private pending: Observation[] = [];
  /** Set when the record at hand ends a batch. */
  private due: { watermark: number | undefined } | undefined;
  private missing: Missing[] = [];
  /** What the broker deleted: when it was known to end is only known with what comes next. */
  private hole: { count: number; from: number | undefined } | undefined;
  private seal: string | undefined;
  /** The record before `next`: as it was read, or as a checkpoint has it. */
  private before: KafkaMessage | Fingerprint | undefined;
  private recognised: boolean;
  /** A signature that was there although the log is the same: foreign for certain. */
  private foreign: string | undefined;
  /** The latest event time that was read. */
  private latest: number | undefined;
  private rawSeal: Buffer | undefined;
  private lastSeal: string | undefined;

  constructor(parts: LogParts, { next, seal, before }: Place) {
    this.parts = parts;
    this.partition = parts.partition;
    this.next = next;
    this.seal = seal;
    this.before = before;
    this.recognised = before === undefined;
  }

  /** Where to read from: with the record before, if that is known, so that the log is recognised by it. */
  get from(): number {
    return this.before === undefined ? this.next : this.next - 1;
  }
  /** Whose records are believed just now. */
  get signedBy(): string | undefined {
    return this.seal;
  }
  get waiting(): number {
    return this.pending.length;
  }

  /** It is read anew from `from`: another log may have taken its place meanwhile. */
  again(): void {
    this.recognised = this.before === undefined;
  }

  /** Looks at the record before the next one. @throws QS_CHANNEL_REPLACED when it is another than the one that was read */
  recognise(message: KafkaMessage): void {
    if (this.recognised || this.before === undefined) return;
    const known = printOf(this.before);
    const found = fingerprintOf(message);
    if (known.sum !== found.sum || known.time !== found.time)
      throw this.replaced(
        `record ${this.next - 1} is not the one that was read: it is of ${dateOf(found.time)}, and that one was of ${dateOf(known.time)}`,
      );
    this.recognised = true;
    this.ended = endOf(message);
  }

  /** What is wrong when the log is another than the one that was read so far. */
  replaced(why: string): QuantStreamError {
    const { topic, partition } = this.parts;
    return new QuantStreamError(
      'QS_CHANNEL_REPLACED',
      `partition ${partition} of the topic ${topic} is not the log that the state was made with: ${why}. It was deleted and made anew, ` +
        'restored from an older copy, or cut off. Bring that log back, or name another topic and pipeline, or start with --reset-state: ' +
        'that judges what the topic holds now, with everything learned so far forgotten',
    );
  }

  /** The broker has deleted what comes before `low`. @returns how many records that were not read */
  skipTo(low: number): number {
    const count = low - this.next;
    if (this.pending.length > 0) this.cut();
    this.hole = { count: (this.hole?.count ?? 0) + count, from: this.hole?.from ?? this.latest };
    this.move(low);
    // Who began to write meanwhile may be among what is gone.
    this.seal = undefined;
    return count;
  }

  /** Offsets that hold no records, such as the marks of transactions. */
  passTo(offset: number): void {
    this.move(offset);
  }

  private move(next: number): void {
    this.next = next;
    this.before = undefined;
    this.recognised = true;
  }

  /** Takes the next record. @returns why not @throws DOUBTFUL */
  read(message: KafkaMessage): Refused | undefined {
    if (!this.recognised) {
      // The record before is gone, and with it what could tell whether its writer still is the one.
      this.seal = undefined;
      this.recognised = true;
    }
    const refused = this.take(message);
    this.next = Number(message.offset) + 1;
    this.before = message;
    if (this.due || this.pending.length >= LARGEST_BATCH) this.cut();
    return refused;
  }

  private take(message: KafkaMessage): Refused | undefined {
    const { key, value } = message;
    const seal = this.sealOf(message);
    try {
      const keyed = key !== null && key.length > 0;
      if (!keyed && seal !== undefined && seal !== this.seal) {
        const { begin } = decodeControl(value);
        if (begin) return this.begin(begin, seal);
      }
      const foreign = this.refuses(seal);
      if (foreign) return foreign;
      if (!keyed) return this.control(decodeControl(value), seal, message);
      const observation = decodeObservation(key.toString(), value);
      this.reach(observation.time);
      this.pending.push(observation);
      this.ended = false;
      return undefined;
    } catch (error) {
      if (error === DOUBTFUL) throw error;
      return { reason: 'bad_record', why: messageOf(error) };
    }
  }

  private begin({ pipeline, source }: Beginning, seal: string): Refused | undefined {
    const { ours } = this.parts;
    if (pipeline !== ours.pipeline && source !== ours.source)
      return { reason: 'foreign_record', why: `the pipeline ${pipeline} begins to write here, from another source` };
    this.seal = seal;
    this.ended = false;
    return undefined;
  }

  /** Whether a record is not from who writes here. @throws DOUBTFUL */
  private refuses(seal: string | undefined): Refused | undefined {
    if (seal === this.seal) return undefined;
    if (this.seal === undefined) {
      this.seal = seal;
      return undefined;
    }
    if (seal === undefined) return { reason: 'foreign_record', why: 'it is not signed by our ingesting half' };
    // Either somebody else writes here, or this is another log since.
    if (this.before !== undefined && seal !== this.foreign) {
      this.foreign = seal;
      throw DOUBTFUL;
    }
    return { reason: 'foreign_record', why: 'it is signed by another ingesting half than the one that writes here' };
  }

  /** Who has not signed must not say that time has come far beyond what the broker's own clock says, unless it did before. */
  private implausible(time: number, seal: string | undefined, { timestamp }: KafkaMessage): Refused | undefined {
    if (seal !== undefined || time <= Math.max(Number(timestamp), this.latest ?? 0) + UNSIGNED_AHEAD) return undefined;
    return { reason: 'implausible_record', why: `it says that time has come to ${dateOf(time)}` };
  }

  private reach(time: number): void {
    if (this.latest === undefined || time > this.latest) this.latest = time;
    if (!this.hole) return;
    const { count, from = time } = this.hole;
    this.hole = undefined;
    const reason = `the broker deleted ${count} records before they were read`;
    this.missing.push({ key: '*', from: Math.min(from, time), to: time, reason, count });
  }

  private control({ watermark, missing, end }: Control, seal: string | undefined, message: KafkaMessage): Refused | undefined {
    if (watermark !== undefined) {
      const early = this.implausible(watermark, seal, message);
      if (early) return early;
      this.reach(watermark);
    }
    if (missing) this.missing.push(...missing);
    if (end) this.ended = true;
    // What is missing waits for the observations that it came with.
    if (end || !missing) this.due = { watermark };
    return undefined;
  }

  /** Makes a batch of what was read; the lane stands behind the last record then. */
  private cut(): void {
    if (this.hole) {
      // A record that only ends a batch can wait until it is known how far the hole reaches.
      if (this.latest === undefined && this.missing.length === 0 && !this.ended) {
        this.due = undefined;
        return;
      }
      this.reach(this.latest ?? timeOf(this.before));
    }
    const { pending, missing, next, seal, before, due } = this;
    const cursor = writePlace({ next, seal, before: before && printOf(before) });
    this.pending = [];
    this.missing = [];
    this.due = undefined;
    this.ready = {
      observations: pending,
      ...(missing.length > 0 ? { missing } : {}),
      cursor,
      ...(due?.watermark === undefined ? {} : { watermark: due.watermark }),
    };
  }

  /** Takes out what is ready. */
  takeReady(): SourceBatch {
    const batch = this.ready!;
    this.ready = undefined;
    return batch;
  }

  private sealOf(message: KafkaMessage): string | undefined {
    const raw = message.headers?.[SEAL];
    if (!(raw instanceof Buffer)) return sealOf(message);
    if (this.rawSeal === undefined || !this.rawSeal.equals(raw)) {
      this.rawSeal = raw;
      this.lastSeal = sealOf(message);
    }
    return this.lastSeal;
  }
}

const printOf = (record: KafkaMessage | Fingerprint): Fingerprint => ('sum' in record ? record : fingerprintOf(record));

const timeOf = (record: KafkaMessage | Fingerprint | undefined): number => {
  const time = Number(record && printOf(record).time);
  return isTime(time) ? time : 0;
};

const dateOf = (time: number | string): string => (isTime(Number(time)) ? new Date(Number(time)).toISOString() : String(time));

/** Whether a record says that the stream ends with it. */
function endOf({ key, value }: KafkaMessage): boolean {
  if (key !== null && key.length > 0) return false;
  try {
    return decodeControl(value).end === true;
  } catch {
    return false;
  }
}
