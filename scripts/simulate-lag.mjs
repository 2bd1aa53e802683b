/**
 * What breaks first on the way to a million observations a second: node scripts/simulate-lag.mjs [--json] prints the table of
 * docs/scaling.md, from the figures that stand there (docs/scaling.json) and the model of lib/lag.mjs.
 */
import { readFileSync } from 'node:fs';
import { limitOf, simulateLag, unequal } from './lib/lag.mjs';

const figures = JSON.parse(readFileSync(new URL('../docs/scaling.json', import.meta.url), 'utf8'));
const { detector, detectorStoringAll, partition, database } = figures;

/** Ten minutes: the load, a burst of three times the load from the second to the third minute, and what is left of it at the end. */
const SECONDS = 600;
const load = (rate) => (second) => (second >= 60 && second < 120 ? 3 * rate : rate);
const BARS = 1 / 30;

const even = (partitions) => new Array(partitions).fill(1);
const setups = [
  ['10,000/s, all stored', { rate: 10_000, partitions: 6, detectors: 1, stored: 1 + BARS, all: true }],
  ['30,000/s, all stored', { rate: 30_000, partitions: 6, detectors: 1, stored: 1 + BARS, all: true }],
  ['30,000/s, all stored', { rate: 30_000, partitions: 6, detectors: 3, stored: 1 + BARS, all: true }],
  ['30,000/s, rows stored', { rate: 30_000, partitions: 6, detectors: 1, stored: BARS }],
  ['300,000/s, rows stored', { rate: 300_000, partitions: 24, detectors: 6, stored: BARS }],
  ['300,000/s, rows stored', { rate: 300_000, partitions: 24, detectors: 12, stored: BARS }],
  ['300,000/s, rows stored, unequal keys', { rate: 300_000, partitions: 24, detectors: 12, stored: BARS, keys: 300 }],
  ['1,000,000/s, rows stored', { rate: 1_000_000, partitions: 96, detectors: 24, stored: BARS }],
  ['1,000,000/s, rows stored', { rate: 1_000_000, partitions: 96, detectors: 48, stored: BARS }],
  ['1,000,000/s, anomalies stored', { rate: 1_000_000, partitions: 96, detectors: 48, stored: BARS / 1_000 }],
];

const results = setups.map(([name, { rate, partitions, detectors, stored, all, keys }]) => {
  const setup = {
    rate: load(rate),
    weights: keys ? unequal(partitions, keys) : even(partitions),
    detectors,
    detector: all ? detectorStoringAll : detector,
    partition,
    database,
    stored,
    seconds: SECONDS,
  };
  const points = simulateLag(setup);
  const worst = Math.max(...points.map(({ lag }) => lag));
  const back = points.findIndex(({ at, lag }) => at >= 120 && lag < rate);
  return {
    name,
    partitions,
    detectors,
    worst,
    caughtUp: back < 0 ? null : points[back].at - 120,
    limit: limitOf(setup),
  };
});

const number = (x) => Math.round(x).toLocaleString('en');
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
else {
  console.log(
    '| load, three times as much for a minute | partitions | detectors | most that waits | caught up after | what holds it up |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | --- |');
  for (const { name, partitions, detectors, worst, caughtUp, limit } of results)
    console.log(
      `| ${name} | ${partitions} | ${detectors} | ${number(worst)} | ${caughtUp === null ? 'never' : `${number(caughtUp)} s`} | ${limit} |`,
    );
}
