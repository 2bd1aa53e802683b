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
function dice(seed) {
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
const wave = (minute, peak = 960) => (0.5 + 0.5 * Math.cos((2 * Math.PI * (minute - peak)) / DAY)) ** 1.3;

/** A job of every day that begins and ends a little earlier or later. */
function job({ uniform }, from, length, jitter) {
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
    'noise': { days: 14, units: { x: '1', y: '1' }, live: (seed) => {
      const d = dice(seed);
      return () => [d.normal(), d.normal()];
    } },
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
    'a slow process': { days: 14, units: { x: '1' }, live: (seed) => {
      const slow = dice(seed).lasting(0.998, 0.05);
      return () => [slow()];
    } },
  },
  judged: {},
};
