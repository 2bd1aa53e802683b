// Seeded series of columns whose life has a rhythm, and of such that have none: one value a minute.

import { gaussian, random } from '../src/api/index.js';

export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** The local time of a value. */
export interface Local {
  /** Days since the first; its day of the week, from Monday = 0 on; the minute of the day. */
  readonly day: number;
  readonly weekday: number;
  readonly minute: number;
}

/** What a column does, minute by minute; asked in order. */
export type Life = (local: Local) => number;

/** Noise that goes on: x ← φ x + σ e. */
function lasting(seed: number, phi: number, sigma: number): () => number {
  const normal = gaussian(seed);
  let x = 0;
  return () => {
    x = phi * x + sigma * normal();
    return x;
  };
}

const within = (minute: number, from: number, length: number) => (((minute - from) % 1_440) + 1_440) % 1_440 < length;
const wave = (minute: number) => (0.5 - 0.5 * Math.cos((2 * Math.PI * (minute - 240)) / 1_440)) ** 1.3;

/** A job that begins and ends a little earlier or later each day. */
function job(seed: number, from: number, length: number, jitter: number): (local: Local) => boolean {
  const uniform = random(seed + 77);
  let known = -1;
  let [begin, lasts] = [from, length];
  return ({ day, minute }) => {
    // Looked at anew at noon, when none of them runs.
    const night = Math.floor(day + (minute - 720) / 1_440);
    if (night !== known) {
      known = night;
      begin = from + Math.round((uniform() - 0.5) * 2 * jitter);
      lasts = length + Math.round((uniform() - 0.5) * 2 * jitter);
    }
    return within(minute, begin, lasts);
  };
}

/** Columns with a rhythm, by name. `tuned` were looked at while the profile was made; `judged` are for seeds that were not. */
export const RHYTHMIC: Readonly<Record<'tuned' | 'judged', Readonly<Record<string, (seed: number) => Life>>>> = {
  tuned: {
    'a backup of 20 minutes at night': (seed) => {
      const noise = lasting(seed, 0.9, 1);
      return ({ minute }) => 25 + noise() + (within(minute, 150, 20) ? 30 : 0);
    },
    'days and quiet weekends': (seed) => {
      const noise = lasting(seed, 0.9, 1);
      return ({ minute, weekday }) => 15 + 28 * wave(minute) * (weekday < 5 ? 1 : 0.45) + noise();
    },
    'noise that is louder by day': (seed) => {
      const normal = gaussian(seed);
      return ({ minute }) => normal() * (1 + 5 * wave(minute));
    },
  },
  judged: {
    'a backup that begins and ends as it likes': (seed) => {
      const noise = lasting(seed, 0.8, 2);
      const runs = job(seed, 155, 30, 3);
      return (local) => 40 + noise() + (runs(local) ? 35 : 0);
    },
    'a job of six hours over midnight': (seed) => {
      const noise = lasting(seed, 0.95, 0.5);
      const runs = job(seed, 1_320, 360, 4);
      return (local) => 8 + noise() + (runs(local) ? 20 : 0);
    },
    'office hours': (seed) => {
      const noise = lasting(seed, 0.7, 1);
      return ({ minute, weekday }) => {
        const open = weekday < 5 && within(minute, 480, 600);
        return (open ? 60 : 10) + noise() * (open ? 3 : 1);
      };
    },
    'three shifts': (seed) => {
      const normal = gaussian(seed);
      return ({ minute }) => 100 + [0, 25, 60][Math.floor(minute / 480)]! + 4 * normal();
    },
  },
};

/** Columns without a rhythm of days. */
export const APERIODIC: typeof RHYTHMIC = {
  tuned: {
    noise: (seed) => gaussian(seed),
    'a walk': (seed) => lasting(seed, 1, 1),
    'a slow process': (seed) => lasting(seed, 0.998, 0.05),
    'a sawtooth of some hours': (seed) => {
      const normal = gaussian(seed);
      let minutes = seed * 100;
      return () => (++minutes % 410) + normal();
    },
    'bursts at any time': (seed) => {
      const [uniform, noise] = [random(seed), lasting(seed + 1, 0.9, 1)];
      let left = 0;
      return () => {
        if (left-- <= 0 && uniform() < 1 / 700) left = 20;
        return 20 + noise() + (left > 0 ? 25 : 0);
      };
    },
    'nothing but for rare blips': (seed) => {
      const uniform = random(seed);
      return () => (uniform() < 1 / 400 ? 60 : 0);
    },
    'noise that is louder for hours, whenever it likes': (seed) => {
      const [normal, volatility] = [gaussian(seed), lasting(seed + 1, 0.997, 0.07)];
      return () => normal() * Math.exp(volatility());
    },
  },
  judged: {
    'heavy tails': (seed) => {
      const normal = gaussian(seed);
      return () => normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2) / 3);
    },
    'a counter that grows and is reset': (seed) => {
      const uniform = random(seed);
      let count = 0;
      return () => {
        count += 500 * uniform();
        if (uniform() < 1 / 2_500) count = 0;
        return count;
      };
    },
    'counts that are mostly nothing': (seed) => {
      const uniform = random(seed);
      return () => {
        let count = 0;
        while (uniform() < 0.03) count++;
        return count;
      };
    },
    'levels that change at any time': (seed) => {
      const [uniform, normal] = [random(seed), gaussian(seed + 1)];
      let level = 50;
      return () => {
        if (uniform() < 1 / 2_000) level = 20 + 60 * uniform();
        return level + normal();
      };
    },
  },
};

/** The local time of moments in a time zone. */
export function localClock(zone: string, start: number): (time: number) => Local {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const partsOf = (time: number) =>
    Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const daysOf = (parts: Record<string, number>) => Date.UTC(parts.year!, parts.month! - 1, parts.day) / DAY;
  const first = zone === 'UTC' ? Math.floor(start / DAY) : daysOf(partsOf(start));
  const local = (days: number, minute: number): Local => ({ day: days - first, weekday: (((days + 3) % 7) + 7) % 7, minute });
  if (zone === 'UTC') return (time) => local(Math.floor(time / DAY), Math.floor((time % DAY) / MINUTE));
  return (time) => {
    const parts = partsOf(time);
    return local(daysOf(parts), parts.hour! * 60 + parts.minute!);
  };
}
