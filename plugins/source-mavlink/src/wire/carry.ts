// Bytes that a parser has not used up, with the next piece behind them.

/** @returns a new array, of its own buffer: what is left of `bytes` from `from` on, then `piece` */
export function carryOver(bytes: Uint8Array, from: number, piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const left = bytes.length - from;
  const joined = new Uint8Array(left + piece.length);
  joined.set(bytes.subarray(from), 0);
  joined.set(piece, left);
  return joined;
}
