/**
 * What sources of recordings share: finding files, reading what is in them (packed or not), lines, rows as observations, merging by time, saved positions.
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
export { checkRowFields, isOptional, ROW_FIELDS, type RowSettings } from './rows/fields.js';
export { type Draft, type Drop, emitsOf, Mapper, type RowOrigin } from './rows/mapper.js';
export { fromNumber, Moment, type TimeUnit, timeOf } from './rows/moments.js';
export { nameOf } from './rows/names.js';
export { type Getter, getter, isRecord, pathsOf } from './rows/objects.js';
export type { ZipEntry } from './zip.js';
