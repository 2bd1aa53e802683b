// node scripts/screenshots.mjs              takes the pictures of the page that README.md and docs/page.md show, into docs/images
// node scripts/screenshots.mjs --all FOLDER  takes them narrow, usual and wide, in light and dark, into a folder
// Needs Chromium (QUANTSTREAM_CHROMIUM names it) and a build.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import gifenc from 'gifenc';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from './lib/chromium.mjs';
import { startShown } from './lib/shown.mjs';

const { GIFEncoder, applyPalette, quantize } = gifenc;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values: given } = parseArgs({ options: { all: { type: 'string' } } });
const folder = given.all === undefined ? join(root, 'docs', 'images') : resolve(given.all);
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'quantstream-pictures-'));

/** What is shown: a market of three symbols, and the fleet of the demo. */
const SHOWN = [
  {
    name: 'market',
    first: 'candle',
    pipeline: 'btc-surveillance',
    set: [
      'source.with.symbols=[BTCUSDT, ETHUSDT, SOLUSDT]',
      'source.with.simulator={ seed: 4711, start: now, history: 3h, realTime: true, tradesPerSecond: 3, anomaliesPerDay: 120 }',
      'alarms.calibration={ atLeast: 30m }',
    ],
    place: 'range=all',
    ready: ({ state, lanes }) => state.now - (state.eventTime ?? 0) < 10_000 && lanes.counts.warning > 3,
  },
  {
    name: 'flight',
    first: 'map',
    pipeline: 'uav-demo',
    set: [],
    place: 'range=all',
    // A flight long enough for a track.
    ready: ({ state, lanes }) => (state.eventTime ?? 0) - (lanes.first ?? Number.POSITIVE_INFINITY) > 100_000,
  },
];

const running = [];
async function start({ pipeline, set, ready }) {
  const file = join(root, 'pipelines', `${pipeline}.yaml`);
  const { engine, url } = await startShown(file, { data: join(data, pipeline), set: ['sinks.database=null', ...set] });
  running.push(engine);
  const ask = async (name) => (await fetch(`${url}api/${name}`)).json();
  for (;;) {
    const [state, lanes] = [await ask('state'), await ask('lanes')];
    if (ready({ state, lanes })) return { url, lanes };
    await new Promise((resume) => setTimeout(resume, 1_000));
  }
}

/** The episode that has most to explain: beyond its threshold by most, or with most rules. */
function remarkable({ lanes }) {
  const weight = ({ score, threshold, topics, severity }) =>
    topics.length + (threshold ? Math.min(10, score / threshold) : 0) + (severity === 'critical' ? 2 : 0);
  return lanes.flatMap(({ episodes }) => episodes).sort((x, y) => weight(y) - weight(x))[0];
}

const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGUMENTS });

async function open(url, place, { width = 1280, height = 860, colorScheme = 'light' } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  await page.goto(`${url}#${place}`);
  await page.getByRole('option').first().waitFor();
  await drawn(page);
  return page;
}

/** Until what was asked for has come and is drawn. */
async function drawn(page) {
  await page.locator('.key .chart canvas').first().waitFor();
  await page.waitForTimeout(1_500);
}

async function take(page, name, fullPage = false) {
  await page.screenshot({ path: join(folder, `page-${name}.png`), fullPage });
  console.log(`page-${name}.png`);
}

