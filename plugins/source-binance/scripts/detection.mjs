// What the plainest detector, a threshold on standardised one-second returns, finds of the injected anomalies.

const DAY = 86_400;
/** Memory of the running variance, and how long after a label its end still counts, s. */
const MEMORY = 300;
const GRACE = 5;
/** Exceedances closer than this are one episode, s. */
const EPISODE = 30;

/** |z| of each second's log return: against an exponentially weighted mean square of the seconds before it. */
export function scores(close) {
  const out = new Float64Array(close.length);
  const weight = 1 / MEMORY;
  let variance = 0;
  let seen = 0;
  for (let i = 1; i < close.length; i++) {
    const r = Math.log(close[i] / close[i - 1]);
    out[i] = seen > MEMORY && variance > 0 ? Math.abs(r) / Math.sqrt(variance) : 0;
    // A plain mean until the memory is full.
    seen++;
    variance += (r * r - variance) * Math.max(weight, 1 / seen);
  }
  return out;
}

function episodes(z, threshold, quiet) {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < z.length; i++) {
    if (!(z[i] > threshold) || !quiet[i]) continue;
    if (i - last > EPISODE) count++;
    last = i;
  }
  return count;
}

/** The threshold that `perDay` false episodes a day lead to, by bisection. */
function thresholdFor(z, quiet, perDay) {
  const allowed = (perDay * quiet.reduce((sum, value) => sum + value, 0)) / DAY;
  let low = 0;
  let high = 1_000;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (episodes(z, middle, quiet) > allowed) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * @param first second of the first close; labels: kind, from, to (ms)
 * @returns threshold, and for each kind how many there were and how many had a score above it
 */
export function detect({ first, close }, labels, perDay = 10) {
  const z = scores(close);
  const quiet = new Uint8Array(z.length).fill(1);
  const range = ({ from, to }) => [
    Math.floor(from / 1_000) - first,
    Math.min(z.length - 1, Math.floor(to / 1_000) - first + GRACE),
  ];
  for (const label of labels) {
    const [from, to] = range(label);
    quiet.fill(0, from, to + EPISODE);
  }
  const threshold = thresholdFor(z, quiet, perDay);
  const kinds = new Map();
  for (const label of labels) {
    const [from, to] = range(label);
    let peak = 0;
    for (let i = Math.max(0, from); i <= to; i++) peak = Math.max(peak, z[i]);
    const kind = kinds.get(label.kind) ?? { count: 0, found: 0 };
    kind.count++;
    if (peak > threshold) kind.found++;
    kinds.set(label.kind, kind);
  }
  return { threshold, kinds };
}
