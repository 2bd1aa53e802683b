// The laws of time: stamps, watermarks, and what is missing.

import type { Laws } from '../law.js';
import type { Reading, SourceTrial } from './trial.js';

const EARLIEST = Date.UTC(1990);
const LATEST = Date.UTC(2100);
/** Our clock and that of the process may differ by so much, ms. */
const TOLERANCE = 2_000;

const shown = (time: number) => (Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time));

/** What a source promises of time. */
export const TIME_LAWS: Laws<SourceTrial> = {
  'has times in ms since the epoch, and notes the moment of arrival by the clock of the host': async (trial) => {
    const reading = await trial.whole();
    for (const { key, sequence, time, received } of reading.observations) {
      const said = `observation ${sequence} of ${key}`;
      if (!(time >= EARLIEST && time <= LATEST)) return `the time of ${said} is ${time}, ${shown(time)}`;
      if (!(received >= reading.began - TOLERANCE && received <= reading.ended + TOLERANCE))
        return `${said} was received at ${received}, ${shown(received)}, and read at ${shown(reading.began)}`;
    }
    return undefined;
  },

  'delivers no observation before a watermark that it has told, and takes none back': async (trial) =>
    lateIn(await trial.whole()),

  'tells what is missing once, from a beginning to an end, before what follows it': async (trial) =>
    missingIn(await trial.whole()),
};

/** What of a reading is behind what was said of time. */
export function lateIn({ batches }: Reading): string | undefined {
  let told = Number.NEGATIVE_INFINITY;
  for (const [i, { batch, count, watermark }] of batches.entries()) {
    for (const { key, sequence, time } of batch.observations.slice(0, count))
      if (time < told)
        return `observation ${sequence} of ${key} is of ${shown(time)}, and comes after the watermark ${shown(told)}`;
    if (watermark === undefined) continue;
    if (!Number.isFinite(watermark)) return `the watermark of batch ${i} is ${watermark}`;
    if (watermark < told) return `the watermark of batch ${i} is ${shown(watermark)}, after ${shown(told)}`;
    told = watermark;
  }
  return undefined;
}

function missingIn({ batches, observations }: Reading): string | undefined {
  const keys = new Set(['*', ...observations.map(({ key }) => key)]);
  const seen = new Set<string>();
  // How far observations come out of order.
  let newest = Number.NEGATIVE_INFINITY;
  let disorder = 0;
  for (const { time } of observations) {
    disorder = Math.max(disorder, newest - time);
    newest = Math.max(newest, time);
  }
  for (const { batch, missing, count } of batches) {
    for (const one of missing) {
      const { key, from, to } = one;
      if (!(from <= to)) return `what is missing from ${shown(from)} ends before, at ${shown(to)}`;
      if (!(from >= EARLIEST && to <= LATEST)) return `what is missing is told from ${from} to ${to}: ms since the epoch?`;
      if (!keys.has(key)) return `what is missing has the key "${key}", which nobody has`;
      const id = JSON.stringify(one);
      if (seen.has(id)) return `what is missing from ${shown(from)} to ${shown(to)} is told twice`;
      seen.add(id);
      const first = batch.observations.slice(0, count).find((o) => (key === '*' || o.key === key) && o.time < from - disorder);
      if (first)
        return `what is missing from ${shown(from)} on comes in a batch with an observation of ${shown(first.time)}, which was before it`;
    }
  }
  return undefined;
}
