// Observations against what a source declares.

import { type Emits, type Observation, sayAny } from '../../api/index.js';
import type { Reading } from './trial.js';

/** What of a reading is not as it is declared. */
export function firstWrong(emits: Emits, reading: Reading): string | undefined {
  for (const [i, o] of reading.observations.entries()) {
    const found = wrong(emits, o);
    if (found !== undefined) return `observation ${i} (${sayAny(o.type)} ${sayAny(o.sequence)} of ${sayAny(o.key)}): ${found}`;
  }
  return undefined;
}

function wrong(emits: Emits, { key, type, sequence, time, received, values, text = {} }: Observation): string | undefined {
  // Half a character that was made whole is a replacement character; what is only too long the engine refuses.
  if (typeof key !== 'string' || key === '' || !key.isWellFormed() || key.includes('\ufffd'))
    return `${sayAny(key)} is no key: a text of whole characters`;
  const declared = emits[type];
  if (declared === undefined) return 'its type is not declared';
  for (const [name, value] of Object.entries({ sequence, time, received }))
    if (!Number.isFinite(value)) return `${name} is ${sayAny(value)}`;
  for (const [name, value] of Object.entries(values)) {
    if (declared.fields[name] === undefined) return `the field ${name} is not declared`;
    if (!Number.isFinite(value)) return `${name} is ${sayAny(value)}`;
  }
  for (const [name, { optional }] of Object.entries(declared.fields))
    if (!optional && values[name] === undefined) return `${name} is absent, and not optional`;
  for (const [name, value] of Object.entries(text)) {
    if (declared.text?.[name] === undefined) return `the text ${name} is not declared`;
    if (typeof value !== 'string') return `the text ${name} is ${sayAny(value)}`;
  }
  return undefined;
}
