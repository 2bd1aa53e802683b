// When the score of one model is an anomaly by itself.

import { type Model, NO_NUMBERS, withRoom } from '../../api/index.js';
import type { EpisodeSettings } from '../episodes.js';
import type { BudgetSettings, Combination } from './budget.js';
import { countAtLeast, quantile } from './quantile.js';

/** When the score of a model is an anomaly by itself. */
export type ThresholdRule = { readonly contamination: number } | { readonly threshold: number };

export interface AlarmSettings extends EpisodeSettings {
  /** A rule for every model, or a budget for all of them. */
  readonly rule: ThresholdRule | BudgetSettings;
  /** With several models: whether one suffices, all must agree, or their p-values are summed up. */
  readonly combine: 'any' | 'all' | Combination;
  /** A key of which nothing was heard for so long is an anomaly, ms. */
  readonly silenceMs?: number;
}

/** Past scores of a model that has no training scores of its own. */
export interface ScoreWindow {
  scores: Float64Array;
  count: number;
  threshold: number;
}

/** Scores remembered for a model without training scores. */
const WINDOW = 10_000;
/** Scores before such a model may raise anything, and between two looks at its quantile. */
const FIRST = 1_000;
const EVERY = 100;

export const initialWindow = (): ScoreWindow => ({ scores: NO_NUMBERS, count: 0, threshold: Number.NaN });

/**
 * The threshold and the p-value of one model of one key. With `contamination`, the threshold is scikit-learn's: the
 * (1 − contamination) quantile of the scores of the rows that the model was fitted on. A model that keeps no training
 * scores is measured against its own last 10,000 scores instead, before the row at hand is added to them.
 */
export class Calibration {
  private readonly rule: ThresholdRule;
  private readonly model: Model;
  private readonly window: ScoreWindow;
  private version: string | undefined;
  private training: Float64Array | undefined;
  private trained = Number.NaN;

  constructor(rule: ThresholdRule, model: Model, window: ScoreWindow) {
    this.rule = rule;
    this.model = model;
    this.window = window;
  }

  /** The threshold for the next row. */
  threshold(): number {
    if (this.model.version !== this.version) this.refresh();
    if ('threshold' in this.rule) return this.rule.threshold;
    return this.training ? this.trained : this.window.threshold;
  }

  /** (1 + #{training scores ≥ score}) / (n + 1): the conformal p-value; NaN without training scores. */
  pValue(score: number): number {
    const { training } = this;
    return training && training.length > 0 ? (1 + countAtLeast(training, score)) / (training.length + 1) : Number.NaN;
  }

  /** Takes in a score after it was judged. */
  add(score: number): void {
    if (this.training || 'threshold' in this.rule) return;
    const { window } = this;
    const at = window.count % WINDOW;
    window.scores = withRoom(window.scores, at + 1, WINDOW);
    window.scores[at] = score;
    window.count++;
    if (window.count < FIRST || window.count % EVERY !== 0) return;
    const ascending = window.scores.slice(0, Math.min(window.count, WINDOW)).sort();
    window.threshold = quantile(ascending, 1 - this.rule.contamination);
  }

  private refresh(): void {
    this.version = this.model.version;
    this.training = this.model.trainingScores?.();
    if (this.training && 'contamination' in this.rule) this.trained = quantile(this.training, 1 - this.rule.contamination);
  }
}
