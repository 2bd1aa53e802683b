import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { RecordParser } from '../src/dataflash/record-parser.js';
import { TextParser } from '../src/dataflash/text-parser.js';
import { described, HEADER, logged, quadFlight, TYPES } from './dataflash.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const FMT = 'FMT, 128, 89, FMT, BBnNZ, Type,Length,Name,Format,Columns';
/** The records of a log as a ground station writes them: a line each. */
function textOf(bytes: Buffer): string {
  const parser = new RecordParser();
  parser.push(bytes);
  parser.finish();
  const lines = ['ArduCopter V4.5.7', 'Free RAM: 1234', FMT];
  while (parser.next()) {
    const { format, view, fields, type } = parser;
    if (type === 128) {
      const { layout } = parser.formats[view.getUint8(fields)]!;
      lines.push(`FMT, ${layout.type}, ${layout.length}, ${layout.name}, ${layout.format}, ${layout.columns}`);
      continue;
    }
    const values = format!.names.map((name) =>
      'nNZ'.includes(format!.character(name)) ? format!.text(name)(view, fields) : String(format!.number(name)(view, fields)),
    );
    lines.push([format!.name, ...values].join(', '));
  }
  return `${lines.join('\r\n')}\r\n`;
}
async function read(name: string, content: string | Buffer, more: object = {}, from: string | null = null) {
  writeFileSync(join(hosts.directory, name), content);
  return readAll(hosts, { connect: `file:${name}`, ...more }, from);
}

describe('an on-board log that was written as text', () => {
  it('gives what the same log gives as it was recorded', async () => {
    const flight = quadFlight(4);
    const [text, binary] = [await read('flight.log', textOf(flight)), await read('flight.bin', flight)];
    expect(text.observations.length).toBeGreaterThan(500);
    expect(essence(text.observations)).toEqual(essence(binary.observations));
    expect(hosts.drops).toEqual([]);
  });

  it('goes on where it was left, and in pieces of any size', async () => {
    const text = textOf(quadFlight(2));
    const whole = await read('flight.log', text, { batch: 100 });
    const before = whole.batches.slice(0, 2).flatMap(({ observations }) => observations).length;
    const rest = await read('flight.log', text, { batch: 100 }, whole.batches[1]!.cursor);
    expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(before)));
    const names = (piece: number) => {
      const parser = new TextParser();
      const found: string[] = [];
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += piece) {
        parser.push(bytes.subarray(at, at + piece));
        while (parser.next()) found.push(parser.format?.name ?? 'FMT');
      }
      return found;
    };
    for (const piece of [1, 13, 4_096]) expect(names(piece)).toEqual(names(1e9));
  });

  it('has texts with commas, modes by their names, and numbers that are none', async () => {
    const mode = { type: 170, name: 'MODE', format: 'QMB', columns: 'TimeUS,Mode,Rsn' };
    const head = textOf(Buffer.concat([HEADER, described(mode)]));
    const lines = [
      'MSG, 1000000, one, two,three',
      'MODE, 2000000, LOITER, 1',
      'XKF1, 3000000, 0, nan, 2, -0.5',
      'XKF1, 4000000, 0, what, 2, 3',
    ];
    const { observations } = await read('odd.log', `${head}${lines.join('\n')}\n`, {
      messages: ['STATUSTEXT', 'HEARTBEAT', 'LOCAL_POSITION_NED'],
    });
    expect(observations.find(({ type }) => type === 'statustext')!.text).toEqual({ text: 'one, two, three' });
    expect(observations.filter(({ type }) => type === 'heartbeat').at(-1)!.values.custom_mode).toBe(5);
    const places = observations.filter(({ type }) => type === 'local_position_ned');
    expect(places.map(({ values }) => values)).toEqual([{ time_boot_ms: 3_000, vy: 2, vz: -0.5 }]);
  });

  it('counts the bytes of lines that are none, and says where it ends within one', async () => {
    const log = textOf(Buffer.concat([HEADER, logged(TYPES.MSG, 1e6, 'on')]));
    const noise = 'NOPE, 1, 2\nATT, 1, 2\n';
    const parser = new TextParser();
    parser.push(Buffer.from(`${log}${noise}${'x'.repeat(9_000)}\nMSG, 1`));
    parser.finish();
    while (parser.next());
    expect(parser.takeLosses()).toEqual({ garbage: noise.length + 9_001, badFormats: 0, truncated: true, collisions: [] });
  });

  it('is named for what it is under another name, and refused where it is another text', async () => {
    await expect(read('log.tlog', textOf(quadFlight(1)).slice(35))).rejects.toThrow(
      'written as text: its name should end in .log',
    );
    await expect(read('server.log', 'an ordinary line of a log\n'.repeat(100))).rejects.toThrow(
      'no record of an on-board log in it',
    );
  });

  it('gives finite numbers and times in order, whatever the bytes', async () => {
    const whole = Buffer.from(textOf(quadFlight(2)));
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) if (at > 200) bytes[at] = value;
        const { observations } = await read('damaged.log', bytes);
        const times = observations.map(({ time }) => time);
        expect(times.every((time, i) => Number.isFinite(time) && (i === 0 || time >= times[i - 1]!))).toBe(true);
        expect(observations.flatMap(({ values }) => Object.values(values)).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 20, seed: 5 },
    );
  });
});
