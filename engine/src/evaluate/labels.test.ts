import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { matchLabels, parseLabels } from './index.js';

const at = Date.parse;

describe('labels', () => {
  it('leave out what a person called normal', () => {
    const line = (kind: string) => JSON.stringify({ key: 'a', kind, from: 1, to: 2, episode: 'p/a/row/1/0' });
    expect(parseLabels(`${line('normal')}\n${line('anomaly')}\n`, 'labels.jsonl').labels.map(({ kind }) => kind)).toEqual([
      'anomaly',
    ]);
  });

  it('are read from JSON lines', () => {
    const text = '{"key":"A","kind":"dip","from":1000,"to":2000,"magnitude":3}\n\n{"key":"B","kind":"up","from":5,"to":5}\n';
    expect(parseLabels(text, 'x.jsonl')).toEqual({
      format: 'json lines',
      labels: [
        { key: 'A', kind: 'dip', from: 1000, to: 2000, magnitude: 3 },
        { key: 'B', kind: 'up', from: 5, to: 5 },
      ],
      ignored: [],
    });
    expect(parseLabels('{"key":"A","kind":"dip","from":1,"to":2}', 'x.jsonl').labels).toHaveLength(1);
    expect(parseLabels('', 'x.jsonl').labels).toEqual([]);
  });

  it('are read from windows by key, in UTC', () => {
    const text = '{"f/a.csv": [["2014-02-26 22:05:00.000000", "2014-02-27 00:00:00.000000"]],\n "f/b.csv": []}';
    expect(parseLabels(text, 'w.json')).toMatchObject({
      format: 'windows',
      labels: [{ key: 'f/a.csv', kind: 'anomaly', from: at('2014-02-26T22:05Z'), to: at('2014-02-27T00:00Z') }],
    });
  });

  it('are read from a recording with its faults; what follows a fault and what comes before and after says nothing', () => {
    const text = JSON.stringify({
      file: 'one.log.gz',
      time: { start_unix_us: 1_000_000_000_000 },
      flight: { takeoff_alt_reached_boot_ms: 10_000, disarmed_boot_ms: 90_000 },
      faults: [
        { type: 'loss', onset_unix_us: 1_000_020_000_000, end_unix_us: 1_000_030_000_500, after_effects_until_boot_ms: 45_000 },
        { type: 'drift', onset_unix_us: 1_000_060_000_000, end_unix_us: 1_000_061_000_000, after_effects_until_boot_ms: 61_000 },
      ],
    });
    const start = 1_000_000_000;
    expect(parseLabels(text, 'one.json')).toEqual({
      format: 'faults',
      labels: [
        { key: 'one.log.gz', kind: 'loss', from: start + 20_000, to: start + 30_000.5 },
        { key: 'one.log.gz', kind: 'drift', from: start + 60_000, to: start + 61_000 },
      ],
      ignored: [
        { key: 'one.log.gz', from: start + 30_000.5, to: start + 45_000 },
        { key: 'one.log.gz', from: Number.NEGATIVE_INFINITY, to: start + 10_000 },
        { key: 'one.log.gz', from: start + 90_000, to: Number.POSITIVE_INFINITY },
      ],
    });
  });

  it('say what must be said of them', () => {
    const line = '{"key":"A","from":1,"to":2,"topics":["limits/hot","gps"]}';
    expect(parseLabels(line, 'x').labels[0]!.topics).toEqual(['limits/hot', 'gps']);
    const fault = '{"file":"a","faults":[{"type":"t","onset_unix_us":1,"end_unix_us":2,"topics":["gps"]}]}';
    expect(parseLabels(fault, 'x').labels[0]!.topics).toEqual(['gps']);
  });

  it('are read from CSV with ISO times or milliseconds, in any order of columns', () => {
    const text = '\uFEFFfrom,to,key,kind\r\n2024-08-08T12:00:00+02:00,2024-08-08 10:00:30,A,dip\r\n1500,2500.5,"B",\r\n';
    expect(parseLabels(text, 'l.csv')).toMatchObject({
      format: 'csv',
      labels: [
        { key: 'A', kind: 'dip', from: at('2024-08-08T10:00Z'), to: at('2024-08-08T10:00:30Z') },
        { key: 'B', kind: 'anomaly', from: 1500, to: 2500.5 },
      ],
    });
  });

  it.each([
    ['{"key":"A","from":1,"to":2}\n{"key":7,"from":1,"to":2}', 'x:2: found 7 as key, expected the key of the rows'],
    ['{"key":"A","from":"soon","to":2}\n{"key":"A","from":1,"to":2}', 'x:1: found "soon" as from, expected a time'],
    ['{"key":"A","from":1,"to":2,"topics":"gps"}\n', 'x:1: found "gps" as topics, expected a list of names of topics'],
    ['{"key":"A","from":3,"to":2}\n', 'x:1: found an end (2) before its start (3), expected from ≤ to'],
    ['{"key":"A","from":1,"to":2}\nnonsense', 'x:2: found "nonsense"'],
    ['{"a.csv": [["2014-02-26 22:05:00", "never"]]}', 'x:1: found "never" as to'],
    ['{"a.csv": 5}', 'x:1: found 5 under "a.csv", expected lists of windows'],
    ['{"a.csv": [],\n"b.csv": [["2014-02-26 22:05:00"]]}', 'x:2: found ["2014-02-26 22:05:00"] as a window of "b.csv"'],
    ['{"file": "a", "faults": [{"type": "t"}]}', 'x:1: found nothing as faults[0].onset_unix_us, expected a number'],
    ['key,start,stop\nA,1,2', 'x:1: found "key,start,stop", expected the columns key,kind,from,to'],
    ['key,kind,from,to\nA,dip,1', 'x:2: found 3 cells, expected 4'],
    ['key,kind,from,to\nA,dip,1,2\nA,dip,2024-13-01,2', 'x:3: found "2024-13-01" as from'],
  ])('that are wrong are refused with file and line: %s', (text, message) => {
    let refused: unknown;
    try {
      parseLabels(text, 'x');
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'QS_CONFIG_VALUE', message: expect.stringContaining(message) });
  });
});

