/**
 * The contracts of a QuantStream plugin. A plugin imports from here, a source of files from `../recordings` as well, and from nowhere else in the engine.
 * @packageDocumentation
 */

// The schemas of configurations are zod's: taken from here, a plugin shares what the engine has loaded already.
export { z } from 'zod';
export * from './define.js';
export * from './errors.js';
export * from './families.js';
export * from './features.js';
export * from './judged/episode.js';
export * from './judged/incident.js';
export * from './judged/label.js';
export * from './judged/verdict.js';
export * from './memory/compiled.js';
export * from './memory/copying.js';
export * from './memory/growing.js';
export * from './model.js';
export * from './observation.js';
export * from './outside/address.js';
export * from './outside/bounded.js';
export * from './outside/folder.js';
export * from './outside/standstill.js';
export * from './people/door.js';
export * from './people/hindsight.js';
export * from './people/history.js';
export * from './people/labels.js';
export * from './people/outlook.js';
export * from './people/status.js';
export * from './people/views.js';
export * from './people/words.js';
export * from './plugin.js';
export * from './random/random.js';
export * from './random/seeds.js';
export * from './sink.js';
export * from './source.js';
export * from './store.js';
export * from './text/any.js';
export * from './text/nearest.js';
export * from './text/printable.js';
export * from './text/units.js';
export * from './text/values.js';
export * from './toolkit.js';
