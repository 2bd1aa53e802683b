// Says something of an episode, or takes it back; the server's answer is what then holds.

import { signal } from '@preact/signals';
import type { Say } from '../../src/wire.js';
import { tell } from '../state/ask.js';
import { askLabels, chosen } from '../state/store.js';

const NAME = 'quantstream.name';

export const note = signal('');
export const who = signal(localStorage.getItem(NAME) ?? '');
/** What the last answer led to, a sentence. */
export const told = signal('');

export function callYourself(name: string): void {
  who.value = name;
  localStorage.setItem(NAME, name);
}

async function send(name: string, body: unknown, done: string): Promise<void> {
  try {
    await tell(name, body);
    await askLabels();
    note.value = '';
    told.value = done;
  } catch (fault) {
    told.value = `Not kept: ${(fault as Error).message}`;
  }
}

/** @param mute how long nobody is called for the key, ms */
export async function say(label: Say['label'], mute?: number): Promise<void> {
  const episode = chosen.peek();
  if (!episode) return;
  const [remark, by] = [note.peek().trim(), who.peek().trim()];
  const said: Say = {
    episode: episode.id,
    label,
    ...(remark ? { note: remark } : {}),
    ...(mute ? { mute, muteOnly: true } : {}),
    ...(by ? { by } : {}),
  };
  await send('labels', said, mute ? 'Muted.' : `Kept as ${label}.`);
}

/** Nobody is called for the key for so long, ms; what was said of the episode stays, and who mutes it unsaid has seen it. */
export const mute = (ms: number) => say(chosen.peek()?.label?.label ?? 'anomaly', ms);

export async function undo(): Promise<void> {
  const episode = chosen.peek();
  if (episode) await send('labels/undo', { episode: episode.id }, 'Taken back.');
}
