// Daily and monthly zip archives as data.binance.vision publishes them, made from the tape on demand.
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import { AGGREGATE_OFFSET } from './tape.mjs';

/** A zip with one deflated file. */
export function zipOf(/** @type {string} */ name, /** @type {string} */ text) {
  const content = Buffer.from(text);
  const packed = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name)]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length + packed.length, 16);
  return Buffer.concat([local, packed, central, end]);
}

export const sha256 = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex');

const MICROSECONDS_FROM = Date.UTC(2025, 0, 1);
const PATH =
  /^\/data\/(spot|futures\/um)\/(daily|monthly)\/(aggTrades|trades)\/(\w+)\/\4-\3-(\d{4})-(\d{2})(?:-(\d{2}))?\.zip(\.CHECKSUM)?$/;

/**
 * The archive at a path, or `undefined` where nothing is published.
 * @param {string} path
 * @param {Map<string, import('./tape.mjs').Tape>} tapes
 */
export function archiveAt(path, tapes) {
  const match = PATH.exec(path);
  if (!match) return undefined;
  const [, market, span, kind, symbol, year, month, day, checksum] = match;
  const tape = tapes.get(symbol);
  if (!tape || (span === 'daily') !== (day !== undefined)) return undefined;
  const from = Date.UTC(+year, +month - 1, day === undefined ? 1 : +day);
  const to = day === undefined ? Date.UTC(+year, +month, 1) : from + 86_400_000;
  const first = tape.idAt(from);
  const last = tape.idAt(to);
  if (first === last) return undefined;
  const name = path
    .split('/')
    .at(-1)
    .replace(/\.zip.*$/, '');
  const bytes = zipOf(`${name}.csv`, csv(tape, first, last, kind, market === 'spot'));
  return { bytes, checksum: checksum === undefined ? undefined : `${sha256(bytes)}  ${name}.zip\n` };
}

/**
 * @param {import('./tape.mjs').Tape} tape
 * @param {number} first
 * @param {number} last
 * @param {string} kind
 * @param {boolean} spot
 */
function csv(tape, first, last, kind, spot) {
  const flag = (/** @type {boolean} */ value) => (spot ? (value ? 'True' : 'False') : String(value));
  const lines = [];
  if (!spot) {
    lines.push(
      kind === 'trades'
        ? 'id,price,qty,quote_qty,time,is_buyer_maker'
        : 'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
    );
  }
  for (let id = first; id < last; id++) {
    const { price, quantity, time, maker } = tape.at(id);
    const stamp = spot && time >= MICROSECONDS_FROM ? `${time}000` : String(time);
    const head = kind === 'trades' ? `${id},${price},${quantity},${(+price * +quantity).toFixed(8)}` : '';
    const aggregate = `${id - AGGREGATE_OFFSET},${price},${quantity},${id},${id}`;
    lines.push(`${kind === 'trades' ? head : aggregate},${stamp},${flag(maker)}${spot ? ',True' : ''}`);
  }
  return `${lines.join('\n')}\n`;
}
