// What somebody does with the page by hand and by keys, in a real browser, against a server that invents what it tells.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../../scripts/lib/chromium.mjs';
import { type FakeOptions, FakePage } from './fake/server.js';

const CHROMIUM = findChromium();
if (!CHROMIUM && process.env.CI) throw new Error('Chromium is to be installed where tests run in CI');
const WEB = fileURLToPath(new URL('../bundle/web', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A machine that has much to do is slow. */
const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 15_000, interval: 100 });
const WIDE = { width: 1280, height: 900 };

describe.skipIf(CHROMIUM === undefined)(
  'the page in a browser (skipped without Chromium: name it in QUANTSTREAM_CHROMIUM)',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM!, args: CHROMIUM_ARGUMENTS });
    });
    afterAll(() => browser?.close());

    /** Opens the page, does something with it, and holds it to an empty console unless told what may stand there. */
    async function visit(
      options: Partial<FakeOptions> & {
        hash?: string;
        size?: typeof WIDE;
        theme?: 'light' | 'dark';
        complaints?: RegExp;
        trusted?: boolean;
      },
      what: (page: Page, fake: FakePage, address: string) => Promise<void>,
    ): Promise<void> {
      const { hash = '', size = WIDE, theme = 'light', complaints, trusted = false, ...rest } = options;
      const fake = new FakePage({ keys: 12, web: WEB, ...rest });
      const address = await fake.listen();
      const page = await browser.newPage({ viewport: size, colorScheme: theme, bypassCSP: trusted, reducedMotion: 'reduce' });
      const said: string[] = [];
      page.on('console', (one) => {
        if (one.type() === 'error' || one.type() === 'warning') said.push(one.text());
      });
      page.on('pageerror', (fault) => said.push(`${fault}`));
      page.on('dialog', (one) => said.push(`a dialog: ${one.message()}`));
      try {
        await page.goto(address + hash);
        await page.waitForSelector('.lane');
        await what(page, fake, address);
        expect(said.filter((one) => !complaints?.test(one))).toEqual([]);
      } finally {
        await page.close();
        await fake.close();
      }
    }
    const text = (page: Page, selector: string) => page.locator(selector).first().innerText();
    const names = (page: Page) => page.locator('.lane .name').allInnerTexts();
    /** Drags over a part of the width of a picture. */
    async function drag(page: Page, selector: string, from: number, to: number): Promise<void> {
      await page.locator(selector).first().scrollIntoViewIfNeeded();
      const box = (await page.locator(selector).first().boundingBox())!;
      const y = box.y + 20;
      await page.mouse.move(box.x + box.width * from, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
      await page.mouse.up();
    }

    it('has a lane for each key, to be searched, sorted and looked at closer', () =>
      visit({}, async (page, fake) => {
        expect((await names(page)).sort()).toEqual([...fake.world.keys].sort());
        await page.click('.sorts >> text=name');
        await eventually(() => names(page)).toEqual([...fake.world.keys].sort());
        await page.keyboard.press('/');
        await page.keyboard.type(fake.world.keys[3]!.toLowerCase());
        await eventually(() => names(page)).toEqual([fake.world.keys[3]]);
        // Counts are of what was searched for; Escape gives all of them back.
        await page.click('.ranges >> text=All');
        const own = fake.world.episodesOf(3).filter((one) => one.severity === 'critical').length;
        await eventually(async () => (await page.locator('.tally.critical').allInnerTexts()).join().trim()).toBe(
          own === 0 ? '' : `${own} critical`,
        );
        await page.focus('#search');
        await page.keyboard.press('Escape');
        await eventually(async () => (await names(page)).length).toBe(fake.world.keys.length);
        const all = fake.world.keys.flatMap((_, k) => fake.world.episodesOf(k));
        const critical = all.filter((one) => one.severity === 'critical').length;
        await eventually(() => text(page, '.tally.critical')).toContain(`${critical} critical`);
        await eventually(() => text(page, '#tab-episodes')).toContain(`${all.length}`);
        await drag(page, '.lanes .plot', 0.3, 0.6);
        await eventually(() => text(page, '.banner')).toContain('Paused');
        await page.keyboard.press(' ');
        await eventually(() => page.locator('.banner').count()).toBe(0);
      }));

    it('keeps every range in the address, for whoever gets the link', () =>
      visit({}, async (page) => {
        const offered = await page.locator('.ranges button[aria-pressed]:not(.live)').allInnerTexts();
        expect(offered.length).toBeGreaterThan(4);
        for (const name of offered) {
          await page.click(`.ranges >> text="${name}"`);
          await page.reload();
          await page.locator('.lane').first().waitFor();
          await eventually(() => page.locator('.ranges button[aria-pressed=true]:not(.live)').allInnerTexts()).toEqual([name]);
        }
      }));

    it('draws hundreds of keys, only those in sight', () =>
      visit({ keys: 300 }, async (page) => {
        expect(await text(page, '.summary')).toContain('300 keys');
        expect(await page.locator('.lane').count()).toBeLessThan(60);
        await page.focus('.lanes [role=listbox]');
        await page.keyboard.press('End');
        const last = page.locator('.lane.chosen');
        await eventually(() => last.getAttribute('id')).toBe('lane-299');
        await eventually(() => last.isVisible()).toBe(true);
      }));

    it('joins the keys that one cause made odd, and leads to them', () =>
      visit({ hash: '#range=all' }, async (page, fake) => {
        const [incident] = fake.world.incidents();
        await page.locator('.incident-strip .bar').focus();
        await page.keyboard.press('Enter');
        await eventually(async () => (await names(page)).sort()).toEqual([...incident!.names].sort());
        await eventually(() => page.locator('.episodes li').count()).toBe(3);
        expect(await text(page, '.incidents .episode')).toContain(`3 keys at`);
        expect(await text(page, '.incidents .episode')).toContain(incident!.reason);
        await eventually(() => text(page, '.key-head h2')).toBe(incident!.key);
        await page.keyboard.press('Escape');
        await eventually(async () => (await names(page)).length).toBe(fake.world.keys.length);
        await page.click('.incidents .episode');
        await eventually(async () => (await names(page)).length).toBe(3);
        await page.click('.episodes .episode');
        await eventually(() => text(page, '.why')).toContain('One of 3 keys that began together');
        await page.click('.incident-strip .bar');
        await eventually(async () => (await names(page)).length).toBe(fake.world.keys.length);
      }));

    it('says cell by cell how odd a lane was, and asks about one, by keys alone', () =>
      visit({ hash: '#range=all' }, async (page, fake) => {
        await page.focus('.lanes [role=listbox]');
        await page.keyboard.press('Home');
        const said = () => page.locator('.lanes [role=status]').innerText();
        // The latest cell may have begun just now, with no row in it that was judged.
        const earlier = async () => {
          await page.keyboard.press('ArrowLeft');
          return said();
        };
        await eventually(earlier).toMatch(/^\S+, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, odd [\d.]+/);
        const [last] = [await said()];
        for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowLeft');
        await eventually(said).not.toBe(last);
        const moment = /\d\d:\d\d:\d\d/.exec(await said())![0];
        await page.keyboard.press('Enter');
        await eventually(() => text(page, '.why')).toMatch(/began|usual|anomaly|not judged/);
        const place = new URLSearchParams(new URL(page.url()).hash.slice(1));
        expect(fake.world.keys).toContain(place.get('key'));
        expect(place.get('tab')).toBe('why');
        if (place.get('moment')) expect(await text(page, '.why .badges')).toContain(moment.slice(0, 2));
      }));

    it('shows a key as its declaration says, every column, and what comes', () =>
      visit({}, async (page, fake) => {
        const key = fake.world.keys[0]!;
        await page.locator(`.lane[data-key="${key}"]`).click();
        await eventually(() => text(page, '.key-head h2')).toBe(key);
        const titles = page.locator('.chart h3');
        await eventually(() => titles.allInnerTexts()).toEqual([
          'Happened',
          'Price',
          'Movement',
          'Regime',
          'Place',
          'imbalance',
          'spread',
          'Score',
        ]);
        for (const title of ['Price', 'Place', 'spread', 'Score']) {
          const section = page.locator(`.chart[aria-label="${title}"]`);
          await section.scrollIntoViewIfNeeded();
          const drawn = () =>
            section.locator('canvas').evaluate((canvas) => {
              const { width, height } = canvas as unknown as { width: number; height: number };
              const pen = (
                canvas as unknown as { getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } } }
              ).getContext('2d');
              return pen
                .getImageData(0, 0, width, height)
                .data.filter((_, i) => i % 4 === 3)
                .some((value) => value > 0);
            });
          await eventually(drawn).toBe(true);
        }
        const parts = async () => Number.parseInt(await text(page, '.key-head .quiet:not(.against)'), 10);
        const before = await parts();
        await eventually(parts).toBeGreaterThan(before);
      }));

    it('shows what is expected behind now, where an hour explains a column', () =>
      visit({ complaints: /willReadFrequently/ }, async (page, fake) => {
        await page.locator(`.lane[data-key="${fake.world.keys[0]}"]`).click();
        await eventually(() => text(page, '.key-head')).toMatch(/pale band: usual$/m);
        expect(await page.locator('.now').count()).toBe(0);
        await page.locator(`.lane[data-key="${fake.world.keys[3]}"]`).click();
        await eventually(() => text(page, '.key-head')).toContain('pale band: usual, also ahead');
        await eventually(() => page.locator('.stack .now').count()).toBe(1);
        // Of what is drawn at the right there is something faint, and no line.
        const spread = page.locator('.chart[aria-label="spread"]');
        await spread.scrollIntoViewIfNeeded();
        const right = () =>
          spread.locator('canvas').evaluate((canvas) => {
            const { width, height } = canvas as unknown as { width: number; height: number };
            const pen = (
              canvas as unknown as { getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } } }
            ).getContext('2d');
            return Math.max(
              ...pen
                .getImageData(Math.floor(width * 0.92), 0, Math.floor(width * 0.05), height)
                .data.filter((_, i) => i % 4 === 3),
            );
          });
        await eventually(right).toBeGreaterThan(0);
        expect(await right()).toBeLessThan(80);
      }));

    it('says why, and why not', () =>
      visit({ hash: '#range=all' }, async (page, fake) => {
        await page.keyboard.press('j');
        const newest = fake.world.keys.flatMap((_, k) => fake.world.episodesOf(k)).sort((x, y) => y.start - x.start)[0]!;
        await eventually(() => text(page, '.why .sentence')).toBe(newest.reason);
        expect(await text(page, '.contributions li')).toContain(newest.columns[0]);
        await page.keyboard.press('j');
        await page.keyboard.press('k');
        await eventually(() => page.url()).toContain(encodeURIComponent(newest.id));
        await page.locator('.chart.notes').scrollIntoViewIfNeeded();
        const box = (await page.locator('.chart.candle .plot').boundingBox())!;
        await page.mouse.click(box.x + 2, box.y + 20);
        await eventually(() => text(page, '.why .sentence')).toMatch(/^It was not judged: uncalibrated \d+ %/);
        await page.mouse.click(box.x + box.width * 0.5, box.y + 20);
        await eventually(() => text(page, '.why')).toMatch(/score [\d.]+, threshold/);
        expect(await page.locator('.around tr[aria-current]').count()).toBe(1);
      }));

    it('ranks what was odd in a stretch', () =>
      visit({}, async (page) => {
        await page.waitForSelector('.chart.candle canvas');
        await page.keyboard.down('Shift');
        await drag(page, '.chart.candle .plot', 0.2, 0.7);
        await page.keyboard.up('Shift');
        await eventually(() => page.locator('.ranked-list li').count()).toBe(4);
        await page.check('.rank input[type=checkbox]');
        await eventually(() => page.locator('.rank h3').allInnerTexts()).toEqual(['Columns', 'Keys']);
      }));

    it('tells what another budget and another limit would have raised', () =>
      visit({}, async (page) => {
        await page.keyboard.press('4');
        await eventually(() => text(page, '.yaml')).toContain('alarms: { perDay: 10 }');
        await page.focus('.slider input');
        await page.keyboard.press('ArrowLeft');
        await eventually(() => text(page, '.yaml')).toContain('alarms: { perDay: 7.5 }');
        expect(await text(page, '.whatif .sentence')).toMatch(/^\d+ episodes/);
        await page.locator('.limit .handle').focus();
        await page.keyboard.press('PageUp');
        await eventually(() => page.locator('.yaml').count()).toBe(2);
        await page.fill('.limits input', '5');
        await page.keyboard.press('Enter');
        await eventually(() => page.locator('.yaml').nth(1).innerText()).toContain('- spread > 5');
        // Where the number was written, not below all limits.
        expect(await page.locator('.limits li .yaml').count()).toBe(1);
      }));

    it('says in what if that keys still learn what is usual', () =>
      visit({ state: { keys: 12, calibrating: { keys: 3, least: 0.43 } } }, async (page) => {
        await page.keyboard.press('4');
        await eventually(() => text(page, '.learning')).toMatch(/^3 of 12 keys still learn what is usual \(.* 43 %/);
      }));

    it('asks about the moment of a lane that is clicked', () =>
      visit({}, async (page, fake) => {
        const at = async () => new URLSearchParams(new URL(page.url()).hash.slice(1));
        const box = (await page.locator('.lanes .plot').first().boundingBox())!;
        await page.click('.sorts >> text=name');
        const free = [0.15, 0.35, 0.55, 0.75, 0.93];
        for (const part of free) {
          await page.mouse.click(box.x + box.width * part, box.y + 10);
          if ((await at()).get('moment')) break;
        }
        expect((await at()).get('tab')).toBe('why');
        expect(Number((await at()).get('moment'))).toBeGreaterThan(0);
        expect(fake.world.keys).toContain((await at()).get('key'));
      }));

    it('holds the list of episodes while a hand is on it', () =>
      visit({ hash: '#range=all' }, async (page, fake) => {
        await page.waitForSelector('.episodes .episode');
        await page.hover('.episodes .episode');
        const first = await text(page, '.episodes .episode');
        const before = fake.world.episodesOf.bind(fake.world);
        const now = Date.now();
        fake.world.episodesOf = (k) =>
          k === 0 ? [...before(0), { ...before(0)[0]!, id: 'one more', start: now, end: now }] : before(k);
        await eventually(() => page.locator('.newer').allInnerTexts()).toEqual(['1 new']);
        expect(await text(page, '.episodes .episode')).toBe(first);
        // By keys as well: the focus stays within the list, and so does what is in it.
        await page.focus('.episodes .episode');
        await page.mouse.move(10, 10);
        await page.keyboard.press('Shift+Tab');
        await eventually(() => page.evaluate('document.activeElement.className')).toBe('newer');
        expect(await text(page, '.episodes .episode')).toBe(first);
        await page.keyboard.press('Enter');
        await eventually(() => page.locator('.newer').count()).toBe(0);
        expect(await text(page, '.episodes .episode')).not.toBe(first);
      }));

    it('hears what people say, and takes it back', () =>
      visit({}, async (page, fake) => {
        await page.keyboard.press('j');
        await page.keyboard.press('a');
        await eventually(() => text(page, '.said')).toContain('anomaly');
        await page.fill('.fields input >> nth=0', 'we moved house');
        await page.fill('.fields input >> nth=1', 'Ann');
        await page.click('.answer >> text=Normal');
        await eventually(() => text(page, '.said')).toMatch(/normal said by Ann.*we moved house/s);
        await page.click('.answer >> text=2 h');
        await eventually(() => text(page, '.said')).toContain('muted until');
        expect([...fake.world.labels.values()]).toMatchObject([{ label: 'normal', by: 'Ann' }]);
        await page.keyboard.press('u');
        await eventually(() => page.locator('.said').count()).toBe(0);
        expect(fake.world.labels.size).toBe(0);
        await page.click('summary');
        await eventually(() => page.locator('.answer li').count()).toBe(3);
      }));

    it('does not follow what was stored, and counts what a link names of it', () => {
      const state = { ready: false, reasons: ['the pipeline is not running'], eventTime: null, first: null };
      return visit({ live: false, state }, async (page, fake, address) => {
        await page.keyboard.press('j');
        await eventually(() => text(page, '.answer')).toContain('What do you say?');
        expect(await page.locator('.live').count()).toBe(0);
        expect(await text(page, '.state-bar')).toContain('what was stored');
        expect(await page.locator('.state-bar.bad').count()).toBe(0);
        const to = fake.world.timeOf(4_000);
        const from = to - 3_600_000;
        await page.goto(`${address}#range=${from}-${to}`);
        await page.reload();
        await page.waitForSelector('.lane');
        const there = fake.world.keys
          .flatMap((_, k) => fake.world.episodesOf(k))
          .filter((one) => one.end >= from && one.start <= to);
        expect(there.length).toBeGreaterThan(0);
        await eventually(async () =>
          (await page.locator('.tally').allInnerTexts()).reduce((sum, one) => sum + Number.parseInt(one, 10), 0),
        ).toBe(there.length);
      });
    });

    it('keeps where one is in the address', () =>
      visit({}, async (page) => {
        await page.keyboard.press('j');
        await page.click('.sorts >> text=new');
        await drag(page, '.axis .plot', 0.5, 0.9);
        await eventually(() => page.url()).toMatch(/range=\d+-\d+/);
        const [sentence, address] = [await text(page, '.why .sentence'), page.url()];
        const other = await browser.newPage({ viewport: WIDE });
        await other.goto(address);
        await eventually(() => text(other, '.why .sentence')).toBe(sentence);
        expect(await other.getAttribute('.sorts >> text=new', 'aria-pressed')).toBe('true');
        await other.close();
        await page.goBack();
        await eventually(() => page.url()).not.toContain('range=');
        const [json] = await Promise.all([page.waitForEvent('download'), page.click('.key-head >> text=JSON')]);
        expect(JSON.parse(readFileSync(await json.path(), 'utf8')).time.length).toBeGreaterThan(10);
        const [csv] = await Promise.all([page.waitForEvent('download'), page.click('.key-head >> text=CSV')]);
        expect(readFileSync(await csv.path(), 'utf8')).toMatch(/^time,open,/);
      }));

    it('shows what a link names: its stretch, an episode beside it, and says where that is gone', () =>
      visit({}, async (page, fake, address) => {
        const last = fake.world.timeOf(fake.world.now);
        const one = fake.world.keys.flatMap((_, k) => fake.world.episodesOf(k)).find(({ end }) => end < last - 3_600_000)!;
        // A stretch that the episode is not in.
        const stretch = `${last - 600_000}-${last - 300_000}`;
        await page.goto(`${address}#range=${stretch}&tab=why&episode=${one.id}`);
        await page.reload();
        await eventually(() => text(page, '.why .sentence')).toBe(one.reason);
        expect(new URL(page.url()).hash).toContain(`range=${stretch}`);
        // What is said of it is seen, though it is not in the picture; on other tabs nothing is said.
        await page.keyboard.press('n');
        await eventually(() => text(page, '.answer .said')).toContain('normal');
        await page.keyboard.press('u');
        await eventually(() => page.locator('.answer .said').count()).toBe(0);
        await page.keyboard.press('3');
        await page.keyboard.press('a');
        await page.keyboard.press('2');
        await page.waitForTimeout(500);
        expect(await page.locator('.answer .said').count()).toBe(0);
        await page.goto(`${address}#tab=why&episode=gone`);
        await page.reload();
        await eventually(() => text(page, '.banner')).toContain('the episode of this link is not known here');
        await page.keyboard.press('j');
        await eventually(() => page.locator('.banner', { hasText: 'this link' }).count()).toBe(0);
      }));

    it('is honest about a pipeline that is not well, and about an engine that is silent or gone', () => {
      const state = {
        ready: false,
        reasons: ['the source is connecting'],
        sinks: [{ name: 'database', trouble: 'connection refused', retries: 4 }],
        calibrating: { keys: 7, least: 0.43 },
      };
      return visit({ state, complaints: /Failed to load resource/ }, async (page, fake, address) => {
        expect(await text(page, '.state-bar')).toMatch(/not ready.*the source is connecting.*calibrating 7, 43 %/s);
        await page.click('.state-bar');
        await eventually(() => text(page, '.budget')).toMatch(/all keys\s+\d+ raised, [\d.]+ allowed/);
        expect(await text(page, '.budget .bad')).toMatch(/not promised yet: calibration is young\s+2 of 12 keys/);
        expect(await text(page, '.budget')).toMatch(/judged by what other keys have shown\s+1\s/);
        await page.click(`.lane[data-key="${fake.world.keys[2]}"]`);
        await eventually(() => text(page, '.against')).toMatch(/^\d+ raised, [\d.]+ allowed, judged by other keys/);
        await page.click(`.lane[data-key="${fake.world.keys[1]}"]`);
        await eventually(() => text(page, '.against')).toMatch(/^\d+ raised, [\d.]+ allowed, not promised yet/);
        await eventually(() => text(page, '.state')).toContain('database: connection refused, tried again 4 times');
        fake.talking = false;
        await page.waitForTimeout(700);
        await page.evaluate('{ const now = Date.now; Date.now = () => now() + 20_000; }');
        await eventually(() => text(page, '.banner')).toContain('Nothing was heard from the engine');
        await fake.close();
        await eventually(() => text(page, '.banner')).toContain('The engine does not answer');
        const next = new FakePage({ keys: 12, web: WEB });
        await next.listen(Number(new URL(address).port));
        await eventually(() => page.locator('.banner').count()).toBe(0);
        await page.close();
        await next.close();
      });
    });

    it('takes text of the stream for text, whatever it is', () => {
      const evil = '<img src=x onerror=alert(1)>';
      const hostile = [evil, '"><script>alert(2)</script>', 'javascript:alert(3)', 'a&b=c#d/..', 'x'.repeat(300)];
      return visit({ names: hostile, state: { doubts: [evil], reasons: [evil], dropped: { [evil]: 2 } } }, async (page) => {
        for (const name of hostile) {
          await page.fill('#search', name.slice(0, 40));
          await page.locator('.lane').first().click();
          await eventually(() => text(page, '.key-head h2')).toBe(name);
          await eventually(() => text(page, '.key-head .quiet:not(.against)')).toMatch(/^\d+ /);
        }
        await page.click('.state-bar');
        expect(await text(page, '.state')).toContain(evil);
        expect(await page.locator('img, script:not([src])').count()).toBe(0);
      });
    });

    it.each([
      { theme: 'light', tabs: ['1', '2', '3', '4', '5', '?'], rules: 'undefined' },
      { theme: 'dark', tabs: ['2', '5'], rules: '["color-contrast"]' },
    ] as const)('can be used by everybody, in $theme', ({ theme, tabs, rules }) =>
      visit({ theme, trusted: true }, async (page) => {
        await page.keyboard.press('j');
        await page.waitForSelector('.contributions');
        await page.evaluate(AXE);
        for (const tab of tabs) {
          await page.keyboard.press(tab);
          await page.waitForTimeout(150);
          const { violations } = (await page.evaluate(`axe.run({ resultTypes: ["violations"], runOnly: ${rules} })`)) as {
            violations: { id: string; impact: string; nodes: { html: string }[] }[];
          };
          const serious = violations.filter((one) => one.impact === 'serious' || one.impact === 'critical');
          expect(serious.map((one) => `${tab}: ${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
        }
      }),
    );

    it.each([360, 1_280, 2_560])('fits into %d pixels', (width) =>
      visit({ size: { width, height: 800 } }, async (page) => {
        await page.keyboard.press('j');
        await page.waitForSelector('.contributions');
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        // An answer is in sight, wherever the panel is.
        await eventually(() =>
          page
            .locator('.why .sentence')
            .first()
            .evaluate((one) => {
              const { top, bottom } = (
                one as unknown as { getBoundingClientRect(): { top: number; bottom: number } }
              ).getBoundingClientRect();
              return top >= 0 && bottom <= 800;
            }),
        ).toBe(true);
      }),
    );
  },
);
