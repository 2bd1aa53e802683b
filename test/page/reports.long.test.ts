// The pages that check, evaluate and backtest write, opened from the disk in a real browser.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quadFlight } from '../../plugins/source-mavlink/test/dataflash.js';
import { Bench, ROOT } from '../support.js';
import { describeInBrowser, expectAccessible, launch, Visitor } from './browser.js';

describeInBrowser('reports', () => {
  const bench = new Bench();
  let browser: Browser;
  const pages: Record<string, string> = {};

  beforeAll(async () => {
    const make = join(ROOT, 'scripts', 'make-host-metrics.mjs');
    execFileSync(process.execPath, [make, bench.path('host'), '--days', '3'], { stdio: 'pipe' });
    const file = bench.write('host.yaml', {
      extends: join(ROOT, 'pipelines', 'host.yaml'),
      source: { with: { path: bench.path('host', 'metrics.csv.gz') } },
    });
    const labels = ['--labels', bench.path('host', 'labels.jsonl'), '--rates', '3,1'];
    const write = async (name: string, args: readonly string[]) => {
      pages[name] = bench.path(`${name}.html`);
      const { code, stderr } = await bench.run([...args, '--html', pages[name]]);
      // What is worth a look, or was found, has a code of its own.
      expect([0, 3], stderr).toContain(code);
    };
    await write('backtest', ['backtest', '-p', file]);
    await write('evaluate', ['evaluate', '-p', file, ...labels]);
    await write('check', ['check', bench.write('flight.bin', quadFlight(240))]);
    browser = await launch();
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    bench.dispose();
  });

  it.each(['check', 'evaluate', 'backtest'])(
    '%s: loads nothing, complains of nothing, and can be used by anybody',
    async (name) => {
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [360, 1_280]) {
          const visitor = await Visitor.come(browser, { colorScheme, viewport: { width, height: 860 } });
          const asked: string[] = [];
          const { page } = await visitor.knock('about:blank');
          page.on('request', (request) => asked.push(request.url()));
          const address = pathToFileURL(pages[name]!).href;
          await page.goto(address);
          expect((await page.locator('h1').first().innerText()).length).toBeGreaterThan(0);
          expect(await page.locator('svg').count()).toBeGreaterThan(0);
          const what = `${name}, ${colorScheme}, ${width} px`;
          await expectAccessible(page, what);
          const sideways = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
          expect(sideways, what).toBe(0);
          const folded = page.locator('details').first();
          if ((await folded.count()) > 0) {
            const before = await folded.evaluate((one) => (one as unknown as { open: boolean }).open);
            await folded.locator('summary').first().click();
            expect(await folded.evaluate((one) => (one as unknown as { open: boolean }).open), what).toBe(!before);
          }
          expect(asked).toEqual([address]);
          expect(visitor.complaints, what).toEqual([]);
          await visitor.leave();
        }
    },
  );
});
