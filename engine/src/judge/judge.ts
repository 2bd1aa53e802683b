import {
  type Episode,
  type Explanation,
  type ModelVerdict,
  newExplanation,
  type Severity,
  type Topic,
  type Verdict,
} from '../api/index.js';
import type { Ruling } from './alarms/budget.js';
import { compileNames } from './compiled.js';
import type { Entity, Judge } from './entity.js';
import { closeEpisode, continues, extend, leadingOf, linger, newsIn, type Shares } from './episodes.js';
import type { CoreSettings } from './settings.js';
import { describe, learnUsual, oftenOnce } from './usual.js';

const LEARNING = 'learning';
/** Missing columns that a reason names. */
const NAMED = 3;
const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** A verdict while it is being made. */
type Draft = { -readonly [Name in keyof Verdict]: Verdict[Name] };
type ModelDraft = { -readonly [Name in keyof ModelVerdict]: ModelVerdict[Name] };

/** What the models say of a row together. */
interface Decision {
  score: number;
  threshold: number;
  p: number;
  calibrated: boolean;
  anomalous: boolean;
  /** Odd enough for an open episode to go on. */
  lingering: boolean;
  /** The share of rows that may be anomalous; NaN where no budget says so. */
  allowed: number;
  leading: string;
  /** Why no model scored the row, or why its score cannot be judged yet. */
  unjudged: string | undefined;
}

/** Turns rows into verdicts: score, alarms, explain (anomalies only), learn. */
export class RowJudge {
  /** Values that were infinite and count as missing, by column. */
  private readonly notFinite: Map<string, number>;
  private readonly settings: CoreSettings;
  private readonly names: readonly string[];
  private readonly named: ReturnType<typeof compileNames>;
  private readonly explanations: readonly Explanation[];
  private readonly announce: (episode: Episode) => void;

  constructor(settings: CoreSettings, notFinite: Map<string, number>, announce: (episode: Episode) => void) {
    this.notFinite = notFinite;
    this.settings = settings;
    this.names = settings.schema.row.columns.map((column) => column.name);
    this.named = compileNames(this.names);
    this.explanations = settings.models.map(({ columns }) => newExplanation(columns.length));
    this.announce = announce;
  }

  judge(entity: Entity, row: Float64Array, time: number): Verdict {
    const { state, judges } = entity;
    state.rowN = state.rowTime === time ? state.rowN + 1 : 0;
    state.rowTime = time;
    const values = this.name(row);
    const models: Record<string, ModelDraft> = {};
    for (const judge of judges) models[judge.settings.name] = score(judge, row, time);
    const decision = this.decide(entity, models, time);
    const { pipeline, row: kind } = this.settings.schema;
    const verdict: Draft = {
      id: `${pipeline}/${entity.key}/${kind.kind}/${time}/${state.rowN}`,
      pipeline,
      key: entity.key,
      kind: kind.kind,
      time,
      n: state.rowN,
      values,
      models,
      leading: decision.leading,
      score: decision.score,
      threshold: decision.threshold,
      pValue: decision.p,
      calibrated: decision.calibrated,
      anomalous: decision.anomalous,
      raised: false,
    };
    if (decision.unjudged !== undefined) verdict.reason = decision.unjudged;
    const topics: Topic[] = [];
    const shares = decision.anomalous ? this.explain(entity, row, verdict, models, topics) : {};
    this.remember(entity, verdict, shares, decision.lingering, topics);
    for (const judge of judges) learn(judge, models[judge.settings.name]!, time, decision);
    if (state.usual && !decision.lingering && !decision.anomalous) learnUsual(state.usual, row);
    return verdict;
  }

  private decide(entity: Entity, models: Readonly<Record<string, ModelDraft>>, time: number): Decision {
    const decision = entity.budget ? byBudget(entity, models, time) : byThresholds(entity, models, this.settings.alarms.combine);
    if (decision.leading === '') decision.leading = entity.judges[0]?.settings.name ?? '';
    return decision;
  }

