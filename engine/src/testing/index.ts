/**
 * The laws of each plugin kind, as vitest suites. A plugin's `test/contract.test.ts` calls the one of its kind.
 * @packageDocumentation
 */
export * from './features.js';
export * from './host.js';
export * from './model.js';
export * from './random.js';
export * from './sink.js';
export * from './source.js';
