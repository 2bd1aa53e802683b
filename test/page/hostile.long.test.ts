// Keys, texts and labels that would like to be scripts, and requests that come from where they should not: nothing executes, nothing is told.

import { request } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lanes } from '../../plugins/sink-page/src/wire.js';
import { Bench, type Running } from '../support.js';
import {
  askApi,
  describeInBrowser,
  eventually,
  expectAccessible,
  launch,
  pageOf,
  startWithPage,
  stop,
  until,
  Visitor,
} from './browser.js';

const SCRIPT = '<img src=x onerror=broken()>';
const KEYS = [
  SCRIPT,
  '"><script>broken()</script>',
  "'-broken()-'",
  '</title><svg onload=broken()>',
  'javascript:broken()',
  '{{broken()}}',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '=cmd|broken()',
  '\u202Etxt.exe',
  '&lt;b&gt; & #key=other&tab=state %00 +',
  '𝕳𝖔𝖘𝖙 ثعبان',
  `long ${'x'.repeat(200)} end`,
];

/** One value in which nothing happens, and at the end one that is far too high, for each key. */
function table(): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const start = Date.UTC(2026, 0, 5);
  const lines = ['time,host,load'];
  for (let i = 0; i < 400; i++)
    for (const key of KEYS)
      lines.push(`${start + i * 30_000},${quoted(key)},${i === 390 ? 500 : 10 + Math.sin(i) + (i % 7) / 10}`);
  return `${lines.join('\n')}\n`;
}

const PIPELINE = {
  name: 'hosts',
  source: { use: 'file', with: { path: '-', format: 'csv', batch: KEYS.length, time: 'time', key: 'host', values: ['load'] } },
  features: { use: 'window', with: { columns: ['load', 'load_mean_5'] } },
  models: {
    single: { use: 'tails', columns: ['load', 'load_mean_5'], with: { window: 400, warmUp: 200 } },
    high: { use: 'rules', columns: ['load'], with: { rules: { high: { when: 'load > 100', message: `${SCRIPT} {load}` } } } },
  },
  alarms: { perDay: 2 },
  sinks: { page: { use: 'page', with: { links: [{ title: SCRIPT, url: 'https://example.org/' }] } } },
  checkpoint: { store: 'memory' },
};