  /** Fills in contributions, the reason, the severity and the topics of an anomaly. @returns how much each column explains of it */
  private explain(
    entity: Entity,
    row: Float64Array,
    verdict: Draft,
    models: Readonly<Record<string, ModelDraft>>,
    topics: Topic[],
  ): Shares {
    const shares: Record<string, number> = {};
    const messages: string[] = [];
    let reasons: readonly string[] = [];
    let severity: Severity | undefined;
    entity.judges.forEach((judge, i) => {
      const { name, columns, plugin } = judge.settings;
      const said = models[name]!;
      // With a budget all models speak of an anomaly; without one, those that raised it.
      if (
        Number.isNaN(said.score) ||
        (plugin.decides || !entity.budget ? !said.anomalous : verdict.leading !== name && !(said.pValue < 0.01))
      )
        return;
      const out = this.explanations[i]!;
      out.reasons = [];
      out.severity = undefined;
      out.topics = undefined;
      if (judge.model.explain) {
        judge.model.explain(judge.seen, out, verdict.time);
        said.contributions = Object.fromEntries(columns.map((column, j) => [column.name, out.contributions[j]!]));
        const weight = Number.isNaN(said.pValue) ? 1 : -Math.log(said.pValue);
        addShares(shares, out, columns, weight);
      }
      const own = plugin.decides ? (out.severity ?? 'warning') : 'warning';
      if (severity === undefined || RANK[own] > RANK[severity]) severity = own;
      if (plugin.decides) {
        messages.push(...out.reasons.slice(0, 1));
        for (const topic of topicsOf(out)) topics.push({ ...topic, name: `${name}/${topic.name}` });
      }
      if (!plugin.decides && name === verdict.leading) reasons = out.reasons;
    });
    verdict.severity = severity ?? 'warning';
    const learned =
      entity.budget && verdict.pValue < entity.budget.share ? this.sentence(entity, row, verdict, shares) : undefined;
    const spoken = learned ?? reasons.join('; ');
    verdict.reason =
      [...messages, ...(spoken === '' ? [] : [spoken])].join('; ') || `score ${verdict.score} is above ${verdict.threshold}`;
    return shares;
  }

  /** `volume 41 base, 14× its usual, …; expected about once in 4 days`. */
  private sentence(entity: Entity, row: Float64Array, verdict: Draft, shares: Shares): string {
    const { columns } = this.settings.schema.row;
    const parts = leadingOf(shares).map((name) => {
      const i = this.names.indexOf(name);
      return describe(entity.state.usual!, i, columns[i]!, row[i]!);
    });
    const often = oftenOnce(verdict.pValue, entity.budget!.rowsPerDay);
    return [parts.join(', '), often].filter((part) => part !== '').join('; ');
  }

  /** Opens, goes on with or closes the episode of the key. */
  private remember({ state }: Entity, verdict: Draft, shares: Shares, lingering: boolean, topics: readonly Topic[]): void {
    const { alarms } = this.settings;
    if (state.episode !== null && !continues(state.episode, verdict.time, alarms.cooldownMs)) {
      state.episode = closeEpisode(state.episode, this.announce);
    }
    if (!verdict.anomalous) {
      if (lingering && state.episode !== null) state.episode = linger(state.episode, verdict.time);
      return;
    }
    const before = state.episode?.announced ?? false;
    const news = newsIn(state.episode, topics);
    state.episode = extend(state.episode, verdict, shares, alarms, this.announce, news);
    if (!state.episode.announced) return;
    verdict.raised = !before;
    verdict.episode = state.episode.episode.id;
    if (news.length > 0) verdict.news = news;
  }

  /** Names put back; what is infinite counts as missing, in the row as well. */
  private name(row: Float64Array): Record<string, number> {
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY) continue;
      const name = this.names[i]!;
      this.notFinite.set(name, (this.notFinite.get(name) ?? 0) + 1);
      row[i] = Number.NaN;
    }
    return this.named(row);
  }
}

