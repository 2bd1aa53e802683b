import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { sinkLaws, TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';

const everything = ['observations', 'verdicts', 'anomalies', 'episodes', 'missing'];

describe.each([
  ['jsonl', { write: everything }],
  ['csv', { format: 'csv', write: ['verdicts'] }],
])('as %s', (_, config) => {
  sinkLaws(plugin, {
    config: (n) => ({ path: `out-${n}`, ...config }),
    read: async (n, hosts) =>
      readFileSync(hosts.source().resolvePath(`out-${n}`), 'utf8')
        .split('\n')
        .filter(Boolean),
  });
});

describe('the file', () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());
  const read = (path: string) => readFileSync(hosts.source().resolvePath(path), 'utf8');

  it('drops half a line that a killed process left, and writes the csv header once', async () => {
    for (let twice = 0; twice < 2; twice++) {
      const sink = await plugin.create(
        plugin.config.parse({ path: 'a/b.csv', format: 'csv', write: ['episodes'] }),
        hosts.sink(testSchema),
      );
      await sink.open!();
      await sink.write(testBatch(twice * 10, 10));
      await sink.close();
      appendFileSync(hosts.source().resolvePath('a/b.csv'), 'half a li');
    }
    const lines = read('a/b.csv').split('\n');
    expect(lines[0]).toBe(
      'id,pipeline,key,kind,status,start,end,peak,peakScore,threshold,pValue,model,version,severity,rows,columns,reason',
    );
    expect(lines.filter((line) => line.startsWith('id,'))).toHaveLength(1);
    expect(lines.slice(1, -1).every((line) => line.startsWith('"test/tank ""A""/summary/'))).toBe(true);
    expect(lines.at(-1)).toBe('half a li');
  });

  it.each(['folder', ...(process.platform === 'win32' ? [] : ['/dev/null', '/dev/full'])])(
    'gives up where the path is %s, instead of trying again for ever',
    async (path) => {
      if (path === 'folder') mkdirSync(hosts.source().resolvePath(path), { recursive: true });
      const sink = await plugin.create(plugin.config.parse({ path }), hosts.sink(testSchema));
      await expect(sink.open!()).rejects.toMatchObject({
        code: 'QS_SINK_FAILED',
        retry: false,
        message: expect.stringMatching(/ is no file but a (folder|pipe or a device); name a file/),
      });
      await sink.close();
    },
  );

  it('refuses several kinds of record in one csv', () => {
    expect(
      plugin.config.safeParse({ path: 'x', format: 'csv', write: ['verdicts', 'episodes'] }).error?.issues[0]?.message,
    ).toContain('one kind of record');
  });
});
