// Whether a changed file may take over from the one that runs.

import type { Plan } from '../spec/planned.js';
import { changesOf, differences } from '../state/saved.js';

/** What has changed in a file, and what of that stands in the way of going on with the state that there is; a line each. */
export interface Takeover {
  readonly changed: readonly string[];
  readonly refused: readonly string[];
}

/** Compares a plan with the one that runs. */
export function takeoverOf(running: Plan, next: Plan): Takeover {
  if (JSON.stringify(running.config) === JSON.stringify(next.config)) return { changed: [], refused: [] };
  const shown = differences('', running.shown, next.shown).map((line) => line.replace(/^ {2}\./, '  '));
  const place = ({ config: { name, checkpoint, channel }, dataDirectory }: Plan) => ({
    name,
    data: dataDirectory,
    checkpoint: { store: checkpoint.store },
    channel,
  });
  const refused = [
    ...differences('', place(running), place(next)).map((line) => line.replace(/^ {2}\./, '  ')),
    ...changesOf(running.signature, next.signature),
    ...(running.config.checkpoint.store === 'memory'
      ? ['  checkpoint.store: is memory, and what is there would not outlive the change']
      : []),
  ];
  return { changed: shown.length > 0 ? shown : ['  a secret'], refused };
}
