import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Clock, random } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { Follower } from './following.js';

let hosts = new TestHosts();
let follower: Follower | undefined;
afterEach(async () => {
  await follower?.stop();
  follower = undefined;
  hosts.dispose();
  hosts = new TestHosts();
});

const START = 1_700_000_000_000;
const HEADER = 'ts,x,note\n';
const line = (i: number) => `${START + i},${i},${i % 5 ? 'fine' : '"two\nlines"'}\n`;
const json = (i: number) => `${JSON.stringify({ ts: START + i, x: i, note: 'fine' })}\n`;
const lines = (from: number, to: number, one = line) => Array.from({ length: to - from }, (_, i) => one(from + i)).join('');
const upTo = (count: number) => [...Array(count).keys()];
const table = { time: 'ts', values: ['x'], text: ['note'], follow: true };
const at = (name: string) => join(hosts.directory, name);
const follow = (config: object, clock?: Clock) => {
  follower = new Follower(hosts, { ...table, ...config }, clock);
  return follower;
};

describe('a file that is followed', () => {
  it('is read as it grows, its last line once it is whole, whatever is there at first', async () => {
    const found = await follow({ path: 'a.csv' }).begin();
    await found.until(() => hosts.trouble?.includes('a.csv does not exist') === true);
    writeFileSync(at('a.csv'), HEADER.slice(0, 4));
    await sleep(700);
    appendFileSync(at('a.csv'), HEADER.slice(4) + line(0).slice(0, 5));
    await sleep(300);
    expect(found.rows).toEqual([]);
    appendFileSync(at('a.csv'), line(0).slice(5) + line(1));
    await found.count(2);
    appendFileSync(at('a.csv'), lines(2, 5_000));
    await found.count(5_000);
    expect(found.wrong(upTo(5_000))).toBe(undefined);
    expect(found.rows.map(({ sequence }) => sequence)).toEqual(upTo(5_000).map((i) => i + 1));
    expect(found.rows[0]).toMatchObject({ key: 'a.csv', time: START });
    expect([hosts.trouble, hosts.drops]).toEqual([undefined, []]);
  });

  it('may be renamed: what is still written to it is read, then what is new under its name', async () => {
    writeFileSync(at('a.log'), lines(0, 10, json));
    const found = await follow({ path: 'a.log' }).begin();
    await found.count(10);
    renameSync(at('a.log'), at('a.log.1'));
    appendFileSync(at('a.log.1'), lines(10, 20, json));
    writeFileSync(at('a.log'), lines(20, 30, json));
    await found.count(30);
    appendFileSync(at('a.log.1'), json(30).slice(0, -1));
    appendFileSync(at('a.log'), lines(31, 40, json));
    await found.count(39);
    expect(found.xs).toEqual([...upTo(30), ...upTo(40).slice(31)]);
    // What has no end is taken as it is once nobody goes on with it.
    await found.count(40);
    expect(found.xs.at(-1)).toBe(30);
    expect(found.rows.every(({ key }) => key === 'a.log')).toBe(true);
  });

  it('is read on beside copies of what had its name, packed or not, that were made later and stay', async () => {
    writeFileSync(at('a.log'), lines(0, 10, json));
    const found = await follow({ path: 'a.log' }).begin();
    await found.count(10);
    await found.stop();
    renameSync(at('a.log'), at('a.log.1'));
    writeFileSync(at('a.log'), lines(10, 20, json));
    const { atimeMs, mtimeMs } = statSync(at('a.log'));
    for (const [name, content] of [
      ['a.log.1.gz', gzipSync(readFileSync(at('a.log.1')))],
      ['a.log.2', readFileSync(at('a.log.1'))],
    ] as const) {
      writeFileSync(at(name), content);
      utimesSync(at(name), atimeMs / 1_000, mtimeMs / 1_000 + 1);
    }
    await found.begin();
    await found.count(20);
    expect([found.wrong(upTo(20)), hosts.drops]).toEqual([undefined, []]);
  });

  it('may be cut behind a copy: what of it was not read comes from the copy', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 10));
    const found = await follow({ path: 'a.csv' }).begin();
    await found.count(10);
    await found.stop();
    appendFileSync(at('a.csv'), lines(10, 20));
    copyFileSync(at('a.csv'), at('a.csv.1'));
    truncateSync(at('a.csv'));
    // Its writer does not know, and writes no header again.
    appendFileSync(at('a.csv'), lines(20, 3_000));
    await found.begin();
    await found.count(3_000);
    expect(found.wrong(upTo(3_000))).toBe(undefined);
  });

  it('that goes on without its header keeps its columns through each cut, also after a restart', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 10));
    const found = await follow({ path: 'a.csv' }).begin();
    await found.count(10);
    writeFileSync(at('a.csv'), lines(10, 30));
    await found.count(30);
    await found.stop();
    await found.begin();
    appendFileSync(at('a.csv'), lines(30, 32));
    await found.count(32);
    writeFileSync(at('a.csv'), lines(32, 35));
    await found.until(() => found.rows.length >= 35 || hosts.drops.length > 2);
    expect([found.wrong(upTo(35)), hosts.drops.filter((drop) => !drop.startsWith('lost_file'))]).toEqual([undefined, []]);
  });

  it('whose new header lacks a column is not read by what the columns were', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 10));
    const found = await follow({ path: 'a.csv' }).begin();
    await found.count(10);
    writeFileSync(at('a.csv'), HEADER.replace('x', 'y') + lines(100, 103));
    await found.until(() => found.rows.length > 10 || hosts.drops.length > 1);
    expect(found.wrong(upTo(10))).toBe(undefined);
    expect(hosts.drops[1]).toMatch(/^broken_file: a\.csv: .* has no column "x" \(it has ts, y, note\)$/);
  });

  it('that was cut without a copy is read from its beginning, and what may be lost is counted', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 50));
    const found = await follow({ path: 'a.csv' }).begin();
    await found.count(50);
    writeFileSync(at('a.csv'), HEADER + lines(50, 60));
    await found.count(60);
    writeFileSync(at('a.csv'), HEADER + lines(60, 400));
    await found.count(400);
    expect(found.wrong(upTo(400))).toBe(undefined);
    expect(hosts.drops).toHaveLength(2);
    expect(hosts.drops[0]).toMatch(
      /^lost_file: a\.csv:\d+: it was cut or written anew: what came behind byte \d+ and was not read is lost$/,
    );
  });

  it('of which something may be lost is told as not observed up to what comes next in time', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 50));
    const found = await follow({ path: 'a.csv', batch: 5 }).begin();
    await found.count(50);
    // Neither what is behind ends that, nor a clock that is wrong.
    writeFileSync(at('a.csv'), HEADER + lines(40, 50) + line(1e12) + lines(60, 70));
    await found.count(71);
    const [from, to] = [START + 49, START + 60];
    expect(found.missing).toEqual([{ key: 'a.csv', from, to, reason: 'not observed', count: 0 }]);
  });

  it('is read on where the clock is set back', async () => {
    let ahead = 0;
    const now = () => Date.now() + ahead;
    writeFileSync(at('a.csv'), HEADER + lines(0, 10));
    const found = await follow({ path: 'a.csv' }, { now, sleep: (ms) => sleep(ms) }).begin();
    await found.count(10);
    await found.until(() => found.batches.length > 5);
    ahead = -3_600_000;
    appendFileSync(at('a.csv'), lines(10, 20));
    await found.count(20);
  });

  it('may be gone for a while, and be another one then', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 10));
    const found = await follow({ path: 'a.csv' }).begin();
    await found.count(10);
    rmSync(at('a.csv'));
    await found.until(() => hosts.trouble !== undefined);
    writeFileSync(at('a.csv'), `x,ts,note\n10,${START + 10},fine\n`);
    await found.count(11);
    expect(found.wrong(upTo(11))).toBe(undefined);
    expect(hosts.drops).toEqual([]);
  });

  it('that lacks a column is counted and looked at again later; others go on', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 10));
    const found = await follow({ path: '*.csv' }).begin();
    await found.count(10);
    writeFileSync(at('b.csv'), 'ts,y\n1,2\n');
    await found.until(() => hosts.drops.length > 0);
    expect(hosts.drops[0]).toMatch(
      /^broken_file: b\.csv: it cannot be read, .*: file: .*b\.csv has no column "x" \(it has ts, y\)$/,
    );
    appendFileSync(at('a.csv'), lines(10, 20));
    await found.count(20);
  });
});

