import { type Content, openContent } from '@quantstream/engine/recordings';

/** Opens a log, unpacked where it is packed, at a position of its content. @throws QS_SOURCE_FAILED when that cannot be done */
export const openLog = (path: string, offset = 0): Promise<Content> =>
  openContent(path, offset, { plugin: 'mavlink', noun: 'log' });
