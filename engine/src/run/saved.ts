import { messageOf, QuantStreamError } from '../api/index.js';
import { decode, encode } from './codec.js';
import type { EventTimeState } from './event-time.js';

/** What a checkpoint holds beside the keys' states. */
export interface Saved {
  /** Wall-clock ms; for people only. */
  readonly savedAt: number;
  readonly cursor: string | null;
  readonly time: EventTimeState;
  readonly signature: Signature;
}

/** The configuration that the state depends on, part by part, as canonical JSON. */
export type Signature = Readonly<Record<string, string>>;

export function encodeSaved(saved: Saved): Uint8Array {
  return encode(saved);
}

/** @throws QS_STATE_CORRUPT */
export function decodeSaved(bytes: Uint8Array): Saved {
  try {
    return decode(bytes) as Saved;
  } catch (error) {
    throw new QuantStreamError(
      'QS_STATE_CORRUPT',
      `the checkpoint cannot be read: ${messageOf(error)}; start afresh with --reset-state`,
      {
        cause: error,
      },
    );
  }
}

/** Refuses state that another configuration made. @throws QS_STATE_SIGNATURE */
export function checkSignature(saved: Signature, now: Signature, pipeline: string): void {
  const changed = [...new Set([...Object.keys(saved), ...Object.keys(now)])].filter((part) => saved[part] !== now[part]);
  if (changed.length === 0) return;
  const lines = changed.map((part) => `  ${part}: was ${saved[part] ?? 'absent'}, is ${now[part] ?? 'absent'}`);
  throw new QuantStreamError(
    'QS_STATE_SIGNATURE',
    `the saved state of pipeline ${pipeline} was made by another configuration:\n${lines.join('\n')}\n` +
      'Forget that state with --reset-state, or give the pipeline another name and keep both.',
  );
}
