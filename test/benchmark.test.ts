import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const PAGE = join(ROOT, 'docs', 'benchmarks-detection.md');
const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'scripts', 'benchmark', 'detection.mjs'), ...args], { encoding: 'utf8' });

describe('npm run benchmark:detection', () => {
  it('says which sets it had no data for, and leaves what the page says of them', () => {
    const before = readFileSync(PAGE, 'utf8');
    const { status, stdout, stderr } = run('--servers', bench.path('nowhere'));
    expect(status, stderr).toBe(0);
    expect(stdout).toBe('');
    for (const section of [
      'nab: expected --nab',
      'shapes: expected --python',
      'tabular: expected --tabular',
      'markets: expected --market',
    ])
      expect(stderr).toContain(`skipped ${section}`);
    expect(stderr).toContain(`skipped servers: there is no folder ${bench.path('nowhere')}`);
    expect(readFileSync(PAGE, 'utf8')).toBe(before);
  });

  it('has a section of the page for each set, with what was measured and when', () => {
    const page = readFileSync(PAGE, 'utf8');
    for (const name of ['nab', 'servers', 'shapes', 'tabular', 'volume', 'markets']) {
      const [, section] = new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)<!-- /${name} -->`).exec(page)!;
      expect(section, name).toMatch(/^\n_Measured \d{4}-\d\d-\d\d, commit [0-9a-f]{7,}/);
      expect(section, name).toMatch(/\|---\|/);
    }
  });
});
