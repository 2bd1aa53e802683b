// What every model promises, by sentence.

import { newExplanation } from '../../api/index.js';
import { detach, encode } from '../../state/codec.js';
import { Shapes } from '../../state/shapes.js';
import { EXPLANATION_LAWS } from './explanations.js';
import { HOSTILE_LAWS } from './hostile.js';
import { JUDGEMENT_LAWS } from './judgement.js';
import { STATE_LAWS } from './states.js';
import { type Check, difference, shown } from './trial.js';

/** What every model promises, by the sentence that is the name of its test. */
export const MODEL_LAWS: Readonly<Record<string, Check>> = {
  'scores are finite, or NaN while learning, and it has learned after the rows given': (trial) => {
    const { scores } = trial.run(trial.rows(1));
    const wild = scores.findIndex((score) => Math.abs(score) === Number.POSITIVE_INFINITY);
    if (wild >= 0) return `the score of row ${wild} is ${scores[wild]}`;
    const first = scores.findIndex(Number.isFinite);
    if (first < 0) return `no score after ${scores.length} rows`;
    const lost = scores.findIndex((score, i) => i > first && Number.isNaN(score));
    return lost < 0 ? undefined : `row ${first} had a score, row ${lost} has none: once learned, it stays learned`;
  },

  'score and explain change nothing': (trial) => {
    const model = trial.learned(2);
    const probe = trial.rows(3, 50);
    const out = newExplanation(trial.width);
    const first = probe.map((row) => model.score(row.slice(), 0));
    for (const row of probe) model.explain?.(row.slice(), out);
    for (const [i, row] of probe.entries()) {
      const lent = row.slice();
      const score = model.score(lent, 0);
      if (!Object.is(score, first[i])) return `row ${i} scored ${first[i]}, and ${score} after others were scored and explained`;
      model.explain?.(lent, out);
      const changed = lent.findIndex((value, j) => value !== row[j]);
      if (changed >= 0) return `column ${changed} of the row was ${row[changed]} and is ${lent[changed]}`;
    }
    return undefined;
  },

  'does not keep the row that it was lent, and the same seed gives the same scores': (trial) =>
    difference(trial.run(trial.rows(4)), trial.run(trial.rows(4), { poison: false })),

  'an outlier, shifted by twenty deviations, scores above the median inlier': (trial) => {
    const model = trial.learned(5);
    const inliers = trial.rows(6, 501).map((row) => model.score(row, 0));
    const median = inliers.sort((a, b) => a - b)[250]!;
    for (const direction of [20, -20]) {
      const outlier = trial.row((j) => j * 10 + direction * (j + 1));
      const score = model.score(outlier, 0);
      if (!(score > median)) return `${shown(outlier)} scores ${score}, the median inlier ${median}`;
    }
    return undefined;
  },

  'training scores, where it has them, ascend': (trial) => {
    const scores = trial.learned(7).trainingScores?.();
    const at = scores?.findIndex((score, i) => i > 0 && !(score >= scores[i - 1]!)) ?? -1;
    return at < 0 ? undefined : `training score ${at} is ${scores![at]}, the one before it ${scores![at - 1]}`;
  },

  'resumes bit for bit wherever the stream is cut, saved and loaded': (trial) => {
    const rows = trial.rows(10);
    const whole = trial.run(rows);
    for (const cut of [0, 1, Math.floor(trial.count / 3), Math.floor(trial.count / 2), trial.count - 2]) {
      const found = difference(whole, trial.run(rows, { cuts: new Set([cut]) }));
      if (found) return `cut after row ${cut}: ${found}`;
    }
    return undefined;
  },

  'the state stops growing': (trial) => {
    const before = cells(trial.run(trial.rows(11)).state);
    const after = cells(trial.run(trial.rows(11, 3 * trial.count)).state);
    // Half a number for each further row is a leak.
    if (after - before < trial.count) return undefined;
    return `${before} numbers and letters after ${trial.count} rows, ${after} after ${3 * trial.count}`;
  },

  'a key that was seen once costs what one row takes, not what a full window would': (trial) => {
    const { state } = trial.run(trial.rows(20, 1));
    const most = ONCE + ONCE_COLUMN * trial.width;
    const saved = savedBytes(state);
    if (saved > most) return `its state takes ${saved} bytes to save, at most ${most} are fine`;
    const held = arrayBytes(state);
    return held > 2 * most ? `its arrays take ${held} bytes of memory, at most ${2 * most} are fine` : undefined;
  },

  'the saved state takes no more than the plugin says, where it says so': (trial) => {
    const most = trial.mostBytes;
    if (most === undefined) return undefined;
    for (const seed of [21, 22]) {
      const saved = savedBytes(trial.run(trial.rows(seed, 2 * trial.count)).state);
      if (saved > most) return `${saved} bytes after ${2 * trial.count} rows, where stateBytes says ${most}`;
    }
    return undefined;
  },

  ...JUDGEMENT_LAWS,
  ...STATE_LAWS,
  ...EXPLANATION_LAWS,
  ...HOSTILE_LAWS,
};

/** Bytes that the state of a key may take after its first row: these, and so many more for each column. */
const ONCE = 320;
const ONCE_COLUMN = 64;

/** Bytes of a saved state among others of its kind, parts that are replaced as a whole left out. */
function savedBytes(state: unknown): number {
  const stored = new Map<string, Uint8Array>();
  const blobs = {
    has: (hash: string) => stored.has(hash),
    put: (hash: string, bytes: Uint8Array) => void stored.set(hash, bytes),
    get: (hash: string) => stored.get(hash)!,
  };
  const shapes = new Shapes();
  const detached = detach(state, blobs);
  encode(detached, shapes);
  return encode(detached, shapes).length;
}

/** Bytes of all typed arrays in a state. */
function arrayBytes(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 0;
  if (ArrayBuffer.isView(part)) return part.buffer.byteLength;
  return Object.values(part).reduce((sum: number, one) => sum + arrayBytes(one), 0);
}

/** Numbers and letters that a state holds, but for what is replaced as a whole: a forest that is grown anew is never as large as the last. */
function cells(part: unknown): number {
  if (typeof part === 'string') return part.length;
  if (typeof part !== 'object' || part === null) return 1;
  if (ArrayBuffer.isView(part)) return part.byteLength / ((part as Float64Array).BYTES_PER_ELEMENT ?? 1);
  if ((part as { immutable?: unknown }).immutable === true) return 1;
  if (part instanceof Map) return cells([...part].flat());
  return (part instanceof Set ? [...part] : Object.values(part)).reduce((sum, one) => sum + cells(one), 0);
}