/** Lets a model see the row, and fills in what its own rule says of the score. */
function score(judge: Judge, row: Float64Array, time: number): ModelDraft {
  const { model, calibration, settings } = judge;
  const version = judge.life ? `g${judge.life.state.generation}/${model.version}` : model.version;
  const said: ModelDraft = { score: Number.NaN, threshold: Number.NaN, pValue: Number.NaN, version, anomalous: false };
  judge.lacking = gather(judge, row);
  if (judge.lacking === undefined) said.score = model.score(judge.seen, time);
  if (settings.plugin.decides) said.threshold = 0;
  else if (calibration) {
    said.threshold = calibration.threshold();
    if (!Number.isNaN(said.score)) said.pValue = calibration.pValue(said.score);
  }
  said.anomalous = said.score > said.threshold;
  return said;
}

function learn(judge: Judge, said: ModelVerdict, time: number, { calibrated, lingering, allowed }: Decision): void {
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
  const { settings, row: own, seen, transform } = judge;
  const complete = !settings.plugin.acceptsMissing;
  let lacking: string | undefined;
  let count = 0;
  for (let i = 0; i < own.length; i++) {
    const value = row[settings.indexes[i]!]!;
    own[i] = value;
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

function whyUnscored(judges: readonly Judge[], models: Readonly<Record<string, ModelDraft>>): string | undefined {
  const silent = judges.find(({ settings }) => Number.isNaN(models[settings.name]!.score));
  return silent && (silent.lacking ?? LEARNING);
}

/** Every model has a threshold of its own. */
function byThresholds(
  { judges }: Entity,
  models: Readonly<Record<string, ModelDraft>>,
  combine: 'any' | 'all' | 'sum' | 'max',
): Decision {
  let leading = '';
  let margin = Number.NaN;
  let anomalies = 0;
  let scored = 0;
  let decided = false;
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
  const anomalous = decided || (combine === 'all' ? anomalies > 0 && anomalies === scored : anomalies > 0);
  // Without models (while rows are collected to train on) nobody speaks.
  const spoken = models[leading];
  return {
    score: spoken?.score ?? Number.NaN,
    threshold: spoken?.threshold ?? Number.NaN,
    p: spoken?.pValue ?? Number.NaN,
    calibrated: true,
    anomalous,
    lingering: anomalous,
    allowed: Number.NaN,
    leading,
    unjudged: whyUnscored(judges, models),
  };
}

/** The models share a budget; those that decide by themselves are heard beside it. */
function byBudget({ judges, budget, scores }: Entity, models: Readonly<Record<string, ModelDraft>>, time: number): Decision {
  let measured = 0;
  let decided = 0;
  let decider = '';
  for (const { settings } of judges) {
    const { score } = models[settings.name]!;
    if (!settings.plugin.decides) scores[measured++] = score;
    else if (score > decided) {
      decided = score;
      decider = settings.name;
    }
  }
  const ruling = budget!.judge(scores, time);
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
    said.pValue = budget.p[i]!;
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

/** What the model has filled in meanwhile. */
const topicsOf = ({ topics }: Explanation): readonly Topic[] => topics ?? [];

/** A column's share of what lifts the row above the ordinary, whichever way the model counts. */
function addShares(
  shares: Record<string, number>,
  out: Explanation,
  columns: Judge['settings']['columns'],
  weight: number,
): void {
  const sign = out.total < out.baseline ? -1 : 1;
  let sum = 0;
  for (const value of out.contributions) sum += Math.max(0, sign * value);
  if (!(sum > 0)) return;
  columns.forEach(({ name }, j) => {
    const share = (Math.max(0, sign * out.contributions[j]!) / sum) * weight;
    if (share > 0) shares[name] = (shares[name] ?? 0) + share;
  });
}
