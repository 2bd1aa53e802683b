// The page over what was stored: a table of hosts runs to its end, and is asked afterwards; what is said of it is kept for whoever asks next.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../engine/src/vitals/summary.js';
import type { KeyHistory, Lanes } from '../../plugins/sink-page/src/wire.js';
import { Bench, ROOT, type Running } from '../support.js';
import {
  askApi,
  describeInBrowser,
  eventually,
  expectAccessible,
  expectDrawn,
  launch,
  pageOf,
  placeOf,
  stop,
  Visitor,
} from './browser.js';

describeInBrowser('the page over what was stored of hosts', () => {
  const bench = new Bench();
  let file: string;
  let engine: Running;
  let browser: Browser;
  let visitor: Visitor;
  let url: string;
  let summary: Summary;

  const serve = async () => {
    engine = bench.start(['serve', '-p', file, '--set', 'http.listen=127.0.0.1:0']);
    url = await pageOf(engine);
  };

  beforeAll(async () => {
    const make = join(ROOT, 'scripts', 'make-host-metrics.mjs');
    execFileSync(process.execPath, [make, bench.path('host'), '--days', '3'], { stdio: 'pipe' });
    file = bench.write('host.yaml', {
      extends: join(ROOT, 'pipelines', 'host.yaml'),
      source: { with: { path: bench.path('host', 'metrics.csv.gz') } },
      models: { baseline: { use: 'baseline', columns: ['cpu', 'load', 'sent_bytes_rate'], transform: { rhythm: 'day' } } },
      sinks: { console: null, database: { use: 'timescale', with: { url: 'embedded', store: [] } } },
    });
    await bench.prepare('host');
    summary = await bench.summary(file, ['http.listen=127.0.0.1:0']);
    browser = await launch();
    await serve();
    visitor = await Visitor.come(browser);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await stop(engine);
    bench.dispose();
  });

  const opened = () => visitor.open(`${url}#range=all&sort=name`);
  const said = (page: Page) => page.locator('.answer .said').textContent();

  it('shows all keys and as many episodes as were raised, drawn to the first row', async () => {
    const page = await opened();
    expect(await page.getByRole('option').locator('.name').allTextContents()).toEqual(['db-1', 'web-1', 'web-2']);
    const counts = await page.getByRole('option').locator('.count').allTextContents();
    expect(counts.reduce((total, text) => total + Number(text), 0)).toBe(summary.episodes);
    expect(await page.locator('.episodes > li').count()).toBe(summary.episodes);
    // What was stored does not go on: there is nothing to follow, and nothing stands still.
    expect(await page.getByRole('button', { name: /Live|Paused/ }).count()).toBe(0);
    expect(await page.locator('.banner').count()).toBe(0);
    await expectDrawn(page, 4);
    await expectAccessible(page, 'what was stored');
    await page.close();
  });

  it('shows what is expected for a day behind the last row, as the checkpoint knows it', async () => {
    const last = (await askApi<KeyHistory>(url, 'key?key=web-1&points=2')).time.at(-1)!;
    const day = `from=${last - 86_400_000}&to=${last}`;
    const { ahead, time, usual } = await askApi<KeyHistory>(url, `key?key=web-1&points=2000&${day}`);
    expect(ahead!.time[0]).toBe(last);
    expect(ahead!.time.at(-1)! - last).toBeGreaterThan(23 * 3_600_000);
    const names = Object.keys(ahead!.usual);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { low, high } = ahead!.usual[name]!;
      // A day behind a row it is what it is at that row.
      const i = time.findIndex((one) => one >= last - 43_200_000);
      const j = ahead!.time.findLastIndex((one) => one <= time[i]! + 86_400_000);
      expect([low[j], high[j]]).toEqual([usual[name]!.low[i], usual[name]!.high[i]]);
    }
  });

  it('keeps labels for the command line and for the next one who serves it', async () => {
    const page = await opened();
    await page.keyboard.press('j');
    await page.getByLabel('Name').fill('Ann');
    await page.getByLabel('Note').fill('a disk that was replaced');
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await eventually(() => said(page)).toMatch(/^anomaly said by Ann, .*a disk that was replaced$/);
    const first = placeOf(page).episode;
    await page.keyboard.press('j');
    await eventually(() => placeOf(page).episode).not.toBe(first);
    await page.keyboard.press('n');
    await eventually(() => said(page)).toMatch(/^normal said by Ann/);

    const printed = await bench.run(['labels', '-p', file, '--only', 'all']);
    expect(printed.code, printed.stderr).toBe(0);
    const labels = printed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { episode: string; kind: string; note?: string });
    expect(labels).toHaveLength(2);
    expect(labels.find(({ episode }) => episode === first)).toMatchObject({ kind: 'anomaly', note: 'a disk that was replaced' });
    const told = await bench.run(['label', first!, 'normal', '-p', file, '--note', 'by hand']);
    expect(told.code, told.stderr).toBe(0);
    await page.keyboard.press('k');
    await eventually(() => said(page)).toMatch(/^normal said by .*by hand$/);

    expect(visitor.complaints).toEqual([]);
    await stop(engine);
    await serve();
    const { lanes } = await askApi<Lanes>(url, 'lanes');
    const kept = lanes.flatMap(({ episodes }) => episodes).filter(({ label }) => label);
    expect(kept).toHaveLength(2);
    await page.close();
    const again = await visitor.open(`${url}#range=all&tab=why&episode=${encodeURIComponent(first!)}`);
    await eventually(() => said(again)).toMatch(/by hand$/);
    await again.close();
  });
});
