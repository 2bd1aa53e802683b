// What the models say of a row together.

import { SAID } from '../api/index.js';
import type { Ruling } from './alarms/budget.js';
import type { Entity, Judge } from './entity.js';
import { LEARNING, type ModelDraft } from './score.js';

/** What the models say of a row together. */
export interface Decision {
  score: number;
  threshold: number;
  p: number;
  calibrated: boolean;
  anomalous: boolean;
  /** By models that learn, and by those that decide by themselves. */
  learned: boolean;
  decided: boolean;
  /** Odd enough for an open episode to go on. */
  lingering: boolean;
  /** The share of rows that may be anomalous; NaN where no budget says so. */
  allowed: number;
  leading: string;
  /** Why no model scored the row, or why its score cannot be judged yet. */
  unjudged: string | undefined;
}

function whyUnscored(judges: readonly Judge[], models: Readonly<Record<string, ModelDraft>>): string | undefined {
  const silent = judges.find(({ settings }) => Number.isNaN(models[settings.name]!.score));
  return silent && (silent.lacking ?? silent.flaw ?? LEARNING);
}

/**
 * Every model has a threshold of its own.
 * @param said how bad what the entity says of itself is, as rules count; 0: nothing is wrong
 */
export function byThresholds(
  { judges }: Entity,
  models: Readonly<Record<string, ModelDraft>>,
  combine: 'any' | 'all' | 'sum' | 'max',
  said = 0,
): Decision {
  let leading = '';
  let margin = Number.NaN;
  let anomalies = 0;
  let scored = 0;
  let decided = said > 0;
  for (const { settings } of judges) {
    const { score, threshold, anomalous } = models[settings.name]!;
    if (settings.plugin.decides) decided ||= anomalous;
    else {
      if (!Number.isNaN(score)) scored++;
      if (anomalous) anomalies++;
    }
    const above = score - threshold;
    // The first model speaks for the row until another is further above its threshold.
    if (leading === '' || above > margin || (Number.isNaN(margin) && !Number.isNaN(score))) {
      leading = settings.name;
      margin = above;
    }
  }
  const learned = combine === 'all' ? anomalies > 0 && anomalies === scored : anomalies > 0;
  const anomalous = decided || learned;
  const alone = said > 0 && !(margin >= said);
  if (alone) leading = SAID;
  // Without models (while rows are collected to train on) nobody speaks.
  const spoken = models[leading];
  return {
    score: alone ? said : (spoken?.score ?? Number.NaN),
    threshold: alone ? 0 : (spoken?.threshold ?? Number.NaN),
    p: spoken?.pValue ?? Number.NaN,
    calibrated: true,
    anomalous,
    learned,
    decided,
    lingering: anomalous,
    allowed: Number.NaN,
    leading,
    unjudged: whyUnscored(judges, models),
  };
}

/**
 * The models share a budget; those that decide by themselves are heard beside it.
 * @param kept the row is not to be taken for ordinary
 * @param said as above
 */
export function byBudget(
  { judges, budget, scores }: Entity,
  models: Readonly<Record<string, ModelDraft>>,
  time: number,
  kept = false,
  said = 0,
): Decision {
  let measured = 0;
  let decided = said;
  let decider = said > 0 ? SAID : '';
  for (const { settings } of judges) {
    const { score } = models[settings.name]!;
    if (!settings.plugin.decides) scores[measured++] = score;
    else if (score >= decided && score > 0) {
      decided = score;
      decider = settings.name;
    }
  }
  const ruling = budget!.judge(scores, time, kept);
  const leading = fillIn(judges, models, ruling, budget!);
  const surprise = -Math.log10(ruling.p);
  const threshold = -Math.log10(ruling.allowed);
  const silent = whyUnscored(judges, models);
  const decision: Decision = {
    score: surprise,
    threshold,
    p: ruling.p,
    calibrated: ruling.calibrated,
    anomalous: ruling.anomalous || decided > 0,
    learned: ruling.anomalous,
    decided: decided > 0,
    lingering: ruling.calibrated && ruling.p < ruling.allowed * budget!.release,
    allowed: ruling.allowed,
    leading: ruling.anomalous || decided === 0 ? leading : decider,
    unjudged: silent ?? (ruling.calibrated ? undefined : `uncalibrated (${Math.floor(budget!.progress * 100)} %)`),
  };
  if (decided > 0) {
    // A rule outranks what is just at the threshold, by its severity.
    decision.threshold = ruling.calibrated ? threshold : 0;
    decision.score = ruling.calibrated ? Math.max(surprise, threshold) + decided : decided;
    decision.lingering = true;
  }
  return decision;
}

/** Gives each model its p-value and the score that would be beyond the budget alone. @returns the most surprised */
function fillIn(
  judges: readonly Judge[],
  models: Readonly<Record<string, ModelDraft>>,
  ruling: Ruling,
  budget: NonNullable<Entity['budget']>,
): string {
  let leading = '';
  let least = Number.POSITIVE_INFINITY;
  let i = 0;
  for (const { settings } of judges) {
    if (settings.plugin.decides) continue;
    const said = models[settings.name]!;
    said.pValue = budget.said(i);
    said.threshold = budget.scoreAt(i);
    said.anomalous = ruling.calibrated && said.pValue < ruling.allowed;
    if (leading === '' || said.pValue < least) {
      leading = settings.name;
      least = Number.isNaN(said.pValue) ? least : said.pValue;
    }
    i++;
  }
  return leading;
}
