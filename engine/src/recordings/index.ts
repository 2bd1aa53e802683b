/**
 * What sources of recordings share: finding files, reading what is in them (packed or not), lines, merging by time, saved positions.
 * @packageDocumentation
 */
export * from './content.js';
export * from './files.js';
export * from './lines.js';
export * from './merge.js';
export { natural } from './natural.js';
export { inOrder, type OrderCursor, type OrderSettings } from './order/in-order.js';
export * from './order/rows.js';
export type { Pieces } from './pieces.js';
export * from './positions.js';
export { type Content, fits, type Print, Remembered } from './prints.js';
export type { ZipEntry } from './zip.js';
