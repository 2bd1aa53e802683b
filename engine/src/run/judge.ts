import { type Episode, type Explanation, type ModelVerdict, newExplanation, type Verdict } from '../api/index.js';
import type { Entity, Judge } from './entity.js';
import { closeEpisode, continues, extend } from './episodes.js';
import type { CoreSettings } from './settings.js';

const LEARNING = 'learning';
const SILENT = { score: Number.NaN, threshold: Number.NaN, pValue: Number.NaN };

/** A verdict while it is being made. */
type Remembered = { -readonly [Name in keyof Verdict]: Verdict[Name] };

/** Turns rows into verdicts: score, alarms, explain (anomalies only), learn, in this order for every model. */
export class RowJudge {
  /** Values that were infinite and count as missing, by column. */
  private readonly notFinite: Map<string, number>;
  private readonly settings: CoreSettings;
  private readonly names: readonly string[];
  private readonly explanations: readonly Explanation[];
  private readonly announce: (episode: Episode) => void;

  constructor(settings: CoreSettings, notFinite: Map<string, number>, announce: (episode: Episode) => void) {
    this.notFinite = notFinite;
    this.settings = settings;
    this.names = settings.schema.row.columns.map((column) => column.name);
    this.explanations = settings.models.map(({ columns }) => newExplanation(columns.length));
    this.announce = announce;
  }

  judge(entity: Entity, row: Float64Array, time: number): Verdict {
    const { state } = entity;
    state.rowN = state.rowTime === time ? state.rowN + 1 : 0;
    state.rowTime = time;
    const values = this.name(row);
    const models: Record<string, ModelVerdict> = {};
    let leading = '';
    let margin = Number.NaN;
    let anomalies = 0;
    let scored = 0;
    let unscored: string | undefined;
    let reason: string | undefined;
    entity.judges.forEach((judge, i) => {
      const lacking = gather(judge, row);
      const verdict = lacking === undefined ? this.score(judge, this.explanations[i]!, time) : unjudged(judge);
      models[judge.settings.name] = verdict;
      if (Number.isNaN(verdict.score)) unscored ??= lacking === undefined ? LEARNING : `missing: ${lacking}`;
      else scored++;
      if (verdict.anomalous) anomalies++;
      const above = verdict.score - verdict.threshold;
      // The first model speaks for the row until another is further above its threshold.
      if (leading === '' || above > margin || (Number.isNaN(margin) && !Number.isNaN(verdict.score))) {
        leading = judge.settings.name;
        margin = above;
        if (verdict.anomalous)
          reason = this.explanations[i]!.reasons.join('; ') || `score ${verdict.score} is above ${verdict.threshold}`;
      }
    });
    const anomalous = this.settings.alarms.combine === 'any' ? anomalies > 0 : anomalies > 0 && anomalies === scored;
    // Without models (while rows are collected to train on) nobody speaks.
    const spoken = models[leading] ?? SILENT;
    const { pipeline, row: kind } = this.settings.schema;
    const verdict: Remembered = {
      id: `${pipeline}/${entity.key}/${kind.kind}/${time}/${state.rowN}`,
      pipeline,
      key: entity.key,
      kind: kind.kind,
      time,
      n: state.rowN,
      values,
      models,
      leading,
      score: spoken.score,
      threshold: spoken.threshold,
      pValue: spoken.pValue,
      calibrated: true,
      anomalous,
      raised: false,
    };
    const why = anomalous ? reason : unscored;
    if (why !== undefined) verdict.reason = why;
    this.remember(entity, verdict);
    return verdict;
  }

  /** Opens, goes on with or closes the episode of the key. */
  private remember({ state }: Entity, verdict: Remembered): void {
    if (state.episode !== null && !continues(state.episode, verdict.time, this.settings.alarms.cooldownMs)) {
      state.episode = closeEpisode(state.episode, this.announce);
    }
    if (!verdict.anomalous) return;
    verdict.raised = state.episode === null;
    verdict.episode = state.episode?.id ?? verdict.id;
    state.episode = extend(state.episode, verdict, this.announce);
  }

  private score({ model, calibration, row, settings, learns }: Judge, explanation: Explanation, time: number): ModelVerdict {
    const { version } = model;
    const score = model.score(row, time);
    const threshold = calibration.threshold();
    const learning = Number.isNaN(score);
    const pValue = learning ? Number.NaN : calibration.pValue(score);
    const anomalous = score > threshold;
    let contributions: Record<string, number> | undefined;
    if (anomalous) {
      explanation.reasons = [];
      if (model.explain) {
        model.explain(row, explanation);
        contributions = {};
        for (let i = 0; i < settings.columns.length; i++)
          contributions[settings.columns[i]!.name] = explanation.contributions[i]!;
      }
    }
    if (!learning) calibration.add(score);
    if (learns) model.learn(row, time, Number.isNaN(pValue) ? 1 : pValue);
    const verdict = { score, threshold, pValue, version, anomalous };
    return contributions ? { ...verdict, contributions } : verdict;
  }

  /** Names put back; what is infinite counts as missing, in the row as well. */
  private name(row: Float64Array): Record<string, number> {
    const values: Record<string, number> = {};
    for (let i = 0; i < row.length; i++) {
      let value = row[i]!;
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
        const name = this.names[i]!;
        this.notFinite.set(name, (this.notFinite.get(name) ?? 0) + 1);
        value = Number.NaN;
        row[i] = value;
      }
      values[this.names[i]!] = value;
    }
    return values;
  }
}

/** Fills the judge's own row. @returns the columns that keep it from being scored, if any */
function gather({ settings, row: own }: Judge, row: Float64Array): string | undefined {
  let lacking: string | undefined;
  for (let i = 0; i < own.length; i++) {
    const value = row[settings.indexes[i]!]!;
    own[i] = value;
    if (Number.isNaN(value) && !settings.plugin.acceptsMissing) {
      const { name } = settings.columns[i]!;
      lacking = lacking === undefined ? name : `${lacking}, ${name}`;
    }
  }
  return lacking;
}

function unjudged({ model, calibration }: Judge): ModelVerdict {
  return { score: Number.NaN, threshold: calibration.threshold(), pValue: Number.NaN, version: model.version, anomalous: false };
}
