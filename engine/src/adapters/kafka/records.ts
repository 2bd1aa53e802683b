import type { Missing, Observation } from '../../api/index.js';

/**
 * What stands in the topic. An observation is one record, keyed by its entity, as JSON that any consumer can read. Behind the
 * observations of each batch, every partition that the batch concerns gets a control record, which has no key: how far time has
 * come, what is missing, whether the stream has ended. Batches are cut there, so that reading them again cuts them alike.
 */
export interface Control {
  readonly watermark?: number;
  readonly missing?: readonly Missing[];
  readonly end?: true;
}

export function encodeObservation({ type, sequence, time, received, values, text, sender }: Observation): string {
  return JSON.stringify({ type, sequence, time, received, values, text, sender });
}

/** @throws a sentence when the record is none of ours */
export function decodeObservation(key: string, value: Buffer | null): Observation {
  const { type, sequence, time, received, values, text, sender } = parse(value) as Partial<Observation>;
  if (typeof type !== 'string') throw new Error('it has no type');
  if (typeof sequence !== 'number') throw new Error('it has no sequence');
  if (typeof time !== 'number' || typeof received !== 'number') throw new Error('it lacks one of its times');
  if (typeof values !== 'object' || values === null) throw new Error('it has no values');
  const plain = { key, type, sequence, time, received, values };
  if (text === undefined && sender === undefined) return plain;
  return { ...plain, ...(text === undefined ? {} : { text }), ...(typeof sender === 'string' ? { sender } : {}) };
}

/** @throws a sentence when the record is none of ours */
export function decodeControl(value: Buffer | null): Control {
  const { watermark, missing, end } = parse(value) as Control;
  if (watermark !== undefined && typeof watermark !== 'number') throw new Error('its watermark is no number');
  if (missing !== undefined && !Array.isArray(missing)) throw new Error('its missing is no list');
  return {
    ...(watermark === undefined ? {} : { watermark }),
    ...(missing === undefined ? {} : { missing }),
    ...(end === true ? { end } : {}),
  };
}

function parse(value: Buffer | null): object {
  if (value === null) throw new Error('it is empty');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString());
  } catch {
    throw new Error('it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw new Error('it is no JSON object');
  return parsed;
}
