// Opens logs, and looks at their heads.

import { type Content, openContent, type Print } from '@quantstream/engine/recordings';

/** So much of a log is looked at before it is read, bytes: a quarter of an hour of dense logging. */
const HEAD_BYTES = 16 * 1_024 * 1_024;

/**
 * Opens a log, unpacked where it is packed, at a position of its content.
 * @param known what the content was recognised by there
 * @throws QS_SOURCE_FAILED when that cannot be done, or it is another log
 */
export const openLog = (path: string, offset = 0, known?: Print): Promise<Content> =>
  openContent(path, offset, { plugin: 'mavlink', noun: 'log' }, known);

/**
 * Looks at the head of a log.
 * @param look takes in what the parser has found
 * @throws QS_SOURCE_FAILED when it cannot be opened
 */
export async function lookOver(
  path: string,
  parser: { push(piece: Uint8Array): void; next(): boolean },
  look: () => void,
): Promise<void> {
  const log = await openLog(path);
  try {
    let passed = 0;
    while (passed < HEAD_BYTES) {
      const piece = await log.read();
      if (!piece) break;
      passed += piece.length;
      parser.push(piece);
      while (parser.next()) look();
    }
  } finally {
    await log.close();
  }
}
