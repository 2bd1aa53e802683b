import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installedOf } from './installed.js';
import { loadPlugin } from './plugins.js';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-plugins-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EWMA = `export default ({ defineModel, z }) => defineModel({
  name: 'ewma', api: 1, about: 'x', config: z.strictObject({}), stateVersion: 1, initialState: () => ({}), create: () => ({}),
});`;

/** A package in the folder's node_modules. */
function install(name: string, code = EWMA): void {
  const path = join(folder, 'node_modules', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }));
  writeFileSync(join(path, 'index.js'), code);
}
const refusal = (kind: 'model' | 'sink', use: string) =>
  loadPlugin(kind, use, folder).then(
    () => 'found',
    (error: Error) => error.message,
  );

describe('a plugin by its name', () => {
  it('is one of ours, or another that is named like ours', async () => {
    install('quantstream-model-ewma');
    install('@desk/quantstream-model-skew');
    expect((await loadPlugin('model', 'ewma', folder)).url).toContain('quantstream-model-ewma');
    expect((await loadPlugin('model', '@desk/quantstream-model-skew', folder)).url).toContain('@desk');
    const found = installedOf('model', folder).filter((one) => !one.package.startsWith('@quantstream/'));
    expect(found).toEqual([
      { name: '@desk/quantstream-model-skew', package: '@desk/quantstream-model-skew' },
      { name: 'ewma', package: 'quantstream-model-ewma' },
    ]);
  });

  it('that is misspelt is never told back as something to install', async () => {
    install('quantstream-model-ewma');
    for (const use of ['ewmaa', 'tials', 'quantstream-model-tials', '@quantstrem/model-tails', 'lodahs'])
      expect(await refusal('model', use)).not.toContain('npm install');
    expect(await refusal('model', 'ewmaa')).toContain('Did you mean "ewma"?');
    expect(await refusal('model', 'tials')).toContain('Did you mean "tails"?');
  });
});