describe('a pattern that is followed', () => {
  it('finds files that come later, and merges by time what is there', async () => {
    mkdirSync(at('in'));
    writeFileSync(at('in/a.csv'), HEADER + [0, 2, 4].map(line).join(''));
    writeFileSync(at('in/b.csv'), HEADER + [1, 3, 5].map(line).join(''));
    const found = await follow({ path: 'in/**/*.csv*' }).begin();
    await found.count(6);
    mkdirSync(at('in/deep'));
    writeFileSync(at('in/deep/c.csv'), HEADER + lines(6, 9));
    await found.count(9);
    expect(found.wrong(upTo(9))).toBe(undefined);
    expect(found.rows.map(({ key }) => key)).toEqual(
      [...'ababab'].map((one) => `${one}.csv`).concat(Array(3).fill('deep/c.csv')),
    );
    // What is packed is read once, whether it was followed before or not.
    writeFileSync(at('in/deep/c.csv.gz'), gzipSync(readFileSync(at('in/deep/c.csv'))));
    rmSync(at('in/deep/c.csv'));
    writeFileSync(at('in/d.csv.gz'), gzipSync(HEADER + lines(9, 12)));
    await found.count(12);
    appendFileSync(at('in/a.csv'), lines(12, 14));
    await found.count(14);
    expect(found.wrong(upTo(14))).toBe(undefined);
    expect(hosts.drops).toEqual([]);
  });

  it('passes over a link that leads nowhere', async () => {
    writeFileSync(at('a.csv'), HEADER + lines(0, 5));
    symlinkSync(at('gone'), at('b.csv'));
    const found = await follow({ path: '*.csv' }).begin();
    await found.count(5);
    rmSync(at('a.csv'));
    await found.until(() => hosts.trouble?.includes('no file matches') === true);
  });

  it('that names nothing yet is waited for; a folder, a pipe and what can never be read are refused', async () => {
    const found = await follow({ path: 'none/*.csv' }).begin();
    await found.until(() => hosts.trouble !== undefined);
    await found.stop();
    follower = undefined;
    mkdirSync(at('folder'));
    writeFileSync(at('bad.csv'), 'time,x\n1,2\n');
    const begun = async (path: string) => (await new Follower(hosts, { ...table, path }).begin()).count(1);
    await expect(begun('folder')).rejects.toThrow('is a folder: name its files, as in folder/*.csv');
    await expect(begun('bad.csv')).rejects.toThrow(/has no column "ts"/);
    const refused = (config: object) => plugin.config.safeParse({ ...table, path: 'a.csv', ...config }).error?.issues[0]?.message;
    expect(refused({ path: '-' })).toContain('leave follow out');
    expect(refused({ order: 'sort' })).toContain('leave order out');
    expect(refused({ format: 'parquet' })).toContain('does not grow');
  });
});

