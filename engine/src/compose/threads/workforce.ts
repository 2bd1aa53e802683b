// Who judges the keys of a pipeline: this thread alone, or several.

import { availableParallelism } from 'node:os';
import type { DependencyContainer } from 'tsyringe';
import { JudgedHere } from '../../stream/judgement.js';
import { TOKENS } from '../container.js';
import type { Workforce } from './threads.js';

export type { Workforce };

const ALONE: Workforce = { judgementOf: (parts, store) => new JudgedHere(parts, store), close: async () => {} };

/** As many as the file asks for. What several need is loaded only where there are several. */
export async function makeWorkforce(c: DependencyContainer): Promise<Workforce> {
  const { workers } = c.resolve(TOKENS.plan).config;
  const of = workers === 'auto' ? availableParallelism() : workers;
  return of === 1 ? ALONE : (await import('./threads.js')).workforceOf(c, of);
}
