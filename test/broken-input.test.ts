import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { random } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../engine/src/vitals/summary.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const T = Date.UTC(2024, 0, 1);
const line = (id: number, more: { price?: string; quantity?: string; time?: number | string } = {}) =>
  `${id},${more.price ?? '100.5'},${more.quantity ?? '0.25'},25.125,${more.time ?? T + id * 100},True,True`;
const frame = (id: number, more: object = {}) =>
  JSON.stringify({
    stream: 'btcusdt@trade',
    data: { e: 'trade', E: T, s: 'BTCUSDT', t: id, p: '100.5', q: '0.2', T: T + id * 100, m: true, ...more },
  });
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let runs = 0;
/** The summary of a run over one file. Everything in the file must be accounted for. */
async function run(name: string, content: string | Uint8Array, set: readonly string[] = []): Promise<Summary> {
  const recording = bench.write(`${runs}/${name}`, content);
  const file = bench.write(`${runs}/pipeline.yaml`, {
    name: `broken-${runs++}`,
    source: { use: 'binance', with: { connect: `file:${recording}`, stream: 'trade', batch: 64 } },
    features: { use: 'market' },
    models: { forest: { use: 'isolation-forest', columns: ['rsi_14', 'volatility_20', 'volume_change'] } },
    sinks: { records: { use: 'file', with: { path: './records.jsonl' } } },
  });
  return bench.summary(file, set);
}