describe('time, of files that are followed', () => {
  it('stands still while nothing comes, goes on by the clock after quiet, and never for history', async () => {
    const now = Date.now();
    writeFileSync(at('a.csv'), `ts,x,note\n${now - 500},0,fine\n`);
    const found = await follow({ path: 'a.csv', quiet: '1s' }).begin();
    await found.until(() => (found.batches.at(-1)?.watermark ?? 0) > now - 500);
    const told = found.batches.flatMap(({ watermark }) => (watermark === undefined ? [] : [watermark]));
    expect(told[0]).toBe(now - 500);
    expect(told.filter((time) => time === now - 500).length).toBeGreaterThan(1);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBeLessThan(Date.now() - 900);
    await found.stop();
    writeFileSync(at('b.csv'), HEADER + line(0));
    const old = await follow({ path: 'b.csv', quiet: '0s' }).begin();
    await old.until(() => old.batches.length > 10);
    expect(new Set(old.batches.map(({ watermark }) => watermark))).toEqual(new Set([undefined, START]));
  });
});

/** A writer that rotates its file as loggers do, while the file is followed, stopped and killed: what happens is drawn from a seed. */
class Rotated {
  written = 0;
  private readonly name: string;
  private readonly one: (i: number) => string;
  private readonly header: string;
  private torn = '';

  constructor(name: string, one: (i: number) => string, header: string) {
    this.name = name;
    this.one = one;
    this.header = header;
    writeFileSync(at(name), header);
  }

