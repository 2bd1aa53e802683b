/**
 * The laws of each plugin kind, as vitest suites. A plugin's `test/contract.test.ts` calls the one of its kind.
 * @packageDocumentation
 */
export * from './features/index.js';
export * from './host.js';
export * from './model/index.js';
export * from './random.js';
export * from './sink/index.js';
export * from './source/index.js';
export * from './store/index.js';
