import { type Content, openContent, type Print } from '@quantstream/engine/recordings';

/**
 * Opens a log, unpacked where it is packed, at a position of its content.
 * @param known what the content was recognised by there
 * @throws QS_SOURCE_FAILED when that cannot be done, or it is another log
 */
export const openLog = (path: string, offset = 0, known?: Print): Promise<Content> =>
  openContent(path, offset, { plugin: 'mavlink', noun: 'log' }, known);
