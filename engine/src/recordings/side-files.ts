/** Files that systems leave beside data. */

const SIDE = /(^|\/)(__MACOSX\/|\._|(\.DS_Store|Thumbs\.db|desktop\.ini)$)/i;

/** Whether a file, named with forward slashes, is none of the data: what macOS and Windows leave in folders and archives. */
export const isSideFile = (name: string): boolean => SIDE.test(name);
