// What stands in the topic, and what is believed of it.

import { isKey, isSequence, isTime, type Missing, type Observation, z } from '../../api/index.js';

/** A topic that was left. */
export interface Origin {
  readonly topic: string;
  readonly partitions: number;
}

/** Who begins to write, told at each start of an ingesting half. */
export interface Beginning {
  readonly pipeline: string;
  /** The source's part of the signature, as a hash. */
  readonly source: string;
  /** The topic that the states behind this one come from, where it is not a beginning. */
  readonly from?: Origin | undefined;
}

/**
 * What stands in the topic. An observation is one record, keyed by its entity, as JSON that any consumer can read. Behind the
 * observations of each batch, every partition that the batch concerns gets a control record, which has no key: how far time has
 * come, what is missing, whether the stream has ended. Batches are cut there, so that reading them again cuts them alike. An ingesting half
 * that starts says so to every partition first.
 */
export interface Control {
  readonly watermark?: number | undefined;
  readonly missing?: readonly Missing[] | undefined;
  readonly end?: true | undefined;
  readonly begin?: Beginning | undefined;
}

export function encodeObservation({ type, sequence, time, received, values, text, sender }: Observation): string {
  return JSON.stringify({ type, sequence, time, received, values, text, sender });
}

/** @throws a sentence when the record is none of ours */
export function decodeObservation(key: string, value: Buffer | null): Observation {
  const { type, sequence, time, received, values, text, sender } = parse(value) as Partial<Observation>;
  if (!isKey(key)) throw new Error('its key is no name of an entity');
  if (typeof type !== 'string') throw new Error('it has no type');
  if (!isSequence(sequence)) throw new Error('it has no sequence');
  if (!isTime(time) || !isTime(received)) throw new Error('it lacks one of its times');
  if (values === undefined || !isRecordOf(values, 'number')) throw new Error('its values are no numbers by name');
  if (text !== undefined && !isRecordOf(text, 'string')) throw new Error('its texts are no texts by name');
  if (sender !== undefined && typeof sender !== 'string') throw new Error('its sender is no text');
  const plain = { key, type, sequence, time, received, values };
  if (text === undefined && sender === undefined) return plain;
  return { ...plain, ...(text === undefined ? {} : { text }), ...(sender === undefined ? {} : { sender }) };
}

function isRecordOf(given: unknown, type: 'number' | 'string'): boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  for (const name in given) if (typeof (given as Record<string, unknown>)[name] !== type) return false;
  return true;
}

const time = z.number().refine(isTime, 'expected a time');
const CONTROL = z.object({
  watermark: time.optional(),
  missing: z
    .array(
      z.object({
        key: z.string().refine(isKey, 'expected a key or *'),
        from: time,
        to: time,
        reason: z.string().max(1_000),
        count: z.number().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
      }),
    )
    .optional(),
  end: z.literal(true).optional(),
  begin: z
    .object({
      pipeline: z.string(),
      source: z.string(),
      from: z.object({ topic: z.string(), partitions: z.number() }).optional(),
    })
    .optional(),
});

/** @throws a sentence when the record is none of ours */
export function decodeControl(value: Buffer | null): Control {
  const { success, data, error } = CONTROL.safeParse(parse(value));
  if (success) return data as Control;
  const [first] = error.issues;
  throw new Error(`its ${first!.path.join('.')} is not as it should be: ${first!.message}`);
}

function parse(value: Buffer | null): object {
  if (value === null) throw new Error('it is empty');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString());
  } catch {
    throw new Error('it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it is no JSON object');
  return parsed;
}
