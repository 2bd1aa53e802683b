import { createRequire } from 'node:module';

/** The version of the engine, as its package says it: found by name, wherever this code stands in it. */
export const { version: VERSION } = createRequire(import.meta.url)('@quantstream/engine/package.json') as { version: string };
