/**
 * The contracts of a QuantStream plugin. A plugin imports from here, a source of files from `../recordings` as well, and from nowhere else in the engine.
 * @packageDocumentation
 */
export * from './define.js';
export * from './errors.js';
export * from './families.js';
export * from './features.js';
export * from './model.js';
export * from './nearest.js';
export * from './observation.js';
export * from './plugin.js';
export * from './printable.js';
export * from './random.js';
export * from './random-words.js';
export * from './sink.js';
export * from './source.js';
export * from './toolkit.js';
export * from './units.js';
