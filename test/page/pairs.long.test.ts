// The page over a pair: both legs, their spread and its limits, of one entity that two keys make.

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { About, Lanes, State, WhatIf } from '../../plugins/sink-page/src/wire.js';
import { Bench, ROOT, type Running } from '../support.js';
import {
  askApi,
  describeInBrowser,
  eventually,
  expectAccessible,
  expectDrawn,
  launch,
  numberIn,
  pageOf,
  placeOf,
  startWithPage,
  stop,
  until,
  Visitor,
} from './browser.js';

const START = '2026-03-02T00:00:00Z';
const HOURS = 3;
const SET = [
  'sinks.database=null',
  `source.with.simulator={ seed: 4711, start: ${START}, history: ${HOURS}h, realTime: true, tradesPerSecond: 2, anomaliesPerDay: 120 }`,
  'alarms.calibration={ atLeast: 30m }',
];

describeInBrowser('the page of a pair', () => {
  const bench = new Bench();
  let engine: Running;
  let browser: Browser;
  let visitor: Visitor;
  let url: string;

  beforeAll(async () => {
    engine = startWithPage(bench, join(ROOT, 'pipelines', 'pairs.yaml'), SET);
    browser = await launch();
    url = await pageOf(engine);
    await until(async () => ((await askApi<State>(url, 'state')).eventTime ?? 0) >= Date.parse(START) + HOURS * 3_600_000);
    visitor = await Visitor.come(browser);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await stop(engine);
    bench.dispose();
  });

  it('shows both legs and the spread of one entity, and all of it is drawn', async () => {
    const page = await visitor.open(`${url}#range=all`);
    expect(await page.getByRole('option').locator('.name').allTextContents()).toEqual(['btc-eth']);
    const { views, columns } = await askApi<About>(url, 'about');
    expect(views.length).toBeGreaterThan(0);
    const legend = async () => (await page.locator('.key .legend dt').allTextContents()).map((text) => text.trim());
    for (const { name } of columns) await eventually(legend).toContain(name);
    await expectDrawn(page, 3);
    await expectAccessible(page, 'a pair');
    await page.close();
  });

  it('says why, and counts what other budgets would have raised as the server does', async () => {
    const page = await visitor.open(`${url}#range=all`);
    await page.keyboard.press(' ');
    await page.getByText('Paused: the picture stands still').waitFor();
    await page.keyboard.press('j');
    const { episode } = await eventually(() => placeOf(page).episode)
      .toBeTruthy()
      .then(() => placeOf(page));
    const { lanes } = await askApi<Lanes>(url, 'lanes?bins=1');
    const { reason } = lanes[0]!.episodes.find(({ id }) => id === episode)!;
    await eventually(() => page.locator('.why .sentence').textContent()).toBe(reason);
    await page.keyboard.press('4');
    await page.getByRole('slider', { name: /a day/ }).focus();
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
    const { budget, range } = placeOf(page);
    const [from, to] = range!.split('-');
    const { budgets } = await askApi<WhatIf>(url, `whatif?perDay=${budget}&from=${from}&to=${to}`);
    const count = page.locator('.whatif .sentence strong').first();
    await eventually(async () => numberIn(await count.textContent())).toBe(budgets[0]!.episodes);
    await eventually(() => page.locator('.yaml code').first().textContent()).toBe(budgets[0]!.yaml);
    expect(visitor.complaints).toEqual([]);
    await page.close();
  });
});