/** Accepted, dropped and repeated: what a file of records held. */
function total({ observations, dropped, duplicates }: Summary): number {
  return observations + duplicates + Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

describe('broken recordings, end to end', () => {
  it('counts what is wrong with a line by reason, and judges the rest', async () => {
    const future = Date.now() + 3 * 86_400_000;
    const lines = [
      ...ids(1, 100).map((id) => line(id)),
      '101,100.5', // too few columns
      'what is this',
      line(103, { price: '0' }),
      line(104, { price: '-5' }),
      line(105, { price: 'NaN' }),
      line(106, { price: '1e308' }),
      line(107, { price: '' }),
      line(108, { quantity: '' }),
      line(109, { quantity: '-1' }),
      line(110, { quantity: 'Infinity' }),
      line(111, { time: future }),
      line(112, { time: 0 }),
      line(113, { time: 'yesterday' }),
      line(-114),
      ...ids(115, 200).map((id) => line(id)),
      line(200), // twice
      line(150), // long gone
      ...ids(206, 300).map((id) => line(id)), // 201 to 205 are missing
      line(301, { time: (T + 301 * 100) * 1_000 }), // microseconds
      line(302, { time: T }), // half a minute back
      line(303, { time: T + 303 * 100 + 3_600_000 }), // an hour ahead of all others
      ...ids(304, 400).map((id) => line(id)),
    ];
    const summary = await run('BTCUSDT-trades-bad.csv', `${lines.join('\n')}\n`);
    expect(summary).toMatchObject({
      ending: 'finished',
      observations: 100 + 86 + 95 + 3 + 97,
      dropped: { bad_line: 3, bad_price: 5, bad_quantity: 3, bad_time: 3 },
      duplicates: 2,
      // 201 to 205, and the fourteen ids whose lines were dropped.
      missing: 5 + 14,
      late: 1,
      ahead: 1,
      rows: 41,
    });
    expect(total(summary)).toBe(lines.length);
  });

  it('reads an archive that was cut off up to the cut', async () => {
    const whole = gzipSync(
      ids(1, 5_000)
        .map((id) => `${line(id, { price: (100 + (id % 77) / 7).toFixed(6) })}\n`)
        .join(''),
    );
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
    const readable = gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }).toString().split('\n').length - 1;
    const summary = await run('BTCUSDT-trades-cut.csv.gz', cut);
    expect(summary).toMatchObject({ ending: 'finished', observations: readable, dropped: { truncated_file: 1 }, missing: 0 });
    expect(readable).toBeGreaterThan(1_000);
  });

  it('reads a damaged archive up to the damage', async () => {
    const whole = Buffer.from(
      gzipSync(
        ids(1, 5_000)
          .map((id) => `${line(id)}\n`)
          .join(''),
        { level: 1 },
      ),
    );
    whole.fill(0xff, whole.length >> 1, (whole.length >> 1) + 64);
    const summary = await run('BTCUSDT-trades-damaged.csv.gz', whole);
    expect(summary).toMatchObject({ ending: 'finished', dropped: expect.objectContaining({ truncated_file: 1 }) });
    expect(summary.observations).toBeGreaterThan(500);
    expect(summary.observations).toBeLessThan(5_000);
  });

  it('passes over frames that are not JSON, not trades, too large or out of range', async () => {
    const huge = JSON.stringify({
      data: { e: 'trade', s: 'BTCUSDT', t: 1, p: '1', q: '1', T, m: true, padding: 'x'.repeat(1e7) },
    });
    const lines = [
      ...ids(1, 50).map((id) => frame(id)),
      '{"stream":"btcusdt@trade","data":{"e":"trade",',
      'null',
      '[]',
      '"trade"',
      '\u0000\u0001\u0002',
      frame(51, { t: '51' }),
      frame(51, { t: -1 }),
      frame(51, { s: 'BTC USDT' }),
      frame(51, { p: '0' }),
      frame(51, { p: null }),
      frame(51, { p: '0x10' }),
      frame(51, { q: '' }),
      frame(51, { q: '-1' }),
      frame(51, { T: 0 }),
      frame(51, { T: 'now' }),
      frame(51, { T: 1e30 }),
      frame(51, { e: 'kline' }),
      frame(51, { X: 'INSURANCE_FUND', p: '0', q: '0' }),
      huge,
      ...ids(51, 100).map((id) => frame(id)),
      frame(100),
    ];
    const summary = await run('btcusdt-frames.jsonl', `${lines.join('\n')}\n`);
    expect(summary).toMatchObject({
      ending: 'finished',
      observations: 100,
      dropped: { bad_frame: 7, bad_price: 3, bad_quantity: 2, bad_time: 3, other_event: 2, other_market: 1, frame_too_large: 1 },
      duplicates: 1,
      missing: 0,
      rows: 11,
    });
    expect(total(summary)).toBe(lines.length);
  });

  it('passes over a line of ten megabytes in a table', async () => {
    const lines = [...ids(1, 20).map((id) => line(id)), '9'.repeat(1e7), ...ids(21, 40).map((id) => line(id))];
    const summary = await run('BTCUSDT-trades-long.csv', `${lines.join('\n')}\n`);
    expect(summary).toMatchObject({ observations: 40, dropped: { frame_too_large: 1 }, missing: 0 });
  });

  it('accounts for every line of a table with a thousand random bytes in it', async () => {
    const uniform = random(5);
    const bytes = Buffer.from(
      ids(1, 4_000)
        .map((id) => `${line(id)}\n`)
        .join(''),
    );
    for (let i = 0; i < 1_000; i++) bytes[2_000 + Math.floor(uniform() * (bytes.length - 2_000))] = Math.floor(uniform() * 256);
    bytes[bytes.length - 1] = 10;
    const summary = await run('BTCUSDT-trades-noise.csv', bytes);
    // An empty line is nothing; a carriage return before the newline belongs to it.
    const lines = bytes
      .toString('latin1')
      .split('\n')
      .slice(0, -1)
      .filter((text) => text !== '' && text !== '\r');
    expect(summary.ending).toBe('finished');
    expect(total(summary)).toBe(lines.length);
    expect(summary.observations).toBeGreaterThan(3_000);
    expect(Object.keys(summary.dropped).length).toBeGreaterThanOrEqual(4);
  });

  it('gives the same counts in batches of one, so that no reason depends on where a batch ends', async () => {
    const lines = ids(1, 300).map((id) =>
      id % 17 === 0 ? 'x' : id % 23 === 0 ? line(id, { time: T + id * 100 + 60_000 }) : line(id),
    );
    const text = `${lines.join('\n')}\n`;
    const [large, small] = [
      await run('BTCUSDT-trades-a.csv', text),
      await run('BTCUSDT-trades-a.csv', text, ['source.with.batch=1']),
    ];
    const counts = ({ observations, rows, dropped, duplicates, missing, late, ahead }: Summary) => ({
      observations,
      rows,
      dropped,
      duplicates,
      missing,
      late,
      ahead,
    });
    expect(counts(small)).toEqual(counts(large));
    expect(large.ahead).toBeGreaterThan(5);
    expect(total(large)).toBe(300);
  });

  it.each([
    ['an empty file', ''],
    ['blank lines', '\n\n\r\n'],
    ['a header alone', 'id,price,qty,quote_qty,time,is_buyer_maker\n'],
  ])('finishes on %s with nothing', async (_, content) => {
    const summary = await run('BTCUSDT-trades-empty.csv', content);
    expect(summary).toMatchObject({ ending: 'finished', observations: 0, rows: 0, dropped: {} });
  });

  it('refuses a file that is no recording, says what it begins with, and ends with exit code 1', async () => {
    const recording = bench.write('picture.csv', '\u0089PNG and so on\n');
    const file = bench.write('picture.yaml', {
      name: 'picture',
      source: { use: 'binance', with: { connect: `file:${recording}` } },
      features: { use: 'market' },
      models: { forest: { use: 'isolation-forest', columns: ['rsi_14'] } },
    });
    const { code, stderr } = await bench.run(['-p', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/QS_SOURCE_FAILED\n.*picture\.csv begins with/);
  });
});

