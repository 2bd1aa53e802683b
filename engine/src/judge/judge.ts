// A row becomes a verdict.

import {
  type Episode,
  type Explanation,
  newExplanation,
  type Severity,
  sayDuration,
  sayNumber,
  type Topic,
  type Verdict,
  type Words,
} from '../api/index.js';
import { compileNames } from './compiled.js';
import { byBudget, byThresholds, type Decision } from './decide.js';
import type { Entity } from './entity.js';
import {
  carriersOf,
  closeEpisode,
  continues,
  endTopics,
  extend,
  leadingOf,
  linger,
  newsIn,
  note,
  type Shares,
} from './episodes.js';
import { addShares, describe, oftenOnce, sayBorrowed, sayOthers, topicsOf } from './explain.js';
import { type Heard, Likeness, overrule, sayHeard } from './lessons/likeness.js';
import { isFinding, topicsSaid, worstSaid } from './said/words.js';
import { learn, type ModelDraft, score } from './score.js';
import type { CoreSettings } from './settings.js';
import { learnUsual } from './usual.js';

/** Where an entity has said nothing. */
const NOTHING_SAID: readonly Words[] = [];

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** By so many mean distances a row moves the middle of a column at most, where not all of it is judged. */
const FURTHEST = 4;
/** What leads where nothing is heard. */
const SILENCE = 'silence';

const unheard = (version: string): ModelDraft => ({
  score: Number.NaN,
  threshold: Number.NaN,
  pValue: Number.NaN,
  version,
  anomalous: false,
});

/** A verdict while it is being made. */
type Draft = { -readonly [Name in keyof Verdict]: Verdict[Name] };
/** What was decided of a row. */
type Ruled = Pick<Decision, 'leading' | 'score' | 'threshold' | 'p' | 'calibrated' | 'anomalous'>;

/** Turns rows into verdicts: score, alarms, explain (anomalies only), learn. */
export class RowJudge {
  /** Values that were infinite and count as missing, by column. */
  private readonly notFinite: Map<string, number>;
  private readonly settings: CoreSettings;
  private readonly names: readonly string[];
  private readonly named: ReturnType<typeof compileNames>;
  private readonly explanations: readonly Explanation[];
  private readonly likeness: Likeness;
  private readonly announce: (episode: Episode) => void;

  constructor(settings: CoreSettings, notFinite: Map<string, number>, announce: (episode: Episode) => void) {
    this.notFinite = notFinite;
    this.settings = settings;
    this.names = settings.schema.row.columns.map((column) => column.name);
    this.named = compileNames(this.names);
    this.explanations = settings.models.map(({ columns }) => newExplanation(columns.length));
    this.likeness = new Likeness(settings);
    this.announce = announce;
  }

  /** @param words what the entity says of itself with this row */
  judge(entity: Entity, row: Float64Array, time: number, words: readonly Words[] = NOTHING_SAID): Verdict {
    const { state, judges } = entity;
    const values = this.name(row);
    const models: Record<string, ModelDraft> = {};
    // What was learned before an hour explained anything is of other columns. A key that is calibrated keeps it, and follows.
    if (entity.rhythm?.at(time)) {
      const young = entity.budget !== undefined && entity.budget.progress < 1;
      for (const judge of judges)
        if (young) judge.renew?.();
        else if (judge.levelled) judge.model.interrupt?.();
    }
    for (const judge of judges) models[judge.settings.name] = score(judge, row, time, state.spoken);
    const heard = state.lessons && this.likeness.heard(entity, row, time);
    const again = heard?.label === 'anomaly';
    const worn = entity.wear?.take(row, time, state.features.state) ?? NOTHING_SAID;
    const said = topicsSaid(worn.length > 0 ? [...words, ...worn] : words);
    const decision = this.decide(entity, models, time, again, worstSaid(said));
    const ruled = heard && overrule(decision, heard) ? heard : undefined;
    const verdict = this.draft(entity, time, values, models, decision);
    if (decision.calibrated && entity.budget?.borrowed) verdict.borrowed = true;
    if (decision.unjudged !== undefined) verdict.reason = decision.unjudged;
    if (ruled) verdict.taught = { episode: ruled.episode, label: ruled.label };
    const topics: Topic[] = [];
    const shares = decision.anomalous ? this.explain(entity, row, verdict, models, topics, ruled, said) : {};
    if (ruled && !decision.anomalous) verdict.reason = sayHeard(ruled);
    if (said.length > 0) topics.push(...said);
    this.remember(entity, verdict, shares, decision.lingering, topics);
    if (decision.learned && decision.anomalous) this.likeness.remember(entity, row, verdict);
    // What was called an anomaly is not learned, whatever the models say of it.
    if (again) return verdict;
    // Odd or not, whatever a budget says.
    if (state.middle) learnUsual(state.middle, row, FURTHEST);
    for (const judge of judges) learn(judge, models[judge.settings.name]!, time, decision);
    if (state.usual && !ruled && !decision.lingering && !decision.anomalous) learnUsual(state.usual, row);
    entity.rhythm?.learn(row);
    return verdict;
  }

  /** A key of which nothing was heard for long: a row without values, which stands for that. */
  silence(entity: Entity, time: number): Verdict {
    const { state, judges } = entity;
    const values = this.named(Float64Array.from(this.names, () => Number.NaN));
    const models = Object.fromEntries(judges.map(({ settings: { name }, model }) => [name, unheard(model.version)]));
    const since = new Date(state.latest).toISOString().slice(0, 19).replace('T', ' ');
    const reason = `nothing was heard for ${sayDuration(time - state.latest)}, since ${since} UTC`;
    const { budget } = entity;
    const threshold = budget?.ready ? -Math.log10(budget.share) : 0;
    // A rule outranks what is just at the threshold.
    const score = threshold + RANK.critical + 1;
    const ruling = { leading: SILENCE, score, threshold, p: Number.NaN, calibrated: true, anomalous: true };
    const verdict = this.draft(entity, time, values, models, ruling);
    verdict.severity = 'critical';
    verdict.reason = reason;
    this.remember(entity, verdict, {}, true, [{ name: SILENCE, severity: 'critical', reason }]);
    state.silent = true;
    return verdict;
  }

