// Seeded clean series for the audit of the budget: what ordinary life looks like in many places. One row a minute, nothing in them is wrong.

export const MINUTE = 60_000;
export const DAY = 1_440;

/** Mulberry32. */
function random(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a series is made of. */
export function dice(seed) {
  const uniform = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  /** Noise that goes on: x ← φ x + σ e. */
  const lasting = (phi, sigma) => {
    let x = 0;
    return () => {
      x = phi * x + sigma * normal();
      return x;
    };
  };
  const between = (low, high) => low + (high - low) * uniform();
  return { uniform, normal, lasting, between };
}

const within = (minute, from, length) => (((minute - from) % DAY) + DAY) % DAY < length;
export const wave = (minute, peak = 960) => (0.5 + 0.5 * Math.cos((2 * Math.PI * (minute - peak)) / DAY)) ** 1.3;

/** A job of every day that begins and ends a little earlier or later. */
export function job({ uniform }, from, length, jitter) {
  let [known, begin, lasts] = [-1, from, length];
  return ({ day, minute }) => {
    // Looked at anew when none of them runs.
    const night = Math.floor(day + (minute - from + DAY / 2) / DAY);
    if (night !== known) {
      known = night;
      begin = from + Math.round((uniform() - 0.5) * 2 * jitter);
      lasts = length + Math.round((uniform() - 0.5) * 2 * jitter);
    }
    return within(minute, begin, lasts);
  };
}

/**
 * By name: how many days, the columns and their units, and what a key does, minute by minute, asked in order. Those of `tuned` were looked at
 * while thresholds were made, those of `judged` only afterwards.
 */
export const LIVES = {
  tuned: {
    'a host with days and quiet weekends': {
      days: 21,
      units: { cpu: '%', latency: 'ms' },
      live(seed) {
        const d = dice(seed);
        const [noise, slow, peak] = [d.lasting(0.9, 1), d.lasting(0.8, 0.05), d.between(780, 1_080)];
        const [base, rise] = [d.between(8, 25), d.between(15, 40)];
        return ({ minute, weekday }) => {
          const load = wave(minute, peak) * (weekday < 5 ? 1 : 0.45);
          return [base + rise * load + noise(), 40 * Math.exp(0.25 * load + slow() + 0.1 * d.normal())];
        };
      },
    },
    'a backup of 20 minutes at night': {
      days: 21,
      units: { cpu: '%', latency: 'ms' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.9, 1);
        const runs = job(d, 150, 20, 0);
        return (local) => {
          const on = runs(local);
          return [25 + noise() + (on ? 30 : 0), 6 * (on ? 1.6 : 1) * Math.exp(0.1 * d.normal())];
        };
      },
    },
    noise: {
      days: 14,
      units: { x: '1', y: '1' },
      live: (seed) => {
        const d = dice(seed);
        return () => [d.normal(), d.normal()];
      },
    },
    'noise that is louder by day': {
      days: 14,
      units: { x: '1' },
      live(seed) {
        const d = dice(seed);
        return ({ minute }) => [d.normal() * (1 + 5 * wave(minute))];
      },
    },
    'a sawtooth of some hours': {
      days: 14,
      units: { free: 'B' },
      live(seed) {
        const d = dice(seed);
        let minutes = Math.floor(d.between(0, 400));
        const length = Math.floor(d.between(300, 500));
        return () => [(++minutes % length) + d.normal()];
      },
    },
    'bursts at any time': {
      days: 14,
      units: { x: '1' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.9, 1);
        let left = 0;
        return () => {
          if (left-- <= 0 && d.uniform() < 1 / 700) left = 20;
          return [20 + noise() + (left > 0 ? 25 : 0)];
        };
      },
    },
    'a slow process': {
      days: 14,
      units: { x: '1' },
      live: (seed) => {
        const slow = dice(seed).lasting(0.998, 0.05);
        return () => [slow()];
      },
    },
  },
  judged: {
    'office hours': {
      days: 21,
      units: { requests: '1/s', latency: 'ms' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.7, 1);
        const [opens, closes] = [Math.round(d.between(420, 540)), Math.round(d.between(1_020, 1_140))];
        return ({ minute, weekday }) => {
          const open = weekday < 5 && minute >= opens && minute < closes;
          return [(open ? 60 : 10) + noise() * (open ? 3 : 1), (open ? 30 : 20) * Math.exp(0.1 * d.normal())];
        };
      },
    },
    'three shifts': {
      days: 14,
      units: { power: 'kW' },
      live(seed) {
        const d = dice(seed);
        const steps = [0, d.between(15, 35), d.between(45, 75)];
        return ({ minute }) => [100 + steps[Math.floor(minute / 480)] + 4 * d.normal()];
      },
    },
    'a job of 90 minutes over midnight that begins and ends as it likes': {
      days: 21,
      units: { cpu: '%', read: 'MB/s' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.8, 2);
        const runs = job(d, 1_380, 90, 4);
        return (local) => {
          const on = runs(local);
          return [30 + noise() + (on ? 35 : 0), (on ? 80 : 4) * Math.exp(0.2 * d.normal())];
        };
      },
    },
    'a job of six hours at night': {
      days: 21,
      units: { cpu: '%' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.95, 0.5);
        const runs = job(d, 60, 360, 4);
        return (local) => [8 + noise() + (runs(local) ? 20 : 0)];
      },
    },
    'a job on Sundays': {
      days: 42,
      units: { cpu: '%' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.9, 1);
        return ({ minute, weekday }) => [20 + noise() + (weekday === 6 && minute >= 180 && minute < 270 ? 30 : 0)];
      },
    },
    'a job on the first of the month': {
      days: 70,
      units: { cpu: '%' },
      live(seed) {
        const d = dice(seed);
        const noise = d.lasting(0.9, 1);
        return ({ day, minute }) => [20 + noise() + (day % 30 === 3 && minute >= 120 && minute < 240 ? 25 : 0)];
      },
    },
    'a count of requests by day': {
      days: 21,
      units: { requests: '1' },
      live(seed) {
        const d = dice(seed);
        return ({ minute, weekday }) => {
          const mean = 3 + 40 * wave(minute, 840) * (weekday < 5 ? 1 : 0.6);
          return [Math.max(0, Math.round(mean + Math.sqrt(mean) * d.normal()))];
        };
      },
    },
    'a counter that is reset': {
      days: 14,
      units: { bytes: 'B' },
      live(seed) {
        const d = dice(seed);
        let count = 0;
        return () => {
          count += 500 * d.uniform();
          if (d.uniform() < 1 / 600) count = 0;
          return [count];
        };
      },
    },
    'heavy tails': {
      days: 14,
      units: { x: '1', y: '1' },
      live(seed) {
        const d = dice(seed);
        const t = () => d.normal() / Math.sqrt((d.normal() ** 2 + d.normal() ** 2 + d.normal() ** 2) / 3);
        return () => [t(), t()];
      },
    },
    'blips at any time': {
      days: 14,
      units: { latency: 'ms' },
      live(seed) {
        const d = dice(seed);
        return () => [40 * Math.exp(0.1 * d.normal()) * (d.uniform() < 1 / 250 ? d.between(1.5, 3) : 1)];
      },
    },
    'a memory that is collected': {
      days: 14,
      units: { heap: 'MB' },
      live(seed) {
        const d = dice(seed);
        let heap = 200;
        const rate = d.between(0.5, 2);
        return () => {
          heap += rate * (0.5 + d.uniform());
          if (heap > 400 + 10 * d.normal()) heap = 200 + 10 * d.normal();
          return [heap];
        };
      },
    },
    'noise that is louder for hours, whenever it likes': {
      days: 14,
      units: { x: '1' },
      live(seed) {
        const d = dice(seed);
        const volatility = d.lasting(0.997, 0.04);
        return () => [d.normal() * Math.exp(volatility())];
      },
    },
  },
};