  write(count: number, part: number): void {
    const text = lines(this.written, this.written + count, this.one);
    this.written += count;
    // A write may end anywhere in a line.
    appendFileSync(at(this.name), this.torn + text.slice(0, text.length - part));
    this.torn = text.slice(text.length - part);
  }

  flush(): void {
    appendFileSync(at(this.name), this.torn);
    this.torn = '';
  }

  rotate(how: 'rename' | 'copy', pack: boolean): void {
    this.flush();
    const path = at(this.name);
    for (let i = 40; i > 0; i--)
      for (const ending of ['', '.gz'])
        if (existsSync(`${path}.${i}${ending}`)) renameSync(`${path}.${i}${ending}`, `${path}.${i + 1}${ending}`);
    if (how === 'rename') {
      renameSync(path, `${path}.1`);
      writeFileSync(path, this.header);
    } else {
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
      appendFileSync(path, this.header);
    }
    if (pack && existsSync(`${path}.2`)) {
      // As gzip does: the other file is there, whole and with its times, before this one goes.
      const { atimeMs, mtimeMs } = statSync(`${path}.2`);
      writeFileSync(`${path}.2.gz`, gzipSync(readFileSync(`${path}.2`)));
      utimesSync(`${path}.2.gz`, atimeMs / 1_000, mtimeMs / 1_000);
      rmSync(`${path}.2`);
    }
  }
}

describe('a reader that is several generations behind', () => {
  it.each([
    ['renamed', 'rename', 'csv'],
    ['renamed', 'rename', 'jsonl'],
    ['copied and cut', 'copy', 'csv'],
    ['copied and cut', 'copy', 'jsonl'],
  ] as const)(
    'goes through them in order, packed or not, whatever number of a deleted file a new one was given: %s (%s, %s)',
    async (_, how, format) => {
      const path = `a.${format}`;
      const writer = new Rotated(path, format === 'csv' ? line : json, format === 'csv' ? HEADER : '');
      const found = await follow({ path, format, key: 'k', keyFrom: 'text' }).begin();
      writer.write(10, 0);
      await found.count(10);
      for (let round = 0; round < 3; round++) {
        await found.stop();
        for (let i = 0; i < 4; i++) {
          writer.write(20, 4);
          writer.rotate(how, true);
        }
        if (round > 0) writer.write(5, 0);
        await found.begin();
        await found.count(writer.written);
      }
      expect([found.wrong(upTo(writer.written)), hosts.drops]).toEqual([undefined, []]);
    },
  );
});

describe('files that are rotated, cut and packed under load, while the reader is stopped and killed', () => {
  it.each([
    ['renamed', 'a.csv', 'rename', 'csv', 1],
    ['renamed', 'a.jsonl', 'rename', 'jsonl', 2],
    ['copied and cut', 'a.csv', 'copy', 'csv', 3],
    ['copied and cut', 'a.log', 'copy', 'jsonl', 4],
    ['renamed, all matched', 'a.csv*', 'rename', 'csv', 5],
    ['copied and cut, all matched', 'a.csv*', 'copy', 'csv', 6],
  ] as const)('%s (%s): each row comes once and in order', async (_, path, how, format, seed) => {
    const uniform = random(seed);
    const name = path.replace('*', '');
    const one = format === 'csv' ? line : json;
    const writer = new Rotated(name, one, format === 'csv' ? HEADER : '');
    const found = await follow({ path, format, batch: 50, key: 'k', keyFrom: 'text' }).begin();
    writer.write(10, 0);
    await found.count(10);
    for (let step = 0; step < 40; step++) {
      writer.write(Math.floor(uniform() * 300) + 1, Math.floor(uniform() * 10));
      const drawn = uniform();
      if (drawn < 0.25) writer.rotate(how, uniform() < 0.5);
      else if (drawn < 0.35) {
        await found.crash(Math.floor(uniform() * 8));
        if (uniform() < 0.5) writer.rotate(how, uniform() < 0.5);
        writer.write(20, 3);
        if (uniform() < 0.3) writer.rotate(how, uniform() < 0.5);
        await found.begin();
      }
      if (uniform() < 0.5) await sleep(uniform() * 40);
    }
    writer.flush();
    for (let end = Date.now() + 60_000; found.rows.length < writer.written && Date.now() < end; ) await sleep(20);
    expect([found.wrong(upTo(writer.written)), hosts.drops]).toEqual([undefined, []]);
  });
});