describe('the keys of labels', () => {
  const rows = ['f/a.csv', 'g/b.csv', 'c'].map((key) => ({ key, times: Float64Array.of(1_000, 2_000) }));
  const label = (key: string, from = 1_000, to = from) => ({ key, kind: 'k', from, to });

  it('are the same, else the same file name, else the same without endings; it is said which', () => {
    const { labels, renamed, unknown } = matchLabels(rows, {
      labels: [label('f/a.csv'), label('elsewhere/b.csv'), label('x/c.csv.gz'), label('d')],
      ignored: [{ key: 'x/c.csv.gz', from: 0, to: 1 }],
    });
    expect(labels.map(({ key }) => key)).toEqual(['f/a.csv', 'g/b.csv', 'c']);
    expect(renamed).toEqual([
      { from: 'elsewhere/b.csv', to: 'g/b.csv', how: 'the same file name' },
      { from: 'x/c.csv.gz', to: 'c', how: 'the same file name without endings' },
    ]);
    expect(unknown).toEqual([{ key: 'd', labels: 1 }]);
  });

  it('are each other where both sides have one', () => {
    const given = { labels: [label('flight.log')], ignored: [{ key: 'flight.log', from: 5, to: 6 }] };
    const { labels, ignored } = matchLabels(rows.slice(2), given);
    expect([labels[0]!.key, ignored[0]!.key]).toEqual(['c', 'c']);
    expect(matchLabels(rows, given).unknown).toEqual([{ key: 'flight.log', labels: 1 }]);
  });

  it('that lie outside of the recording are counted, not dropped in silence', () => {
    const longer = rows.map((row) => (row.key === 'c' ? row : { ...row, times: Float64Array.of(1_000, 2_500) }));
    const { labels, outside } = matchLabels(longer, {
      labels: [label('c', 0), label('c', 2_501), label('c', 2_000, 3_000), label('c', 2_001)],
      ignored: [],
    });
    // Others were heard until then: what happened to a key behind its own end was still watched.
    expect(labels).toEqual([label('c', 2_000, 3_000), label('c', 2_001)]);
    expect(outside).toEqual([{ key: 'c', labels: 2 }]);
  });
});

const shared = process.env.QUANTSTREAM_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const flight = join(shared, 'data', 'uav', 'sitl', 'gps_a_loss_short.json');

describe.skipIf(!existsSync(flight))('the labels of a recorded flight (skipped where the shared data are absent)', () => {
  it('are its faults', () => {
    const { labels, ignored } = parseLabels(readFileSync(flight, 'utf8'), flight);
    expect(labels.map(({ kind, from, to }) => [kind, Math.round((to - from) / 1_000)])).toEqual([
      ['gps_loss', 5],
      ['gps_loss', 3],
    ]);
    expect(ignored).toHaveLength(2);
  });
});
