// The page over the fleet of simulated vehicles: a map, phases, limits, and the rules' own words.

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { About, Lanes, WhatIfLimit } from '../../plugins/sink-page/src/wire.js';
import { Bench, ROOT, type Running } from '../support.js';
import {
  askApi,
  coloursOf,
  describeInBrowser,
  eventually,
  expectAccessible,
  launch,
  numberIn,
  pageOf,
  placeOf,
  startWithPage,
  stop,
  until,
  Visitor,
} from './browser.js';

const KEYS = ['vehicle-1', 'vehicle-2', 'vehicle-3'];

describeInBrowser('the page of a fleet', () => {
  const bench = new Bench();
  let engine: Running;
  let browser: Browser;
  let visitor: Visitor;
  let url: string;

  beforeAll(async () => {
    engine = startWithPage(bench, join(ROOT, 'pipelines', 'uav-demo.yaml'), ['sinks.database=null']);
    browser = await launch();
    url = await pageOf(engine);
    // The first fault comes a few seconds after the start.
    await until(async () => {
      const { counts } = await askApi<Lanes>(url, 'lanes');
      return counts.warning + counts.critical > 0;
    });
    visitor = await Visitor.come(browser);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await stop(engine);
    bench.dispose();
  });

  it('goes on while one looks: keys, a map, phases and every declared view', async () => {
    const page = await visitor.open(url);
    await page.getByRole('button', { name: 'name', exact: true }).click();
    await eventually(() => page.getByRole('option').locator('.name').allTextContents()).toEqual(KEYS);
    await page.getByRole('option', { name: 'vehicle-1' }).locator('.name').click();
    const { views } = await askApi<About>(url, 'about');
    for (const { title } of views) await page.locator('.key .chart').getByRole('heading', { name: title }).first().waitFor();
    for (const kind of ['map', 'states']) {
      const canvas = page.locator(`.key .chart.${kind} canvas`).first();
      await canvas.scrollIntoViewIfNeeded();
      await eventually(() => coloursOf(canvas)).toBeGreaterThan(1);
    }
    // From one phase to the next: a mark above the pictures.
    await eventually(() => page.locator('.notes .note.change').first().getAttribute('title')).toMatch(/: (phase|mode): \S/);
    // What comes is drawn without anything being asked.
    const rows = async () => numberIn(await page.locator('.key-head .quiet').textContent());
    const before = await rows();
    await eventually(rows).toBeGreaterThan(before);
    await page.close();
  });

  it('says why in the words of the rules, and what another limit would have found', async () => {
    // The first finding comes before the vehicles take off, and the limit that is asked about holds in flight.
    await until(async () => {
      const flown = `whatif-limit?column=vibration&is=above&value=0.001&was=30&from=${Date.now() - 600_000}&to=${Date.now()}`;
      return (await askApi<WhatIfLimit>(url, flown)).episodes > 0;
    });
    const page = await visitor.open(url);
    await page.keyboard.press('j');
    await eventually(() => page.locator('.why .rules .badge').first().textContent()).toMatch(/^limits\//);
    const { key, episode } = placeOf(page);
    const { lanes } = await askApi<Lanes>(url, 'lanes?bins=1');
    const { reason } = lanes.find((lane) => lane.key === key)!.episodes.find(({ id }) => id === episode)!;
    await eventually(() => page.locator('.why .sentence').textContent()).toBe(reason);
    await expectAccessible(page, 'why of a flight');
    await page.keyboard.press(' ');
    await page.getByText('Paused: the picture stands still').waitFor();
    await page.keyboard.press('4');
    const field = page.getByRole('spinbutton', { name: /^altitude|^vibration above/ }).first();
    await field.fill('0.001');
    await field.press('Enter');
    const [column, is, value, , was] = placeOf(page).limit!.split(' ');
    const [from, to] = placeOf(page).range!.split('-');
    const asked = `whatif-limit?column=${column}&is=${is}&value=${value}&was=${was}&from=${from}&to=${to}`;
    const { episodes, yaml } = await askApi<WhatIfLimit>(url, asked);
    expect(episodes).toBeGreaterThan(0);
    await eventually(async () => numberIn(await page.locator('.whatif .sentence').last().textContent())).toBe(episodes);
    await eventually(() => page.locator('.yaml code').last().textContent()).toBe(yaml);
    await page.close();
  });

  it('asks about a moment by a click on the map, and says honestly that it is calibrating', async () => {
    const page = await visitor.open(url);
    const map = page.locator('.key .chart.map .plot');
    await map.scrollIntoViewIfNeeded();
    await map.click();
    await eventually(() => placeOf(page).moment).toMatch(/^\d+$/);
    await eventually(() => page.locator('.why .sentence').textContent()).toMatch(/not judged|reach|passes|Nothing|rule|:/);
    await page.keyboard.press('5');
    await eventually(() => page.locator('.side-panel').textContent()).toMatch(/learning|uncalibrated|missing/);
    await expectAccessible(page, 'state of a fleet');
    expect(visitor.complaints).toEqual([]);
    await page.close();
  });
});