describe('engine validate', () => {
  const file = (path: string) =>
    bench.write('seen.yaml', {
      name: 'seen',
      source: { use: 'file', with: { path, time: 'time', key: 'host', values: ['load'] } },
      features: { use: 'window', with: { columns: ['load'] } },
      models: { tails: { use: 'tails', columns: ['load'] } },
      sinks: { out: { use: 'console' } },
    });

  it('looks into the files that are named, and says what of the source it could not see', async () => {
    bench.write('good.csv', 'time,host,load\n2024-09-01T00:00:00Z,a,1\n2024-09-01T00:00:01Z,a,2\n');
    const rows = Array.from({ length: 200 }, (_, i) => `09/01/2024 00:${String(Math.floor(i / 60)).padStart(2, '0')}:00,a,${i}`);
    bench.write('american.csv', `time,host,load\n${rows.join('\n')}\n`);
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await bench.run(['validate', ...args]);
      return [code, stdout + stderr];
    };
    expect(await said(file('good.csv'))).toEqual([0, expect.stringMatching(/valid\. Rows "sample" with load\n$/)]);
    expect(await said(file('american.csv'))).toEqual([2, expect.stringContaining('Month and day could be either way round')]);
    expect(await said(file('nowhere.csv'))).toEqual([2, expect.stringContaining('nowhere.csv does not exist')]);
    expect(await said(file('nowhere.csv'), '--set', 'source.with.path=good.csv')).toEqual([0, expect.stringContaining('valid')]);
    expect(await said(file('-'))).toEqual([0, expect.stringContaining('; source not opened')]);
  });
});

describe('what a terminal would obey', () => {
  it('is shown and not sent, wherever a key, a label or a cell is repeated', async () => {
    const wild = '\u001b[31mred\u001b]0;title\u0007\u009b5m';
    const rows = Array.from({ length: 100 }, (_, i) => `${1_700_000_000 + i},"${wild}",${i % 9}`);
    bench.write('escape.csv', `time,key,v\n${rows.join('\n')}\n${1_700_000_100},"${wild}","${wild}"\n`);
    bench.write(
      'cells.csv',
      `time,key,v\n${rows.map((row) => `"${wild}${row}`.replace('"1', '"').replace(',', '",')).join('\n')}\n`,
    );
    bench.write('labels.jsonl', `${JSON.stringify({ key: wild, kind: wild, from: 1_700_000_005_000, to: 1_700_000_008_000 })}\n`);
    const file = bench.write('escape.yaml', {
      name: 'escape',
      source: { use: 'file', with: { path: 'escape.csv', time: 'time', key: 'key', values: ['v'] } },
      features: { use: 'window', with: { columns: ['v'] } },
      models: { limits: { use: 'rules', columns: ['v'], with: { rules: { high: { when: 'v > 7', message: 'v is {v}' } } } } },
      sinks: { out: { use: 'console', with: { show: 'verdicts' } } },
    });
    const wrong = bench.write('wrong.yaml', `name: "${'\\u001b'}[31m"\nsource: { use: "\u009bx" }\n`);
    for (const args of [
      ['-p', file, '--log-format', 'text'],
      ['-p', file, '--log-format', 'json', '--reset-state'],
      ['backtest', '-p', file],
      ['backtest', '-p', file, '--json'],
      ['evaluate', '-p', file, '--labels', 'labels.jsonl'],
      ['validate', wrong],
      ['validate', file, '--set', 'source.with.path=cells.csv'],
      ['checkpoint', 'show', 'escape'],
      [wild],
    ]) {
      const { stdout, stderr } = await bench.run(args);
      expect(`${stdout}${stderr}`.replaceAll('\n', ''), args.join(' ')).not.toMatch(/\p{Cc}/u);
    }
  });
});