  /** A verdict that nothing is said of yet. One plain literal: a spread in it costs more than all else here. */
  private draft(
    { key, state }: Entity,
    time: number,
    values: Verdict['values'],
    models: Record<string, ModelDraft>,
    { leading, score, threshold, p: pValue, calibrated, anomalous }: Ruled,
  ): Draft {
    const n = state.rowTime === time ? state.rowN + 1 : 0;
    state.rowN = n;
    state.rowTime = time;
    const {
      pipeline,
      row: { kind },
    } = this.settings.schema;
    const id = `${pipeline}/${key}/${kind}/${time}/${n}`;
    return {
      id,
      pipeline,
      key,
      kind,
      time,
      n,
      values,
      models,
      leading,
      score,
      threshold,
      pValue,
      calibrated,
      anomalous,
      raised: false,
    };
  }

  private decide(
    entity: Entity,
    models: Readonly<Record<string, ModelDraft>>,
    time: number,
    kept: boolean,
    said: number,
  ): Decision {
    const decision = entity.budget
      ? byBudget(entity, models, time, kept, said)
      : byThresholds(entity, models, this.settings.alarms.combine, said);
    // While a key is silent, rows that are made of that do not end the episode that says so.
    decision.lingering ||= entity.state.silent;
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
    heard: Heard | undefined,
    said: readonly Topic[],
  ): Shares {
    const shares: Record<string, number> = {};
    const ways: Record<string, number> = {};
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
        addShares(shares, ways, out, columns, weight);
      }
      const own = plugin.decides ? (out.severity ?? 'warning') : 'warning';
      if (severity === undefined || RANK[own] > RANK[severity]) severity = own;
      if (plugin.decides) {
        messages.push(...out.reasons.slice(0, 1));
        for (const topic of topicsOf(out)) topics.push({ ...topic, name: `${name}/${topic.name}` });
      }
      if (!plugin.decides && name === verdict.leading) reasons = out.reasons;
    });
    for (const topic of said) {
      if (!isFinding(topic)) continue;
      if (severity === undefined || RANK[topic.severity] > RANK[severity]) severity = topic.severity;
      messages.push(topic.reason);
    }
    verdict.severity = severity ?? 'warning';
    if (heard && Object.keys(shares).length === 0) for (const name of heard.columns) shares[name] = 1;
    const learned =
      entity.budget && verdict.pValue < entity.budget.share
        ? this.sentence(entity, row, verdict, shares, ways, heard)
        : undefined;
    const spoken = learned ?? [...reasons, ...(heard ? [sayHeard(heard)] : [])].join('; ');
    verdict.reason =
      [...messages, ...(spoken === '' ? [] : [spoken])].join('; ') ||
      `the score of ${verdict.leading} is ${sayNumber(verdict.score)}, and more than ${sayNumber(verdict.threshold)} is an alarm`;
    return shares;
  }

  /** `volume 41 base, 14× its usual, …; expected about once in 4 days`. */
  private sentence(
    entity: Entity,
    row: Float64Array,
    verdict: Draft,
    shares: Shares,
    ways: Shares,
    heard: Heard | undefined,
  ): string {
    const { columns } = this.settings.schema.row;
    const parts = leadingOf(shares).map((name) => {
      const i = this.names.indexOf(name);
      return describe(entity.state.usual!, i, columns[i]!, row[i]!, entity.rhythm?.usual(i, verdict.time));
    });
    const { rowsPerDay, pastMs, borrowed, progress } = entity.budget!;
    const often = heard ? sayHeard(heard) : oftenOnce(verdict.pValue, rowsPerDay, pastMs);
    const by = borrowed && !heard ? sayBorrowed(progress) : '';
    const columnsSaid = `${parts.join(', ')}${sayOthers(carriersOf(shares), parts.length, ways)}`;
    return [columnsSaid, often, by].filter((part) => part !== '').join('; ');
  }

  /** Opens, goes on with or closes the episode of the key. */
  private remember({ state }: Entity, verdict: Draft, shares: Shares, lingering: boolean, topics: readonly Topic[]): void {
    const { alarms } = this.settings;
    // A key that is still silent has not come to the end of anything, however rare its rows are.
    if (state.episode !== null && !state.silent && !continues(state.episode, verdict.time, alarms.cooldownMs)) {
      state.episode = closeEpisode(state.episode, this.announce);
    }
    if (state.episode !== null) state.episode = endTopics(state.episode, verdict.time, alarms.cooldownMs, this.announce);
    if (!verdict.anomalous) {
      if (state.episode === null) return;
      if (lingering) state.episode = linger(state.episode, verdict.time);
      if (topics.length > 0) state.episode = note(state.episode, topics, verdict.time, this.announce);
      return;
    }
    const before = state.episode?.announced ?? false;
    const news = newsIn(state.episode, topics);
    state.episode = extend(state.episode, verdict, shares, alarms, this.announce, news, topics);
    if (!state.episode.announced) return;
    verdict.raised = !before;
    verdict.episode = state.episode.episode.id;
    const told = news.filter(isFinding);
    if (told.length > 0) verdict.news = told;
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
