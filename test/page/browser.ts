// A real browser that looks at the page of a real engine: where it is found, how one waits with it, and what it must never say.

import { createRequire } from 'node:module';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { describe, expect, vi } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/lib/chromium.mjs';
import type { Bench, Running } from '../support.js';

/** A machine that others use as well may be slow: so long a condition may take to come true, ms. Nothing waits longer than it must. */
export const PATIENCE = 60_000;

const CHROMIUM = findChromium();
if (!CHROMIUM) {
  if (process.env.CI) throw new Error('Chromium is to be installed where tests run in CI');
  console.warn('skipped: the tests of the page need Chromium; name it in QUANTSTREAM_CHROMIUM if it is installed');
}

/** Tests that need a browser. */
export const describeInBrowser = (what: string, tests: () => void): void =>
  void describe.skipIf(!CHROMIUM)(what, { timeout: 3 * PATIENCE }, tests);

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM!, args: CHROMIUM_ARGUMENTS, timeout: PATIENCE });

const require = createRequire(import.meta.url);

/** One who looks: pages that remember what the browser complained of. */
export class Visitor {
  readonly complaints: string[] = [];
  private readonly context: BrowserContext;

  private constructor(context: BrowserContext) {
    this.context = context;
    context.setDefaultTimeout(PATIENCE);
    context.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    context.on('weberror', (error) => this.complaints.push(error.error().stack ?? String(error.error())));
  }

  static async come(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'light', ...options });
    // As a script of the browser, not of the page: the page's policy allows none but its own.
    await context.addInitScript({ path: require.resolve('axe-core/axe.min.js') });
    return new Visitor(context);
  }

  /** Calls back when anything in a page calls the function of that name. */
  async expose(name: string, called: () => void): Promise<void> {
    await this.context.exposeFunction(name, called);
  }

  /** Opens a page and waits until it shows what there is. */
  async open(url: string): Promise<Page> {
    const { page } = await this.knock(url);
    await page.getByRole('option').first().waitFor();
    return page;
  }

  /** Asks for a page, whatever it is then. @returns it, and the status with which the address was answered */
  async knock(url: string): Promise<{ page: Page; status: number | undefined }> {
    const page = await this.context.newPage();
    const answer = await page.goto(url);
    return { page, status: answer?.status() };
  }

  async leave(): Promise<void> {
    await this.context.close();
  }
}

/** Expects that nothing serious keeps anybody from using what is shown. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
  });
  expect(found, what).toEqual([]);
}

/** The address of the page of an engine that has been started. */
export async function pageOf(engine: Running): Promise<string> {
  await engine.says('see what it sees: ');
  return /see what it sees: (http[^"\s]+)/.exec(engine.said())![1]!;
}

/** Starts a pipeline with its page on a port of its own. */
export function startWithPage(bench: Bench, pipeline: string, set: readonly string[], data?: string): Running {
  const settings = ['http.listen=127.0.0.1:0', ...set].flatMap((setting) => ['--set', setting]);
  return bench.start(['-p', pipeline, ...settings], data);
}

export async function stop(engine: Running | undefined): Promise<void> {
  engine?.child.kill('SIGKILL');
  await engine?.exit;
}

/** Asks the server what the page asks it. */
export async function askApi<T>(url: string, question: string): Promise<T> {
  const answer = await fetch(new URL(`api/${question}`, url));
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Waits, before the tests, until something is so. */
export const until = (holds: () => Promise<boolean>) =>
  vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 2 * PATIENCE, interval: 250 });

/** Expects that something becomes so. */
export function eventually<T>(what: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(what, { timeout: PATIENCE, interval: 100 });
}

/** What the address of the page says after the #. */
export const placeOf = (page: Page): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));

/** What is asked of a canvas. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
}

/** How many colours a canvas shows: an empty one has one at most. */
export const coloursOf = (locator: Locator): Promise<number> =>
  locator.evaluate((element) => {
    const canvas = element as unknown as Canvas;
    const { width, height } = canvas;
    if (width === 0 || height === 0) return 0;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    return new Set(new Uint32Array(data.buffer)).size;
  });

/** The number that a text begins with. */
export const numberIn = (text: string | null): number => Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));

/** Drags from one place of an element to another, both shares of its width and height. */
export async function drag(page: Page, over: Locator, [x1, y1]: [number, number], [x2, y2]: [number, number]): Promise<void> {
  const box = (await over.boundingBox())!;
  await page.mouse.move(box.x + x1 * box.width, box.y + y1 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + x2 * box.width, box.y + y2 * box.height, { steps: 5 });
  await page.mouse.up();
}

/** Expects that there come to be so many pictures of the key that is shown, and that each has something in it. */
export async function expectDrawn(page: Page, least: number): Promise<void> {
  const canvases = page.locator('.key .chart canvas');
  await eventually(() => canvases.count()).toBeGreaterThanOrEqual(least);
  const count = await canvases.count();
  for (let i = 0; i < count; i++) {
    const canvas = canvases.nth(i);
    await canvas.scrollIntoViewIfNeeded();
    await eventually(() => coloursOf(canvas)).toBeGreaterThan(1);
  }
}
