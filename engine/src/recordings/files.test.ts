import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findFiles } from './files.js';

const directory = mkdtempSync(join(tmpdir(), 'quantstream-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
for (const name of [
  'a.csv',
  'b.csv',
  'ab.csv',
  'in/a.csv',
  'in/deep/b.csv.gz',
  'in/deep/er/c.csv',
  'in/x+y.csv',
  'parts/part-10.csv',
  'parts/part-9.csv',
  'parts/._part-9.csv',
  'parts/.DS_Store',
  'parts/Thumbs.db',
  'parts/__MACOSX/part-1.csv',
  'empty/.keep',
]) {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), name);
}

const find = (...patterns: string[]) =>
  findFiles(patterns, {
    plugin: 'tide',
    code: 'QS_PLAN_DECLARATION',
    resolvePath: (path) => resolve(directory, path),
    filesOf: (folder) => `${folder}/*.csv`,
  });
const names = async (...patterns: string[]) => (await find(...patterns)).map(({ name }) => name);

describe('files', () => {
  it('are found by their paths and by patterns: `*` and `?` within a name, `**` over folders', async () => {
    expect(await names('a.csv')).toEqual(['a.csv']);
    expect(await names('?.csv')).toEqual(['a.csv', 'b.csv']);
    expect(await names('*.csv')).toEqual(['a.csv', 'ab.csv', 'b.csv']);
    expect(await names('in/*.csv')).toEqual(['in/a.csv', 'in/x+y.csv']);
    expect(await names('in/**/*.csv*')).toEqual(['in/a.csv', 'in/deep/b.csv.gz', 'in/deep/er/c.csv', 'in/x+y.csv']);
    expect(await names('**/er/*')).toEqual(['in/deep/er/c.csv']);
    expect(await names('in/*/**/c.csv')).toEqual(['in/deep/er/c.csv']);
    expect(await names('in/**')).toEqual(['in/a.csv', 'in/deep/b.csv.gz', 'in/deep/er/c.csv', 'in/x+y.csv']);
    expect(await names('*/x+?.csv')).toEqual(['in/x+y.csv']);
    expect(await names('in\\deep\\*.gz')).toEqual(['in/deep/b.csv.gz']);
  });

  it('come in the order of the patterns, each once, with what is below the fixed part and their size', async () => {
    expect(await names('b.csv', './*.csv', 'in/a.csv')).toEqual(['b.csv', './a.csv', './ab.csv', 'in/a.csv']);
    expect(await find('in/**/*.gz')).toEqual([
      {
        path: join(directory, 'in/deep/b.csv.gz'),
        name: 'in/deep/b.csv.gz',
        below: 'deep/b.csv.gz',
        size: 16,
        changed: expect.any(Number),
        identity: expect.stringMatching(/^\d+:\d+:\d+$/),
      },
    ]);
    expect((await find(join(directory, 'in', '*.csv')))[0]).toMatchObject({ path: join(directory, 'in/a.csv'), below: 'a.csv' });
  });

  it('are in natural order, without what systems leave beside them unless that is named', async () => {
    expect(await names('parts/**')).toEqual(['parts/part-9.csv', 'parts/part-10.csv']);
    expect(await names('parts/._part-9.csv')).toEqual(['parts/._part-9.csv']);
    expect(await find('-')).toMatchObject([{ path: '-', below: 'stdin', piped: true }]);
  });

  it('that are not there are named, with what may have been meant', async () => {
    const failing = (pattern: string) => expect(find(pattern)).rejects;
    await failing('in/aa.csv').toMatchObject({
      code: 'QS_PLAN_DECLARATION',
      message: `tide: ${join(directory, 'in/aa.csv')} does not exist. Did you mean a.csv?`,
    });
    await failing('in/nothing like it').toThrow(/does not exist\. The folder holds /);
    await failing('no/a.csv').toThrow(/does not exist, nor does its folder$/);
    await failing('in/*.tsv').toThrow(/no file matches .*\*\.tsv$/);
    await failing('in/').toThrow(/is a folder: name its files, as in in\/\*\.csv$/);
  });
});