/** What is answered to a request with headers that a browser would not let anybody set. */
function answerTo(url: string, headers: Record<string, string>, method = 'GET'): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describeInBrowser('a page of hostile texts', () => {
  const bench = new Bench();
  let engine: Running;
  let browser: Browser;
  let visitor: Visitor;
  let url: string;
  let broken = 0;

  beforeAll(async () => {
    // A recording ends, and its page with it; standard input lasts as long as it is held open.
    engine = startWithPage(bench, bench.write('hosts.yaml', PIPELINE), []);
    engine.child.stdin!.write(table());
    browser = await launch();
    url = await pageOf(engine);
    await until(async () => (await askApi<Lanes>(url, 'lanes')).counts.warning >= KEYS.length);
    visitor = await Visitor.come(browser);
    await visitor.expose('broken', () => {
      broken++;
    });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await stop(engine);
    bench.dispose();
  });

  /** Text is text: nothing that a text has made is among the elements of the page. */
  async function expectHarmless(page: Page): Promise<void> {
    expect(await page.locator('img, svg, script:not([src]), iframe, [onerror], [onload]').count()).toBe(0);
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
    expect(broken).toBe(0);
  }

  it('shows every key and every text as what it is, and executes none', async () => {
    const page = await visitor.open(`${url}#range=all&sort=name`);
    const names = await page.getByRole('option').locator('.name').allTextContents();
    expect([...names].sort()).toEqual([...KEYS].sort());
    for (const key of KEYS) {
      await page
        .getByRole('option')
        .filter({ has: page.getByText(key, { exact: true }) })
        .first()
        .click();
      await eventually(() => page.locator('.key-head h2').textContent()).toBe(key);
      await eventually(() => page.title()).toBe(`${key.replaceAll(/\s+/g, ' ').trim()} · hosts`);
      await page.locator('.notes .bar').first().click();
      await eventually(() => page.locator('.why .sentence').textContent()).toContain(`${SCRIPT} 500`);
      await page.locator('.around tbody tr').first().waitFor();
      await expectHarmless(page);
    }
    // The same by its address alone.
    const again = await visitor.open(page.url());
    await eventually(() => again.locator('.key-head h2').textContent()).toBe(KEYS.at(-1));
    await eventually(() => again.locator('.why .sentence').textContent()).toContain(SCRIPT);
    await expectHarmless(again);
    await expectAccessible(again, 'hostile texts');
    await again.close();
    await page.close();
  });

  it('finds a key by hostile letters, ranks, tries another limit, and tells its state', async () => {
    const page = await visitor.open(`${url}#range=all`);
    await page.getByLabel('Search keys').fill('"><script>');
    await eventually(() => page.getByRole('option').locator('.name').allTextContents()).toEqual(['"><script>broken()</script>']);
    await page.getByLabel('Search keys').fill(SCRIPT.repeat(3));
    await page.getByText('No key has').waitFor();
    await page.getByLabel('Search keys').fill('');
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Rank' }).click();
    await page.getByRole('button', { name: 'All that is shown' }).click();
    await page.locator('.ranked-list li').first().waitFor();
    await page.getByRole('tab', { name: 'What if' }).click();
    await page.locator('.yaml code').first().waitFor();
    await page.getByRole('tab', { name: 'State' }).click();
    await page.locator('.state').waitFor();
    await expectHarmless(page);
    await page.close();
  });

  it('keeps hostile labels as texts', async () => {
    const page = await visitor.open(`${url}#range=all`);
    await page.keyboard.press('j');
    await page.getByLabel('Name').fill(`${SCRIPT} \u202E`);
    await page.getByLabel('Note').fill(`"><script>broken()</script>${'long '.repeat(90)}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await eventually(() => page.locator('.said').textContent()).toContain(SCRIPT);
    expect(await page.locator('.said').textContent()).toContain('"><script>broken()</script>');
    await page.getByText('All that was said').click();
    await eventually(() => page.locator('.answer li').first().textContent()).toContain('<script>');
    await expectHarmless(page);
    // The episode's label is told in the lane of what happened as well.
    const other = await visitor.open(page.url());
    await other.locator('.said').waitFor();
    await expectHarmless(other);
    await other.close();
    await page.close();
  });

  it('is no help to an address that somebody made up', async () => {
    const made = [
      `key=${encodeURIComponent(SCRIPT)}none`,
      'range=all&tab=__proto__&sort=constructor',
      'range=5-1&episode=none&moment=1e400&rank=9-2&budget=-5&limit=load%20above%20NaN',
      `range=all&tab=rank&rank=0-1&search=${encodeURIComponent(SCRIPT)}`,
      `range=all&tab=whatif&limit=${encodeURIComponent(`${SCRIPT} above 3`)}`,
      '%%%',
    ];
    for (const place of made) {
      const { page } = await visitor.knock(`${url}#${place}`);
      await page.getByRole('heading', { level: 1, name: 'hosts' }).waitFor();
      await page.locator('.key-head').waitFor();
      await expectHarmless(page);
      // Also on the way from one place to another.
      await page.evaluate('location.hash = "range=all"');
      await page.getByText('Choose a key above').waitFor();
      await expectHarmless(page);
      await page.close();
    }
  });

  it('complains of nothing all the while', () => {
    // A question about a column that is not there is refused, and the browser says so.
    expect(visitor.complaints.filter((text) => !/status of 40[04]/.test(text))).toEqual([]);
    expect(broken).toBe(0);
  });

  it('refuses another name, another origin, and what a form can send', async () => {
    const about = new URL('api/about', url).href;
    expect((await answerTo(about, {})).status).toBe(200);
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example'])
      expect((await answerTo(about, { host })).status, host).toBe(403);
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://localhost'])
      for (const method of ['GET', 'POST']) expect((await answerTo(about, { origin }, method)).status, origin).toBe(403);
    const { origin } = new URL(url);
    const labels = new URL('api/labels', url).href;
    expect((await answerTo(labels, { origin, 'content-type': 'text/plain' }, 'POST')).status).toBe(415);
    for (const path of ['../../../package.json', '%2e%2e/%2e%2e/package.json', 'index.html%00', '..%5c..%5cpackage.json'])
      expect((await answerTo(`${url}${path}`, {})).status, path).toBe(404);
  });

  it('wants a token where others reach it, and takes it once', async () => {
    const open = startWithPage(bench, bench.path('hosts.yaml'), ['http.listen=0.0.0.0:0'], 'open');
    try {
      open.child.stdin!.write(table());
      const printed = new URL((await pageOf(open)).replace('0.0.0.0', '127.0.0.1'));
      const token = printed.searchParams.get('token')!;
      expect(token.length).toBeGreaterThan(20);
      const about = `${printed.origin}${printed.pathname}api/about`;
      expect((await answerTo(about, {})).status).toBe(401);
      expect((await answerTo(about, { authorization: 'Bearer wrong' })).status).toBe(401);
      expect((await answerTo(`${about}?token=wrong`, {})).status).toBe(401);
      expect((await answerTo(about, { authorization: `Bearer ${token}` })).status).toBe(200);
      const stranger = await Visitor.come(browser);
      const refused = await stranger.knock(`${printed.origin}${printed.pathname}`);
      expect(refused.status).toBe(401);
      expect(await refused.page.textContent('body')).toContain('token');
      const guest = await Visitor.come(browser);
      const page = await guest.open(printed.href);
      expect(page.url()).not.toContain(token);
      expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
      expect(guest.complaints).toEqual([]);
      // From now on the cookie opens it, and the address can be told to somebody.
      await page.reload();
      await page.getByRole('option').first().waitFor();
      await guest.leave();
      await stranger.leave();
    } finally {
      await stop(open);
    }
  });
});
