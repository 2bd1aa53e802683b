// The page over the simulated market: everything that one sees, asks and answers, by clicks and keys in a real browser.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyHistory, Lanes, Rank, State, WhatIf, WhatIfLimit } from '../../plugins/sink-page/src/wire.js';
import { Bench, ROOT, type Running } from '../support.js';
import {
  askApi,
  coloursOf,
  describeInBrowser,
  drag,
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

/** A feed that is the same in every run: two hours that rush by, then time as it is. */
const START = '2026-03-02T00:00:00Z';
const HISTORY = 2 * 3_600_000;
const SET = [
  'sinks.database=null',
  'source.with.symbols=[BTCUSDT, ETHUSDT, SOLUSDT]',
  `source.with.simulator={ seed: 4711, start: ${START}, history: 2h, realTime: true, tradesPerSecond: 3, anomaliesPerDay: 120 }`,
  'alarms.calibration={ atLeast: 30m }',
  // A limit to try others of.
  'models.rules.columns=[skipped_trades, turns_at_price]',
  'models.rules.with.rules.stuck_price={ when: turns_at_price >= 3, severity: critical, message: "takers turned {turns_at_price} times" }',
];
const KEYS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];

describeInBrowser('the page of a market', () => {
  const bench = new Bench();
  let engine: Running;
  let browser: Browser;
  let visitor: Visitor;
  let url: string;

  beforeAll(async () => {
    engine = startWithPage(bench, join(ROOT, 'pipelines', 'btc-surveillance.yaml'), SET);
    browser = await launch();
    url = await pageOf(engine);
    await until(async () => ((await askApi<State>(url, 'state')).eventTime ?? 0) >= Date.parse(START) + HISTORY);
    visitor = await Visitor.come(browser);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await stop(engine);
    bench.dispose();
  });

  const opened = () => visitor.open(`${url}#range=all`);
  const optionNames = (page: Page) => page.getByRole('option').locator('.name').allTextContents();
  const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click();

  /** Stands still, so that what is shown can be compared with what is answered. @returns the stretch that is shown */
  async function standStill(page: Page): Promise<{ from: string; to: string }> {
    await page.keyboard.press('Space');
    await page.getByText('Paused: the picture stands still').waitFor();
    const [from, to] = placeOf(page).range!.split('-') as [string, string];
    return { from, to };
  }

  /** Chooses the newest episode by the keyboard. */
  async function chooseEpisode(page: Page): Promise<string> {
    await page.keyboard.press('j');
    await page.locator('.why .facts').waitFor();
    return placeOf(page).episode!;
  }

  it('has a lane for each key, sorted and searched, with as many episodes as the list, the sums and the bars', async () => {
    const page = await opened();
    const { from, to } = await standStill(page);
    await page.getByRole('button', { name: 'name', exact: true }).click();
    await eventually(() => optionNames(page)).toEqual(KEYS);
    const { lanes } = await askApi<Lanes>(url, `lanes?from=${from}&to=${to}&bins=10`);
    await page.getByRole('button', { name: 'odd', exact: true }).click();
    const byOdd = [...lanes].sort((x, y) => (y.odd ?? -1) - (x.odd ?? -1)).map(({ key }) => key);
    const open = lanes.some(({ episodes }) => episodes.some(({ status }) => status === 'open'));
    if (!open) await eventually(() => optionNames(page)).toEqual(byOdd);
    await page.getByRole('button', { name: 'new', exact: true }).click();
    const newest = (key: string) => lanes.find((lane) => lane.key === key)!.episodes.at(-1)?.start ?? 0;
    await eventually(() => optionNames(page)).toEqual([...KEYS].sort((x, y) => newest(y) - newest(x)));

    const counts = await page.getByRole('option').locator('.count').allTextContents();
    const sum = counts.reduce((total, text) => total + Number(text), 0);
    expect(sum).toBeGreaterThan(10);
    const tallies = await page.locator('.summary .tally[title]').allTextContents();
    expect(tallies.reduce((total, text) => total + numberIn(text), 0)).toBe(sum);
    expect(await page.locator('.episodes > li').count()).toBe(sum);
    for (const key of KEYS) {
      const lane = page.getByRole('option', { name: key });
      await lane.locator('.name').click();
      await page.getByRole('heading', { name: key }).waitFor();
      await eventually(() => page.locator('.notes .bar').count()).toBe(Number(await lane.locator('.count').textContent()));
    }

    await page.keyboard.press('/');
    await page.keyboard.type('eth');
    await eventually(() => optionNames(page)).toEqual(['ETHUSDT']);
    await page.keyboard.press('Escape');
    expect(await coloursOf(page.locator('.lanes canvas'))).toBeGreaterThan(3);
    await page.close();
  });

  it('opens an episode by a click on its bar in the lanes', async () => {
    const page = await opened();
    const { from, to } = await standStill(page);
    const { lanes } = await askApi<Lanes>(url, `lanes?from=${from}&to=${to}&bins=10`);
    const names = await optionNames(page);
    const { episodes } = lanes.find(({ key }) => key === names[0])!;
    const episode = episodes.at(-1)!;
    const plot = (await page.locator('.lanes .plot').boundingBox())!;
    const middle = (episode.start + episode.end) / 2;
    const x = plot.x + ((middle - Number(from)) / (Number(to) - Number(from))) * plot.width;
    await page.mouse.click(x, plot.y + 20);
    await eventually(() => page.locator('.why .sentence').textContent()).toBe(episode.reason);
    expect(placeOf(page)).toMatchObject({ key: episode.key, episode: episode.id, tab: 'why' });
    await page.close();
  });

  it('draws the views of a key, every column, and the score', async () => {
    const page = await opened();
    const { columns } = await askApi<{ columns: { name: string }[] }>(url, 'about');
    await page.locator('.key .chart.candle').waitFor();
    const legend = (await page.locator('.key .legend dt').allTextContents()).map((text) => text.trim());
    for (const { name } of columns) expect(legend).toContain(name);
    await expectDrawn(page, 4);
    await page.close();
  });

  it('says why an episode was raised, and why nothing was at another moment', async () => {
    const page = await opened();
    const { from, to } = await standStill(page);
    await chooseEpisode(page);
    const why = page.locator('.why');
    const { episode, key } = placeOf(page);
    const { lanes } = await askApi<Lanes>(url, 'lanes?bins=1');
    const { reason } = lanes.find((lane) => lane.key === key)!.episodes.find(({ id }) => id === episode)!;
    expect(await why.locator('.sentence').textContent()).toBe(reason);
    await why.locator('.contributions li').first().waitFor();
    expect(await why.locator('.contributions .away').allTextContents()).toContainEqual(expect.stringMatching(/[▲▼] .*usual/));
    expect(await why.getByRole('img', { name: /^score .* threshold/ }).count()).toBe(1);
    expect(await why.locator('.around tbody tr').count()).toBeGreaterThan(2);
    await expectAccessible(page, 'why');

    // At first nothing is judged: the models learn, and have not been calibrated.
    const history = await askApi<KeyHistory>(url, `key?key=${key}&from=${from}&to=${to}&points=100`);
    const early = history.state.findIndex((_, i, all) => i > 0 && all.slice(i - 1, i + 2).every((one) => one === 'unjudged'));
    const plot = page.locator('.chart.candle .plot');
    const { width } = (await plot.boundingBox())!;
    await plot.click({ position: { x: ((history.time[early]! - Number(from)) / (Number(to) - Number(from))) * width, y: 40 } });
    await eventually(() => why.locator('.sentence').textContent()).toMatch(/^It was not judged: /);
    expect(placeOf(page).moment).toMatch(/^\d+$/);
    // And by the keyboard: the moment under the hand.
    await page.goBack();
    await eventually(() => why.locator('.sentence').textContent()).toBe(reason);
    await page.keyboard.press('w');
    await eventually(() => placeOf(page).moment).toMatch(/^\d+$/);
    await eventually(() => why.locator('.sentence').textContent()).toMatch(/threshold|judged|usual|odd|rarer|once/);
    await page.close();
  });

  it('ranks columns and keys by how odd they were in a stretch that is dragged over', async () => {
    const page = await opened();
    const axis = page.locator('.axis .plot');
    await page.keyboard.down('Shift');
    await drag(page, axis, [0.5, 0.5], [0.9, 0.5]);
    await page.keyboard.up('Shift');
    await page.locator('.ranked-list li').first().waitFor();
    expect(await page.getByRole('tab', { name: 'Rank' }).getAttribute('aria-selected')).toBe('true');
    await page.getByLabel('all keys').check();
    const [from, to] = placeOf(page).rank!.split('-');
    const { columns, keys } = await askApi<Rank>(url, `rank?from=${from}&to=${to}`);
    const shown = page.locator('.ranked-list');
    await eventually(() => shown.nth(0).locator('.name').allTextContents()).toEqual(columns.map(({ column }) => column));
    expect(await shown.nth(1).locator('.name').allTextContents()).toEqual(keys.map(({ key }) => key));
    expect(keys.map(({ odd }) => odd)).toEqual(keys.map(({ odd }) => odd).sort((x, y) => y - x));
    // By keys: r, then a drag without shift.
    await page.keyboard.press('r');
    await drag(page, axis, [0.1, 0.5], [0.3, 0.5]);
    await eventually(() => placeOf(page).rank).not.toBe(`${from}-${to}`);
    await expectAccessible(page, 'rank');
    await page.close();
  });

  it('counts at once what another budget would have raised, as the server does, and gives the line for the file', async () => {
    const page = await opened();
    const { from, to } = await standStill(page);
    await tab(page, 'What if');
    const count = page.locator('.whatif .sentence strong').first();
    await count.waitFor();
    const slider = page.getByRole('slider', { name: /a day/ });
    const counts: number[] = [];
    for (const steps of [4, 4, -12]) {
      await slider.focus();
      for (let i = 0; i < Math.abs(steps); i++) await page.keyboard.press(steps > 0 ? 'ArrowRight' : 'ArrowLeft');
      let shown = Number.NaN;
      // The address follows the slider a moment later.
      await eventually(async () => {
        const { budget } = placeOf(page);
        const { budgets } = await askApi<WhatIf>(url, `whatif?perDay=${budget}&from=${from}&to=${to}`);
        const { episodes, yaml } = budgets[0]!;
        shown = numberIn(await count.textContent());
        const line = await page.locator('.yaml code').first().textContent();
        return shown === episodes && line === yaml && yaml.includes(`perDay: ${budget}`);
      }).toBe(true);
      counts.push(shown);
    }
    expect(counts[1]).toBeGreaterThan(counts[2]!);
    await expectAccessible(page, 'what if');
    await page.close();
  });

  it('tries another limit by a number, by keys and by dragging it', async () => {
    const page = await opened();
    const { from, to } = await standStill(page);
    await tab(page, 'What if');
    const field = page.getByRole('spinbutton', { name: /^turns_at_price above/ });
    const raised = async () => {
      const [, column, is, value, was] = /^(\S+) (above|below) (\S+) was (\S+)/.exec(placeOf(page).limit!)!;
      const asked = `whatif-limit?column=${column}&is=${is}&value=${value}&was=${was}&from=${from}&to=${to}`;
      return askApi<WhatIfLimit>(url, asked);
    };
    const sentence = page.locator('.whatif .sentence').last();
    const expectShown = async () => {
      const { episodes, yaml } = await raised();
      await eventually(async () => numberIn(await sentence.textContent())).toBe(episodes);
      await eventually(() => page.locator('.yaml code').last().textContent()).toBe(yaml);
      return episodes;
    };
    await field.fill('0.5');
    await field.press('Enter');
    await eventually(() => placeOf(page).limit).toMatch(/^turns_at_price above 0.5 /);
    const many = await expectShown();
    // The rule of the file, with another number.
    expect(await page.locator('.yaml code').last().textContent()).toMatch(
      /^stuck_price: \{ when: "turns_at_price >=? 0\.5", severity: /,
    );
    await field.fill('15');
    await field.press('Enter');
    await eventually(() => placeOf(page).limit).toMatch(/^turns_at_price above 15 /);
    expect(await expectShown()).toBeLessThan(many);

    const handle = page.getByRole('slider', { name: 'Limit: turns_at_price above' });
    await handle.focus();
    await page.keyboard.press('ArrowDown');
    await eventually(() => placeOf(page).limit).not.toMatch(/^turns_at_price above 15 /);
    await expectShown();
    const before = placeOf(page).limit;
    await handle.scrollIntoViewIfNeeded();
    const box = (await handle.boundingBox())!;
    await page.mouse.move(box.x + 10, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 10, box.y + box.height / 2 + 25, { steps: 5 });
    await page.mouse.up();
    await eventually(() => placeOf(page).limit).not.toBe(before);
    await expectShown();
    await page.keyboard.press('Escape');
    await eventually(() => placeOf(page).limit).toBeUndefined();
    await page.close();
  });

  it('keeps what people say by keys, who said it, takes it back, and remembers all of it', async () => {
    const page = await opened();
    await standStill(page);
    const episode = await chooseEpisode(page);
    const said = page.locator('.answer .said');
    await page.getByLabel('Name').fill('Ann');
    await page.getByLabel('Note').fill('a feed that stuttered');
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await eventually(() => said.textContent()).toMatch(/^normal said by Ann, .*a feed that stuttered$/);
    const labels = () => askApi<{ episode: string; label: string; by?: string; muteUntil?: number }[]>(url, 'labels');
    expect(await labels()).toMatchObject([{ episode, label: 'normal', by: 'Ann' }]);
    await page.keyboard.press('a');
    await eventually(() => said.textContent()).toMatch(/^anomaly said by Ann/);
    await page.keyboard.press('m');
    await eventually(() => said.textContent()).toMatch(/^anomaly said by Ann, .*; muted until /);
    await page.keyboard.press('u');
    await eventually(async () => (await labels()).map(({ muteUntil }) => muteUntil)).toEqual([undefined]);
    await page.keyboard.press('u');
    await eventually(() => said.textContent()).toMatch(/^normal said by Ann/);
    await page.keyboard.press('u');
    await eventually(() => said.count()).toBe(0);
    expect(await labels()).toEqual([]);
    await page.getByText('All that was said').click();
    await eventually(() => page.locator('.answer li.taken-back').count()).toBe(3);
    await page.close();
  });

  it('says honestly how things are, and that it stands still', async () => {
    const page = await opened();
    const bar = page.getByTitle('Open the state of the pipeline');
    await eventually(() => bar.textContent()).toMatch(/^ready/);
    await bar.click();
    const text = () => page.locator('.side-panel').textContent();
    const { counts, unscored } = await askApi<State>(url, 'state');
    expect(Object.keys(unscored).length).toBeGreaterThan(0);
    for (const name of Object.keys(unscored)) await eventually(text).toContain(name);
    for (const [name, count] of Object.entries(counts)) if (count > 0) await eventually(text).toContain(name);
    await eventually(text).toMatch(/console: accepts/);
    await expectAccessible(page, 'state');
    await page.getByRole('button', { name: '● Live' }).click();
    await page.getByText('Paused: the picture stands still').waitFor();
    await page.getByRole('button', { name: /^Follow/ }).click();
    await eventually(() => page.locator('.banner').count()).toBe(0);
    await page.close();
  });

  it('has all of its state in its address, and gives what it shows as a table and as JSON', async () => {
    const page = await opened();
    await standStill(page);
    await chooseEpisode(page);
    await page.getByRole('button', { name: 'name', exact: true }).click();
    await page.getByLabel('Search keys').fill('usdt');
    const stranger = await Visitor.come(browser);
    const other = await stranger.open(page.url());
    const shownBy = async (one: Page) => ({
      place: placeOf(one),
      keys: await optionNames(one),
      title: await one.title(),
      sentence: await one.locator('.why .sentence').textContent(),
      facts: await one.locator('.why .facts').textContent(),
      tab: await one.getByRole('tab', { selected: true }).textContent(),
      pressed: await one.locator('.tools [aria-pressed=true]').allTextContents(),
      search: await one.getByLabel('Search keys').inputValue(),
      paused: await one.getByText('Paused: the picture stands still').count(),
    });
    const shown = await shownBy(page);
    expect(shown).toMatchObject({ paused: 1, search: 'usdt', pressed: ['name'] });
    await eventually(() => shownBy(other)).toEqual(shown);

    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(name, { exact: true }).click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
    };
    const { key } = placeOf(page);
    const { columns } = await askApi<{ columns: { name: string }[] }>(url, 'about');
    const table = await saved('CSV');
    expect(table.name).toBe(`${key}.csv`);
    const [head, ...rows] = table.text.trim().split(/\r?\n/);
    for (const { name } of columns) expect(head!.split(',')).toContain(name);
    expect(rows.length).toBeGreaterThan(7_000);
    const json = await saved('JSON');
    expect(json.name).toBe(`${key}.json`);
    expect(JSON.parse(json.text)).toMatchObject({ key, time: expect.any(Array), columns: expect.any(Object) });
    expect(stranger.complaints).toEqual([]);
    await stranger.leave();
    await page.close();
  });

  it('can be used in the dark, in a narrow window, and with its help open', async () => {
    const dark = await Visitor.come(browser, { colorScheme: 'dark' });
    const page = await dark.open(`${url}#range=all`);
    await chooseEpisode(page);
    await expectAccessible(page, 'why, dark');
    for (const name of ['Episodes', 'Rank', 'What if', 'State']) {
      await tab(page, name);
      await expectAccessible(page, `${name}, dark`);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'help, dark');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 360, height: 740 });
    await expectAccessible(page, 'narrow, dark');
    const wide = () => page.locator('html').evaluate(({ scrollWidth }) => scrollWidth);
    await eventually(wide).toBeLessThanOrEqual(360);
    expect(dark.complaints).toEqual([]);
    await dark.leave();
  });

  it('says when an answer was cut off, and when the engine is gone, and has complained of nothing before', async () => {
    const page = await opened();
    await page.locator('.key .chart').first().waitFor();
    await page.route(/api\/(lanes|key)\?/, (route) => route.fulfill({ status: 200, body: '{ "key": [' }));
    await page.keyboard.press('+');
    await page.getByRole('alert').getByText('A question was not answered').waitFor();
    expect(await optionNames(page)).toHaveLength(KEYS.length);
    await page.unroute(/api\/(lanes|key)\?/);
    await page.keyboard.press('-');
    await eventually(() => page.getByRole('alert').count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
    await stop(engine);
    await page.getByRole('alert').getByText('The engine does not answer').waitFor();
    await page.close();
  });
});
