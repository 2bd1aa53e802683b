// One model and one row: the row is brought to the model's scale, scored, and learned from.

import type { ModelVerdict } from '../api/index.js';
import type { Judge } from './entity.js';

/** Why a row has no score while a model is not ready. */
export const LEARNING = 'learning';
/** Missing columns that a reason names. */
const NAMED = 3;

/** What a model said of a row, while the verdict is being made. */
export type ModelDraft = { -readonly [Name in keyof ModelVerdict]: ModelVerdict[Name] };

/** Lets a model see the row, and fills in what its own rule says of the score. */
export function score(judge: Judge, row: Float64Array, time: number, spoken: Record<string, string>): ModelDraft {
  const { model, calibration, settings } = judge;
  const version = judge.life ? `g${judge.life.state.generation}/${model.version}` : model.version;
  const said: ModelDraft = { score: Number.NaN, threshold: Number.NaN, pValue: Number.NaN, version, anomalous: false };
  judge.lacking = gather(judge, row);
  judge.flaw = undefined;
  if (judge.lacking === undefined) said.score = scoreOf(judge, time, version, spoken);
  if (settings.plugin.decides) said.threshold = 0;
  else if (calibration) {
    said.threshold = calibration.threshold();
    if (!Number.isNaN(said.score)) said.pValue = calibration.pValue(said.score);
  }
  said.anomalous = said.score > said.threshold;
  return said;
}

/** The score of a row that can have one; a score that is none is named as such. */
function scoreOf(judge: Judge, time: number, version: string, spoken: Record<string, string>): number {
  const { name } = judge.settings;
  const value = judge.model.score(judge.seen, time);
  if (Number.isFinite(value)) {
    if (spoken[name] !== version) spoken[name] = version;
    return value;
  }
  if (!Number.isNaN(value)) judge.flaw = `${name} gave an infinite score`;
  // A model that is no longer learning has no right to silence, but of what it was not given.
  else if (spoken[name] === version && !judge.seen.some(Number.isNaN)) judge.flaw = `${name} gave no score for a complete row`;
  return Number.NaN;
}

/** What was decided of the row, as far as learning depends on it. */
export interface Ruled {
  readonly calibrated: boolean;
  readonly lingering: boolean;
  readonly allowed: number;
}

/** Lets what may learn from the row learn from it. */
export function learn(judge: Judge, said: ModelVerdict, time: number, { calibrated, lingering, allowed }: Ruled): void {
  const { model, calibration, transform, row, seen, life } = judge;
  if (calibration && !Number.isNaN(said.score)) calibration.add(said.score);
  if (judge.learns && judge.lacking === undefined) {
    model.learn(seen, time, Number.isNaN(said.pValue) ? 1 : said.pValue);
    life?.pass(seen, time, calibrated ? said.pValue : Number.NaN, lingering, allowed);
  }
  transform?.learn(row, time);
}

/** Fills the judge's own row and brings it to scale. @returns the columns that keep it from being scored, if any */
function gather(judge: Judge, row: Float64Array): string | undefined {
  const { settings, row: own, seen, transform, levelled, sensed } = judge;
  const complete = !settings.plugin.acceptsMissing;
  let lacking: string | undefined;
  let count = 0;
  for (let i = 0; i < own.length; i++) {
    const value = row[settings.indexes[i]!]!;
    const level = levelled ? levelled.value(i, value) : value;
    own[i] = sensed ? sensed.value(i, level) : level;
    if (Number.isNaN(value) && complete) {
      const { name } = settings.columns[i]!;
      if (++count <= NAMED) lacking = lacking === undefined ? name : `${lacking}, ${name}`;
    }
  }
  if (count > NAMED) lacking = `${lacking} and ${count - NAMED} more`;
  if (!transform) return lacking === undefined ? undefined : `missing: ${lacking}`;
  transform.apply(own, seen);
  if (lacking !== undefined) return `missing: ${lacking}`;
  // A column whose scale is not known yet.
  if (complete) for (let i = 0; i < seen.length; i++) if (Number.isNaN(seen[i]!)) return LEARNING;
  return undefined;
}
