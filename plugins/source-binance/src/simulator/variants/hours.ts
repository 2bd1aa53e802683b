/** Opening hours of a simulated exchange, in UTC. */
export interface Hours {
  /** Hours of the day. */
  readonly opens: number;
  readonly closes: number;
  /** The first so many days of the week, from Monday on. */
  readonly days: number;
  /** Factor of the volatility while it is closed: what the price drifts to until it opens again. */
  readonly drift: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The epoch began on a Thursday. */
const THURSDAY = 3;

/** Hours since midnight. */
const hourOf = (time: number): number => (((time % DAY) + DAY) % DAY) / HOUR;

/** @param time ms since the epoch */
export function isOpen({ opens, closes, days }: Hours, time: number): boolean {
  const hour = hourOf(time);
  return (Math.floor(time / DAY) + THURSDAY) % 7 < days && hour >= opens && hour < closes;
}

/** The time itself while it is open, otherwise when it opens next. */
export function openFrom(hours: Hours, time: number): number {
  if (isOpen(hours, time)) return time;
  let opening = Math.floor(time / DAY) * DAY + hours.opens * HOUR;
  while (opening < time || !isOpen(hours, opening)) opening += DAY;
  return opening;
}

/** 1 when it opens and when it closes, −1 in between. */
export function sessionRhythm({ opens, closes }: Hours, time: number): number {
  return Math.cos((2 * Math.PI * (hourOf(time) - opens)) / (closes - opens));
}