/** Pictures one after the other as one that moves, each with how long it stays, ms. What stays the same from one to the next is left out. */
async function animate(shots, width, path) {
  const canvas = await browser.newPage();
  const frames = [];
  for (const { png, delay } of shots) {
    const { height, pixels } = await canvas.evaluate(
      async ({ base64, wide }) => {
        const image = new Image();
        image.src = `data:image/png;base64,${base64}`;
        await image.decode();
        const surface = document.createElement('canvas');
        surface.width = wide;
        surface.height = Math.round((image.height * wide) / image.width);
        const pen = surface.getContext('2d');
        pen.imageSmoothingQuality = 'high';
        pen.drawImage(image, 0, 0, surface.width, surface.height);
        const { data: bytes } = pen.getImageData(0, 0, surface.width, surface.height);
        let text = '';
        for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
        return { height: surface.height, pixels: btoa(text) };
      },
      { base64: png.toString('base64'), wide: width },
    );
    frames.push({ height, delay, pixels: new Uint8ClampedArray(Buffer.from(pixels, 'base64')) });
  }
  await canvas.close();
  const gif = GIFEncoder();
  const several = [frames[0], frames[frames.length >> 1], frames.at(-1)].map(({ pixels }) => Buffer.from(pixels.buffer));
  const palette = quantize(new Uint8Array(Buffer.concat(several)), 255);
  const transparentIndex = palette.length;
  const colours = [...palette, [0, 0, 0]];
  let before;
  for (const { height, delay, pixels } of frames) {
    const indices = applyPalette(pixels, palette);
    const fresh = indices.slice();
    if (before) for (let i = 0; i < fresh.length; i++) if (fresh[i] === before[i]) fresh[i] = transparentIndex;
    gif.writeFrame(fresh, width, height, {
      palette: before ? undefined : colours,
      delay,
      transparent: before !== undefined,
      transparentIndex,
      dispose: 1,
    });
    before = indices;
  }
  gif.finish();
  writeFileSync(path, gif.bytes());
  console.log(`${path}: ${Math.round(gif.bytes().length / 1_000)} kB`);
}

/** From an episode to why it was raised, and to what another budget would have raised. */
async function film(url, place, { id }) {
  const page = await open(url, place, { width: 1200, height: 760 });
  const shots = [];
  const shoot = async (delay) => shots.push({ png: await page.screenshot(), delay });
  await page.keyboard.press('Space');
  await drawn(page);
  await shoot(1_600);
  const entry = page.locator('.episodes button.episode');
  const ids = await page.evaluate(async () =>
    (await (await fetch('api/lanes?bins=1')).json()).lanes.flatMap((one) => one.episodes),
  );
  const newestFirst = ids.sort((x, y) => y.start - x.start || (x.id < y.id ? -1 : 1));
  const chosen = entry.nth(newestFirst.findIndex((one) => one.id === id));
  await chosen.scrollIntoViewIfNeeded();
  await chosen.hover();
  await shoot(900);
  await chosen.click();
  await drawn(page);
  await shoot(3_500);
  await page.getByRole('tab', { name: 'What if' }).click();
  await page.locator('.yaml code').first().waitFor();
  await drawn(page);
  await shoot(1_400);
  await page.getByRole('slider', { name: /a day/ }).focus();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press(i < 4 ? 'ArrowRight' : 'ArrowLeft');
    await page.waitForTimeout(300);
    await shoot(i === 3 ? 1_200 : i === 11 ? 3_000 : 280);
  }
  await page.close();
  await animate(shots, 900, join(folder, 'page.gif'));
}

try {
  for (const shown of SHOWN) {
    const { url, lanes } = await start(shown);
    const episode = remarkable(lanes);
    const why = `${shown.place}&tab=why&key=${encodeURIComponent(episode.key)}&episode=${encodeURIComponent(episode.id)}`;
    if (given.all === undefined) {
      const page = await open(url, why);
      // What was chosen has scrolled into sight; candles and the map are what is to be seen first.
      await page.locator(`.key .chart.${shown.first}`).scrollIntoViewIfNeeded();
      await drawn(page);
      await take(page, shown.name);
      await page.close();
      if (shown.name === 'market') await film(url, shown.place, episode);
    } else
      for (const [width, height] of [
        [360, 740],
        [1280, 860],
        [2560, 1440],
      ])
        for (const colorScheme of ['light', 'dark'])
          for (const tab of ['why', 'whatif', 'state']) {
            const page = await open(url, why.replace('tab=why', `tab=${tab}`), { width, height, colorScheme });
            // Where there is one column, the answers are below the pictures.
            await take(page, `${shown.name}-${tab}-${width}-${colorScheme}`, width < 1_000);
            await page.close();
          }
    for (const engine of running.splice(0)) {
      engine.removeAllListeners('exit');
      engine.kill('SIGKILL');
      await new Promise((done) => engine.once('exit', done));
    }
  }
} finally {
  for (const engine of running) engine.kill('SIGKILL');
  await browser.close();
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
}
