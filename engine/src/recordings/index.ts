/**
 * What sources of recordings share: finding files, reading what is in them (packed or not), lines, merging by time, saved positions.
 * @packageDocumentation
 */
export * from './content.js';
export * from './files.js';
export * from './lines.js';
export * from './merge.js';
export type { Content } from './pieces.js';
export * from './positions.js';
