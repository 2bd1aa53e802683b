/**
 * How far detectors fall behind under load: a fluid model of a topic with its partitions, the detectors that share them, and the one
 * database that they write to. Pure.
 *
 * Observations arrive at a rate, spread over the partitions by weight; each partition waits in one line. In each step a detector judges
 * what waits in its partitions, fairly, up to what it can; what the detectors want to store together is cut down to what the database takes.
 */

/** Steps of the model, s. */
const STEP = 0.1;

/**
 * @param {object} setup
 * @param {(second: number) => number} setup.rate observations a second that arrive at a moment
 * @param {number[]} setup.weights share of each partition, in any scale
 * @param {number} setup.detectors processes; partitions are dealt to them in turn
 * @param {number} setup.detector observations a second that one of them judges
 * @param {number} setup.partition observations a second that one partition takes in, and gives out
 * @param {number} setup.database rows a second that the database takes; Infinity: nothing is stored
 * @param {number} setup.stored rows that an observation gives the database
 * @param {number} setup.seconds how long
 * @returns {{ at: number, lag: number, delay: number }[]} at each whole second: how many observations wait, in the topic or in front of it,
 *   and how old the oldest of them are, s
 */
export function simulateLag({ rate, weights, detectors, detector, partition, database, stored, seconds }) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const share = weights.map((weight) => weight / total);
  const waiting = weights.map(() => 0);
  const points = [];
  for (let step = 0; step <= seconds / STEP; step++) {
    const now = step * STEP;
    if (step % Math.round(1 / STEP) === 0) {
      const lag = waiting.reduce((sum, n) => sum + n, 0);
      const delays = waiting.map((n, p) => n / (rate(now) * share[p]));
      points.push({ at: Math.round(now), lag: Math.round(lag), delay: Math.max(...delays) });
    }
    share.forEach((part, p) => {
      waiting[p] += rate(now) * part * STEP;
    });
    const judged = waiting.map((n) => Math.min(n, partition * STEP));
    for (let d = 0; d < detectors; d++) {
      let wanted = 0;
      for (let p = d; p < judged.length; p += detectors) wanted += judged[p];
      if (wanted <= detector * STEP) continue;
      for (let p = d; p < judged.length; p += detectors) judged[p] *= (detector * STEP) / wanted;
    }
    const rows = judged.reduce((sum, n) => sum + n, 0) * stored;
    const taken = rows > database * STEP ? (database * STEP) / rows : 1;
    judged.forEach((n, p) => {
      waiting[p] -= n * taken;
    });
  }
  return points;
}

/** What holds a setup up: that of its limits without which the fewest would wait. @returns `nothing` where nothing waits for longer than a second */
export function limitOf(setup) {
  const waits = (one) => simulateLag(one).reduce((sum, { lag }) => sum + lag, 0);
  const before = waits(setup);
  if (Math.max(...simulateLag(setup).map(({ delay }) => delay)) <= 1) return 'nothing';
  const without = ['partition', 'detector', 'database'].map((limit) => [
    limit,
    waits({ ...setup, [limit]: Number.POSITIVE_INFINITY }),
  ]);
  const [limit, least] = without.sort((a, b) => a[1] - b[1])[0];
  return least < 0.99 * before ? limit : 'several at once';
}

/** Shares of partitions where the keys are as unequal as names, cities and markets are (G. Zipf, 1949), dealt out in turn. */
export function unequal(partitions, keys, exponent = 1) {
  const weights = new Array(partitions).fill(0);
  for (let k = 0; k < keys; k++) weights[k % partitions] += 1 / (k + 1) ** exponent;
  return weights;
}
