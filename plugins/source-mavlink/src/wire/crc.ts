// CRC-16/MCRF4XX, which MAVLink calls X.25: reflected polynomial 0x8408, start 0xFFFF, no final inversion.
// Source: https://mavlink.io/en/guide/serialization.html#checksum
const POLYNOMIAL = 0x8408;
export const CRC_START = 0xffff;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** Takes the bytes from `start` up to `end` into a checksum. */
export function crcOf(bytes: Uint8Array, start: number, end: number, crc = CRC_START): number {
  let value = crc;
  for (let i = start; i < end; i++) value = (value >>> 8) ^ TABLE[(value ^ bytes[i]) & 0xff];
  return value;
}

/** Takes one more byte in: the CRC_EXTRA of a message, which stands for its definition. */
export function crcWith(crc: number, byte: number): number {
  return (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff];
}
