// Texts of an autopilot that come in pieces, put together again.

/** Characters of a whole piece: a shorter one is the last. Source: https://mavlink.io/en/messages/common.html#STATUSTEXT */
const PIECE = 50;
/** Pieces of one text at most; what is beyond is cut off anyway. */
const MOST = 8;
/** The rest of a text that has not come for so long is lost, ms. */
const PATIENCE = 2_000;
const HOLE = '…';

/** The text that is on its way. Plain data. */
export interface Pieces {
  /** STATUSTEXT.id; 0: none is on its way. */
  id: number;
  severity: number;
  /** When its first piece came, ms since the epoch. */
  since: number;
  /** By STATUSTEXT.chunk_seq; empty where a piece has not come. */
  texts: string[];
  /** Whether the last one has come. */
  ended: boolean;
}

export const noPieces = (): Pieces => ({ id: 0, severity: Number.NaN, since: Number.NaN, texts: [], ended: false });

/** Takes a text as it is known so far, with holes where pieces are lost; nothing is on its way then. */
export function takeKnown(pieces: Pieces): string {
  const { texts, ended } = pieces;
  const last = ended ? texts.length - 1 : texts.length;
  let text = '';
  texts.forEach((one, i) => {
    text += one === '' && i < last ? HOLE : one;
  });
  Object.assign(pieces, noPieces());
  return ended || text === '' ? text : text + HOLE;
}

/** Whether the rest is waited for in vain. */
export const isOverdue = ({ id, since }: Pieces, time: number): boolean => id !== 0 && time - since > PATIENCE;

/** Adds a piece. @returns whether the text is whole */
export function addPiece(pieces: Pieces, sequence: number, text: string): boolean {
  const { texts } = pieces;
  if (!(sequence >= 0 && sequence < MOST)) return false;
  while (texts.length < sequence) texts.push('');
  texts[sequence] = text;
  if (text.length < PIECE) pieces.ended = true;
  return pieces.ended && texts.every((one, i) => one !== '' || i === texts.length - 1);
}
