import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';
import { planPipeline } from '../src/spec/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-all-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function planned(source: string, features: string, rest = '') {
  const file = join(folder, 'all.yaml');
  const values = '{ disk_rate: "Disk.Rate", cpu: CPU }';
  writeFileSync(
    file,
    `name: all\nsource: { use: file, with: { path: x.csv, time: t, key: k, values: ${values}${source} } }\nfeatures: { use: window, with: { ${features} } }\n${rest}`,
  );
  return planPipeline(file, { dataRoot: folder, environment: {} });
}

describe('columns: all', () => {
  it('of the features is every number that the source emits, also where its name ends like a family', async () => {
    const { schema, models } = await planned('', 'columns: all');
    expect(schema.row.columns.map(({ name }) => name)).toEqual(['disk_rate', 'cpu']);
    expect(models.map(({ columns }) => columns.map(({ name }) => name))).toEqual([
      ['disk_rate', 'cpu'],
      ['disk_rate', 'cpu'],
    ]);
  });

  it('of a model is every feature of the row, without the clock', async () => {
    const rest = 'models: { far: { use: mahalanobis, columns: all } }\nalarms: { perDay: 1 }\n';
    const { models } = await planned('', 'columns: [cpu, cpu_mean_12, hour_sin]', rest);
    expect(models[0]!.columns.map(({ name }) => name)).toEqual(['cpu', 'cpu_mean_12']);
  });

  it('says where the source emits nothing of that type', async () => {
    await expect(planned(', type: other', 'columns: all')).rejects.toThrow(/the source emits no reading with numbers, but other/);
  });

  it('adds no complaint to that about a source which has a mistake', async () => {
    await expect(planned(', tyme: other', 'columns: all')).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('unknown key "tyme"') }],
    });
  });

  it('is a word, and no other is', async () => {
    await expect(planned('', 'columns: every')).rejects.toThrow(/expected a list of columns, or all, found "every"/);
  });
});
