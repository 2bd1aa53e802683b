// Readings that are a function of a seed and their number: waves with noise, spikes, readings that never were, and readings twice.
// Live: as many are there as the clock says, whoever reads them, and however often it was killed meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';

const START = 1_700_000_000_000;

/** A number in [0, 1) of a few integers. */
function drawn(...parts) {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = Math.imul(h ^ part, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h >>> 0) / 2 ** 32;
}

/** The i-th reading, as often as it comes: not at all, once, or twice. */
function reading(seed, keys, i) {
  const [n, k] = [Math.floor(i / keys), i % keys];
  if (drawn(seed, n, k, 1) < 1 / 3_000) return [];
  const spike = drawn(seed, Math.floor(n / 10), k, 2) < 1 / 300 ? 6 : 0;
  const level = Math.sin(n / 50 + k) + (drawn(seed, n, k, 3) - 0.5) * 0.2 + spike;
  const time = START + n * 1_000 + Math.floor((k * 1_000) / keys);
  const one = { key: `key-${k}`, type: 'reading', sequence: n + 1, time, received: time, values: { level } };
  return drawn(seed, n, k, 4) < 1 / 2_000 ? [one, one] : [one];
}

export default ({ defineSource, z }) =>
  defineSource({
    name: 'seeded',
    api: 1,
    about: 'Seeded readings, as many a second as told, until a count that the environment says',
    config: z.strictObject({
      seed: z.int().default(1).describe('which readings'),
      keys: z.int().min(1).default(60).describe('keys'),
      batch: z.int().min(1).default(200).describe('readings in a batch, at most'),
    }),
    resumable: () => true,
    basis: ({ batch: _, ...rest }) => rest,
    emits: () => ({ reading: { about: 'a reading', sequence: 'contiguous', fields: { level: { unit: 'm', about: 'level' } } } }),
    create: ({ seed, keys, batch }) => ({
      async *read(from, signal) {
        const { FAULTS_COUNT = 'Infinity', FAULTS_SINCE, FAULTS_RATE } = process.env;
        const count = Number(FAULTS_COUNT);
        const due = () => (FAULTS_RATE ? Math.floor(((Date.now() - Number(FAULTS_SINCE)) / 1_000) * Number(FAULTS_RATE)) : count);
        for (let i = from === null ? 0 : Number(from); i < count && !signal.aborted; ) {
          const end = Math.min(i + batch, due(), count);
          if (end <= i) {
            await sleep(20, undefined, { signal }).catch(() => {});
            continue;
          }
          const observations = [];
          for (; i < end; i++) observations.push(...reading(seed, keys, i));
          yield { observations, cursor: String(i) };
        }
      },
    }),
  });
