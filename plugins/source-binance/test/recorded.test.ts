import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { essence, readAll, spotLine, spotLines } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  hosts.dropped.clear();
  hosts.drops.length = 0;
});
const T = 1_700_000_000_000;
const put = (name: string, content: string | Buffer) => writeFileSync(join(hosts.directory, name), content);
const frame = (more: object, event = 'trade') =>
  JSON.stringify({
    stream: 'btcusdt@trade',
    data: { e: event, E: T, s: 'BTCUSDT', t: 7, p: '100.5', q: '0.2', T, m: true, ...more },
  });

/** A zip archive of deflated texts, and its directory. */
function zipOf(...files: readonly (readonly [name: string, text: string])[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const content = Buffer.from(text);
    const data = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crcOf(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

function crcOf(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('recorded Binance trades', () => {
  it('reads spot and USD-M columns, trades and aggregated trades, with and without a header', async () => {
    put('BTCUSDT-trades-spot.csv', spotLine(11, T));
    put('BTCUSDT-trades-usdm.csv', `id,price,qty,quote_qty,time,is_buyer_maker\n11,100.50,0.25,25.12,${T},true\n`);
    put('BTCUSDT-aggTrades-spot.csv', `3,100.50,0.25,11,13,${T},True,True\n`);
    const usdm = 'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker';
    put('BTCUSDT-aggTrades-usdm.csv', `${usdm}\r\n3,100.50,0.25,11,13,${T},true\r\n`);
    const values = { price: 100.5, quantity: 0.25, buyer_is_maker: 1 };
    const trade = { key: 'BTCUSDT', type: 'trade', sequence: 11, time: T, values };
    const aggregated = { ...trade, sequence: 3, values: { ...values, trades: 3 } };
    const read = async (name: string, market = 'spot') =>
      essence((await readAll(hosts, { connect: `file:${name}`, market })).observations);
    expect(await read('BTCUSDT-trades-spot.csv')).toEqual([trade]);
    expect(await read('BTCUSDT-trades-usdm.csv', 'usdm')).toEqual([{ ...trade, key: 'BTCUSDT-PERP' }]);
    expect(await read('BTCUSDT-aggTrades-spot.csv')).toEqual([aggregated]);
    expect(await read('BTCUSDT-aggTrades-usdm.csv')).toEqual([aggregated]);
    expect([...hosts.dropped]).toEqual([]);
  });

  it('counts the trades of each key where a recording has no ids, across a resumption', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `2026-01-12 12:50:21.7025${10 + i}+00:00,${i % 4 ? 'AAAUSDT' : 'BBBUSDT'},1.5,${i + 1}e-05`,
    );
    put('plain.csv', ['time,symbol,price,quantity', ...rows].join('\n'));
    const whole = await readAll(hosts, { connect: 'file:plain.csv', batch: 7 });
    expect(whole.observations[0]).toMatchObject({ key: 'BBBUSDT', sequence: 1, time: 1768222221702.51 });
    for (const key of ['AAAUSDT', 'BBBUSDT']) {
      const ids = whole.observations.filter((o) => o.key === key).map((o) => o.sequence);
      expect(ids).toEqual(ids.map((_, i) => i + 1));
    }
    const rest = await readAll(hosts, { connect: 'file:plain.csv', batch: 7 }, whole.batches[2]!.cursor);
    expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(21)));
    const only = await readAll(hosts, { connect: 'file:plain.csv', symbols: ['BBBUSDT'] });
    expect(only.observations).toHaveLength(10);
  });

  it('reads microsecond stamps as milliseconds with a fraction, and refuses the far future and the far past', async () => {
    put(
      'BTCUSDT-trades-stamps.csv',
      [
        `1,1,1,1,${T},True,True`,
        `2,1,1,1,${T}123,True,True`,
        `3,1,1,1,${Date.now() + 2 * 86_400_000},True,True`,
        '4,1,1,1,999999999999,True,True',
        '5,1,1,1,,True,True',
      ].join('\n'),
    );
    const { observations } = await readAll(hosts, { connect: 'file:BTCUSDT-trades-stamps.csv' });
    expect(observations.map((o) => o.time)).toEqual([T, T + 0.123]);
    expect(hosts.drops.map((drop) => drop.replace(/"\d+"/, ''))).toEqual([
      'bad_time: BTCUSDT-trades-stamps.csv:3: time ',
      'bad_time: BTCUSDT-trades-stamps.csv:4: time ',
      'bad_time: BTCUSDT-trades-stamps.csv:5: time ""',
    ]);
  });

  it('drops prices and quantities that nobody ever paid, with their reasons', async () => {
    const prices = ['0', '-1', 'NaN', '1e308', '', 'abc', '0x10'];
    const quantities = ['-0.5', '', 'Infinity', '1e16'];
    const lines = [
      ...prices.map((price, i) => spotLine(i, T, price)),
      ...quantities.map((quantity, i) => spotLine(100 + i, T, '5', quantity)),
      spotLine(500, T),
      '1,2,3',
      `x,1,1,1,${T},True,True`,
      `9,1,1,1,${T},maybe,True`,
    ];
    put('BTCUSDT-trades-odd.csv', lines.join('\n'));
    const { observations } = await readAll(hosts, { connect: 'file:BTCUSDT-trades-odd.csv' });
    expect(observations.map((o) => o.sequence)).toEqual([500]);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ bad_price: prices.length, bad_quantity: quantities.length, bad_line: 3 });
  });

  it('delivers everything before the end of a file that was cut off, and no fragment of its last line', async () => {
    const text = spotLines(20_000, T);
    const packed = gzipSync(text);
    put('BTCUSDT-trades-whole.csv.gz', packed);
    put('BTCUSDT-trades-cut.csv.gz', packed.subarray(0, packed.length >> 1));
    const zipped = zipOf(['BTCUSDT-trades.csv', text]);
    put('BTCUSDT-trades-cut.zip', zipped.subarray(0, zipped.length >> 1));
    const whole = essence((await readAll(hosts, { connect: 'file:BTCUSDT-trades-whole.csv.gz' })).observations);
    expect(whole).toHaveLength(20_000);
    for (const name of ['BTCUSDT-trades-cut.csv.gz', 'BTCUSDT-trades-cut.zip']) {
      hosts.dropped.clear();
      const cut = essence((await readAll(hosts, { connect: `file:${name}` })).observations);
      expect(cut.length, name).toBeGreaterThan(8_000);
      expect(cut, name).toEqual(whole.slice(0, cut.length));
      expect(Object.fromEntries(hosts.dropped), name).toEqual({ truncated_file: 1 });
    }
  });

  it('reads a zip archive, and goes on inside it', async () => {
    put('BTCUSDT-trades-2023.zip', zipOf(['BTCUSDT-trades-2023.csv', spotLines(5_000, T)]));
    const config = { connect: 'file:BTCUSDT-trades-2023.zip', batch: 999 };
    const whole = await readAll(hosts, config);
    expect(whole.observations).toHaveLength(5_000);
    const rest = await readAll(hosts, config, whole.batches[1]!.cursor);
    expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(2 * 999)));
  });

  it('reads every recording of an archive, and leaves out what systems put beside them', async () => {
    put(
      'months.zip',
      zipOf(
        ['__MACOSX/._BTCUSDT-trades-a.csv', '\0\x01\x02'],
        ['BTCUSDT-trades-b.csv', spotLines(30, T + 300, 31)],
        ['BTCUSDT-trades-a.csv', spotLines(30, T)],
        ['.DS_Store', ''],
        ['ETHUSDT-trades-a.csv', spotLines(20, T + 5)],
      ),
    );
    const config = { connect: 'file:months.zip', batch: 11 };
    const whole = await readAll(hosts, config);
    const ids = (key: string) => whole.observations.filter((o) => o.key === key).map((o) => o.sequence);
    expect([ids('BTCUSDT'), ids('ETHUSDT')]).toEqual([60, 20].map((count) => Array.from({ length: count }, (_, i) => i + 1)));
    for (const [i, { cursor }] of whole.batches.entries())
      expect(essence((await readAll(hosts, config, cursor)).observations)).toEqual(
        essence(whole.observations.slice((i + 1) * 11)),
      );
    expect([...hosts.dropped]).toEqual([]);
  });

  it('refuses ranges of time that are interleaved, or sorts them by time and id, from any cursor', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => [
      spotLine(i + 1, T + i * 10),
      spotLine(i + 9_001, T + 1e9 + i * 10),
    ]).flat();
    // Of one moment, the larger id first.
    const newest = [...lines.slice(0, 10)].reverse().map((line) => line.replace(/1700\d{9}/, String(T)));
    put('BTCUSDT-trades-mixed.csv', `${lines.join('\n')}\n`);
    put('BTCUSDT-trades-newest.csv', `${newest.join('\n')}\n`);
    await expect(readAll(hosts, { connect: 'file:BTCUSDT-trades-mixed.csv' })).rejects.toMatchObject({
      code: 'QS_SOURCE_FAILED',
      message: expect.stringMatching(
        /^binance: BTCUSDT-trades-mixed\.csv:7: .* is 11\.6 d earlier .* Set order: sort in the source/,
      ),
    });
    const config = { connect: 'file:BTCUSDT-trades-mixed.csv', order: 'sort', batch: 70 };
    const whole = await readAll(hosts, config);
    const ids = Array.from({ length: 300 }, (_, i) => i + 1);
    expect(whole.observations.map((o) => o.sequence)).toEqual([...ids, ...ids.map((id) => id + 9_000)]);
    for (const [i, { cursor }] of whole.batches.entries())
      expect(essence((await readAll(hosts, config, cursor)).observations)).toEqual(
        essence(whole.observations.slice((i + 1) * 70)),
      );
    const sorted = await readAll(hosts, { connect: 'file:BTCUSDT-trades-newest.csv', order: 'sort' });
    expect(sorted.observations.map((o) => o.sequence)).toEqual([1, 2, 3, 4, 5, 9_001, 9_002, 9_003, 9_004, 9_005]);
  });

  it('goes on in recordings that grew, also while they are sorted, and refuses others under their names and older ones beside them', async () => {
    const name = 'BTCUSDT-trades-grown.csv';
    for (const order of ['time', 'sort']) {
      const config = { connect: `file:${name}`, order, batch: 8 };
      put(name, `${spotLines(20, T)}\n`);
      const part = await readAll(hosts, config, null, 8);
      const whole = await readAll(hosts, config);
      put(name, `${spotLines(33, T)}\n`);
      for (const { observations, batches } of [part, whole]) {
        const rest = await readAll(hosts, config, batches.at(-1)!.cursor);
        expect([...observations, ...rest.observations].map((o) => o.sequence)).toEqual(
          Array.from({ length: 33 }, (_, i) => i + 1),
        );
      }
      put(name, `${spotLines(33, T + 1)}\n`);
      for (const { batches } of [part, whole])
        await expect(readAll(hosts, config, batches.at(-1)!.cursor)).rejects.toThrow(/grown\.csv .* was cut or replaced/);
    }
    const config = { connect: 'file:BTCUSDT-trades-order-?.csv' };
    put('BTCUSDT-trades-order-2.csv', `${spotLines(20, T, 21)}\n`);
    const { batches } = await readAll(hosts, config);
    put('BTCUSDT-trades-order-1.csv', `${spotLines(20, T - 1_000)}\n`);
    await expect(readAll(hosts, config, batches.at(-1)!.cursor)).rejects.toThrow(
      /1 were not there then: BTCUSDT-trades-order-1\.csv/,
    );
  });

  it('merges symbols by event time and reads the files of one in order of their first trade, from any cursor', async () => {
    mkdirSync(join(hosts.directory, 'many', 'deep'), { recursive: true });
    put('many/BTCUSDT-trades-b.csv', spotLines(50, T, 1, 10));
    put('many/BTCUSDT-trades-a.csv.gz', gzipSync(spotLines(50, T + 1_000, 51, 10)));
    put('many/deep/ETHUSDT-trades-a.csv', spotLines(70, T + 3, 1, 13));
    put('many/deep/XRPUSDT-trades-a.csv', spotLines(30, T + 200, 1, 40));
    const config = { connect: 'file:many/**/*-trades-?.csv*', batch: 17 };
    const whole = await readAll(hosts, config);
    expect(whole.observations).toHaveLength(200);
    const times = whole.observations.map((o) => o.time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const bitcoin = whole.observations.filter((o) => o.key === 'BTCUSDT').map((o) => o.sequence);
    expect(bitcoin).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    for (const [i, batch] of whole.batches.entries()) {
      const rest = await readAll(hosts, config, batch.cursor);
      expect(essence(rest.observations), `from batch ${i}`).toEqual(essence(whole.observations.slice((i + 1) * 17)));
    }
    const some = await readAll(hosts, { ...config, symbols: ['xrpusdt'] });
    expect(some.observations).toHaveLength(30);
  });

  it('reports each bad line once, however often reading is interrupted', async () => {
    const lines = spotLines(60, T)
      .split('\n')
      .flatMap((line, i) => (i % 5 === 0 ? ['garbage', line] : [line]));
    put('BTCUSDT-trades-spots.csv', lines.join('\n'));
    const config = { connect: 'file:BTCUSDT-trades-spots.csv', batch: 7 };
    let cursor: string | null = null;
    let count = 0;
    while (count < 60) {
      const { observations, batches } = await readAll(hosts, config, cursor, 1);
      count += observations.length;
      cursor = batches.at(-1)!.cursor;
    }
    expect(Object.fromEntries(hosts.dropped)).toEqual({ bad_line: 12 });
  });

  it('reads frames, raw and wrapped, and tells apart what is no trade', async () => {
    const raw = JSON.stringify({ e: 'trade', E: T, s: 'BTCUSDT', t: 8, p: '100.5', q: '0.2', T: T + 1, X: 'MARKET', m: false });
    const bad = [
      frame({ p: '0', q: '0', X: '' }),
      '{"e":"trade"',
      '17',
      JSON.stringify({ result: null, id: 1 }),
      frame({ q: '' }),
      frame({ T: 5 }),
      frame({ T: undefined }),
      frame({ t: 'x' }),
      frame({ s: 'BTC USDT' }),
      frame({ p: '1e5' }),
    ];
    const large = frame({ note: 'x'.repeat(10_000_000) });
    put('frames.jsonl', [frame({}), ...bad, large, raw].join('\n'));
    put('large-first.jsonl', [large, frame({ s: '' }), frame({})].join('\n'));
    const { observations } = await readAll(hosts, { connect: 'file:frames.jsonl', stream: 'trade', market: 'usdm' });
    expect(essence(observations)).toEqual([
      { key: 'BTCUSDT-PERP', type: 'trade', sequence: 7, time: T, values: { price: 100.5, quantity: 0.2, buyer_is_maker: 1 } },
      {
        key: 'BTCUSDT-PERP',
        type: 'trade',
        sequence: 8,
        time: T + 1,
        values: { price: 100.5, quantity: 0.2, buyer_is_maker: 0 },
      },
    ]);
    expect(Object.fromEntries(hosts.dropped)).toEqual({
      not_market: 1,
      bad_frame: 4,
      other_event: 1,
      bad_quantity: 1,
      bad_time: 2,
      bad_price: 1,
      frame_too_large: 1,
    });
    expect(hosts.drops.at(-1)).toContain('frames.jsonl:12:');
    expect((await readAll(hosts, { connect: 'file:large-first.jsonl', stream: 'trade' })).observations).toHaveLength(1);
    expect(hosts.dropped.get('frame_too_large')).toBe(2);
  });

  it('says what is wrong with a file that is not there, is no recording, or is not what a cursor was made of', async () => {
    put('BTCUSDT-trades-shrunk.csv', spotLines(100, T));
    const config = { connect: 'file:BTCUSDT-trades-shrunk.csv', batch: 10 };
    const { batches } = await readAll(hosts, config);
    truncateSync(join(hosts.directory, 'BTCUSDT-trades-shrunk.csv'), 500);
    put('poem.txt', 'a rose\nis a rose\n');
    put('nameless.csv', spotLines(3, T));
    const failing = (raw: unknown, from: string | null = null) => expect(readAll(hosts, raw, from)).rejects;
    await failing(config, batches[4]!.cursor).toMatchObject({
      code: 'QS_SOURCE_FAILED',
      message: expect.stringContaining('--reset-state'),
    });
    await failing({ connect: 'file:absent.csv' }).toThrow(/does not exist/);
    await failing({ connect: 'file:BTCUSDT-trades-shrink.csv' }).toThrow(
      /does not exist\. Did you mean BTCUSDT-trades-shrunk\.csv\?/,
    );
    put('nothing.zip', zipOf(['readme.md', 'hello']));
    await failing({ connect: 'file:nothing.zip' }).toThrow(/cannot read the archive .*: it holds no \.csv, \.jsonl or \.txt/);
    await failing({ connect: 'file:absent-*.csv' }).toThrow(/no file matches/);
    await failing({ connect: 'file:poem.txt' }).toThrow(/begins with "a rose"/);
    await failing({ connect: 'file:nameless.csv' }).toThrow(/which symbol/);
    await failing(config, '{"kind":"simulator"}').toThrow(/not one of recordings/);
    expect((await readAll(hosts, { connect: 'file:nameless.csv', symbols: ['ABCUSDT'] })).observations[0]!.key).toBe('ABCUSDT');
  });
});
