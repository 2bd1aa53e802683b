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
  if (same(running.config, next.config)) return { changed: [], refused: [] };
  const refused = [
    ...changed('name', running, next, ({ config }) => config.name),
    ...changed('data', running, next, ({ dataDirectory }) => dataDirectory),
    ...changed('channel', running, next, ({ config }) => config.channel),
    ...changed('checkpoint', running, next, ({ config }) => ({ ...config.checkpoint, every: undefined })),
    ...changesOf(running.signature, next.signature),
    ...(running.config.checkpoint.store === 'memory'
      ? ['  checkpoint.store: is memory, and what is there would not outlive the change']
      : []),
  ];
  return { changed: told('', running.shown, next.shown), refused };
}

/** Whether a part is another one now, and how, in words that give no secret away. */
function changed(part: string, running: Plan, next: Plan, of: (plan: Plan) => unknown): string[] {
  if (same(of(running), of(next))) return [];
  const [before, after] = [running, next].map(({ shown }) => (shown as Record<string, unknown>)[part]);
  return told(part, before, after);
}

function told(path: string, before: unknown, after: unknown): string[] {
  const lines = differences(path, before, after).map((line) => line.replace(/^ {2}\./, '  '));
  return lines.length > 0 ? lines : [path === '' ? '  a secret' : `  a secret of ${path}`];
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
