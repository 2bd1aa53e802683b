import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KeptLabels } from '../ports/labels.js';
import { FileNotebook } from './file-notebook.js';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-labels-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const path = () => join(folder, 'new', `${files++}.jsonl`);
const said = (episode: string, label: 'anomaly' | 'normal', more = {}) =>
  ({ episode, key: 'k', from: Number(episode), to: Number(episode) + 1, label, ...more }) as const;

describe('labels in a file', () => {
  it('are kept over a restart, the last of an episode holds, and what is taken back gives way to the one before', async () => {
    const file = path();
    let now = 0;
    const labels = new KeptLabels(new FileNotebook(file), () => ++now);
    expect(await labels.list()).toEqual([]);
    await labels.put(said('2', 'anomaly', { by: 'ada', note: 'a "quote"\nand a line' }));
    await labels.put(said('1', 'normal', { muteUntil: 99 }));
    await labels.put(said('2', 'normal'));
    const again = new KeptLabels(new FileNotebook(file), () => ++now);
    expect((await again.list()).map(({ episode, label, at }) => [episode, label, at])).toEqual([
      ['1', 'normal', 2],
      ['2', 'normal', 3],
    ]);
    expect(await again.undo('2')).toMatchObject({ label: 'anomaly', by: 'ada', note: 'a "quote"\nand a line' });
    expect(await again.undo('2')).toBeUndefined();
    expect(await again.undo('2')).toBeUndefined();
    expect((await again.past('2')).map((one) => [one.label, 'takenBack' in one])).toEqual([
      ['anomaly', true],
      ['normal', true],
    ]);
    // What another process has said is heard.
    expect((await labels.list()).map(({ episode }) => episode)).toEqual(['1']);
  });

  it('that are given at once are all kept, by several processes as well', async () => {
    const file = path();
    const [one, other] = [new KeptLabels(new FileNotebook(file), Date.now), new KeptLabels(new FileNotebook(file), Date.now)];
    await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? one : other).put(said(String(i), 'anomaly'))));
    expect(await one.list()).toHaveLength(50);
    expect(await other.list()).toHaveLength(50);
  });

  it('come through a line that a crash has cut, and through what is no label', async () => {
    const file = path();
    const labels = new KeptLabels(new FileNotebook(file), () => 5);
    await labels.put(said('1', 'anomaly'));
    appendFileSync(file, '{"episode":"2","lab');
    const after = new KeptLabels(new FileNotebook(file), () => 6);
    expect(await after.list()).toHaveLength(1);
    await after.put(said('3', 'normal'));
    expect((await new KeptLabels(new FileNotebook(file), () => 7).list()).map(({ episode }) => episode)).toEqual(['1', '3']);
    writeFileSync(file, 'null\n[]\n{"episode":7}\n\u0000\n');
    expect(await new KeptLabels(new FileNotebook(file), () => 7).list()).toEqual([]);
  });
});
