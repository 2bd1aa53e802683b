// All that is known of one key, and the plugins that work on it.

import { type FeatureExtractor, type Host, type Model, type ModelHost, workingArrays } from '../api/index.js';
import { Calibration, initialWindow, type ScoreWindow, type ThresholdRule } from './alarms/alarms.js';
import { Budget, type BudgetState, type Crowd, initialBudget } from './alarms/budget.js';
import { initialCalibrator } from './alarms/calibrator.js';
import type { EpisodeState } from './episodes.js';
import { initialLessons, type LessonsState, type Taught, teach } from './lessons/lessons.js';
import { initialLife, Life, type LifeEvent, type LifeState, type Office } from './life/life.js';
import { Calendar } from './rhythm/calendar.js';
import { type Explained, Levelled, Rhythm, type RhythmSettings, rhythmOf } from './rhythm/rhythm.js';
import { initialRhythm, type RhythmState, SUMS } from './rhythm/state.js';
import { Sensed } from './scale/sense.js';
import { initialTransform, Transform, type TransformState } from './scale/transform.js';
import type { SequenceState } from './sequences.js';
import type { CoreSettings, ModelSettings } from './settings.js';
import { initialUsual, type UsualState } from './usual.js';
import { initialWear, WearMemory, type WearSettings, type WearState } from './wear/memory.js';

/** All that is known of one key: what a checkpoint saves. */
export interface EntityState {
  features: { version: number; state: unknown };
  models: Record<string, { version: number; state: unknown }>;
  transforms: Record<string, TransformState>;
  windows: Record<string, ScoreWindow>;
  budget: BudgetState | null;
  lives: Record<string, LifeState>;
  /** Where models measure: sentences say what is usual. */
  usual: UsualState | null;
  /** Where not all of a column is judged: the middle that its distance counts from, whatever was odd. */
  middle?: UsualState;
  /** Where a model asks for it. */
  rhythm?: RhythmState;
  /** Where features remember it: what it was like each time that it worked. */
  wear?: WearState;
  /** What its episodes were like, and what people said of them. */
  lessons?: LessonsState;
  episode: EpisodeState;
  sequences: Record<string, SequenceState>;
  /** No observation before this is judged any more: the extractor was told that none would come. */
  horizon: number;
  /** When the extractor wants to be woken. */
  wake: number;
  /** Event time of the last observation of this key. */
  latest: number;
  /** When it is to be looked whether the key is silent; `Infinity` where nobody wants to know. */
  silentAt: number;
  /** It is silent, and that was said. */
  silent: boolean;
  /** By model: the version that has scored a row of this key. */
  spoken: Record<string, string>;
  rowTime: number;
  rowN: number;
}

/** A model as it works for one key. */
export interface Judge {
  readonly settings: ModelSettings;
  /** Changes when another one is put into office. */
  model: Model;
  life?: Life | undefined;
  /** Absent where alarms go by a budget, or the model decides by itself. */
  readonly calibration?: Calibration | undefined;
  transform?: Transform | undefined;
  /** Where its columns are measured against what is usual at each hour. */
  readonly levelled?: Levelled | undefined;
  /** Where not all of its columns is judged. */
  readonly sensed?: Sensed | undefined;
  /** Lets the model begin anew: it has learned columns that are measured in another way from now on. */
  renew?: (() => void) | undefined;
  /** Its columns of the row at hand, and what the model sees of them. */
  readonly row: Float64Array;
  readonly seen: Float64Array;
  readonly learns: boolean;
  /** What keeps the row at hand from being scored. */
  lacking: string | undefined;
  /** What is wrong with the score that the model gave it. */
  flaw: string | undefined;
}

/** One key at work: its state, with the plugins that borrow it. */
export interface Entity {
  readonly key: string;
  readonly state: EntityState;
  readonly extractor: FeatureExtractor;
  readonly judges: readonly Judge[];
  /** Of alarms that go by a budget. */
  readonly budget?: Budget | undefined;
  /** What is usual at each hour, where a model asks for it. */
  readonly rhythm?: Rhythm | undefined;
  /** Where features remember how worn it is. */
  readonly wear?: WearMemory | undefined;
  /** Scores of the row at hand of the models that the budget judges. */
  readonly scores: Float64Array;
  /** Changed since the last checkpoint. */
  dirty: boolean;
  /** The number of the last batch that touched it, and what that was when it was last looked at for being idle. */
  used: number;
  looked: number;
}

export interface EntityHosts {
  readonly features: Host;
  model(settings: ModelSettings): ModelHost;
  /** Told what happens in the life of a model. */
  life(key: string, model: string, event: LifeEvent): void;
  /** Told what `rhythm: auto` has found out about a column of a key. */
  rhythm?(key: string, column: string, by: Explained, time: number): void;
  /** Told when a saved state cannot be carried over and a part starts afresh. */
  warmUp(part: string, version: number): void;
  /** What a key that was never seen was taught before, in order: its stream is judged again. */
  taught?(key: string): readonly Taught[];
}

const scoresOf = workingArrays();

/** Makes entities, new or from a saved state. */
export class EntityFactory {
  /** Who shares a budget. */
  readonly crowd: Crowd = { keys: 1 };
  private readonly settings: CoreSettings;
  private readonly hosts: EntityHosts;
  /** One instance for all keys, for models with `scope: shared`. */
  private readonly shared = new Map<string, Model>();
  private readonly rows = new Map<ModelSettings, { row: Float64Array; seen: Float64Array }>();
  private readonly calendar: Calendar;
  private readonly profiled: RhythmSettings | undefined;
  private readonly worn: WearSettings | undefined;

  constructor(settings: CoreSettings, hosts: EntityHosts) {
    this.settings = settings;
    this.hosts = hosts;
    this.calendar = new Calendar(settings.calendar);
    this.profiled = rhythmOf(settings.models);
    this.worn = wornBy(settings);
  }

  create(key: string, saved?: EntityState): Entity {
    const state = saved ? this.migrate(saved) : this.initial(key);
    const { plugin, config } = this.settings.features;
    const measured = this.settings.models.filter((model) => !model.plugin.decides).map(({ name }) => name);
    if (measured.length > 0) state.usual ??= initialUsual(this.settings.schema.row.columns.length);
    if (this.settings.models.some(({ senses }) => senses)) state.middle ??= initialUsual(this.settings.schema.row.columns.length);
    const budget = this.budget(measured, state);
    const rhythm = this.rhythm(key, state);
    const judges = this.settings.models.map((settings) => this.judge(settings, state, rhythm));
    if (budget)
      for (const judge of judges) {
        judge.life = this.life(key, judge, state, budget);
        if (judge.levelled && judge.learns && !judge.life) judge.renew = () => this.renew(judge, state, budget);
      }
    return {
      key,
      state,
      budget,
      rhythm,
      wear: this.wear(state),
      scores: scoresOf(measured.length),
      extractor: plugin.create(config, state.features.state, this.hosts.features),
      judges,
      dirty: true,
      used: 0,
      looked: 0,
    };
  }

  private judge(settings: ModelSettings, state: EntityState, rhythm: Rhythm | undefined): Judge {
    const model =
      settings.scope === 'shared' ? this.sharedModel(settings) : this.model(settings, state.models[settings.name]!.state);
    const { rule } = this.settings.alarms;
    const { row, seen } = this.working(settings);
    const levelled = rhythm && settings.transform?.rhythm ? new Levelled(rhythm, settings) : undefined;
    return {
      settings,
      model,
      calibration: 'perDay' in rule || settings.plugin.decides ? undefined : this.calibration(rule, settings.name, model, state),
      transform: this.transform(settings, state),
      levelled,
      sensed: settings.senses && new Sensed(settings.senses, settings.indexes, state.middle!, levelled),
      row,
      seen,
      learns: settings.scope === 'key',
      lacking: undefined,
      flaw: undefined,
    };
  }

  private renew(judge: Judge, state: EntityState, budget: Budget): void {
    const { settings } = judge;
    const { name } = settings;
    const fresh = freshModel(settings);
    state.models[name] = fresh;
    delete state.transforms[name];
    delete state.spoken[name];
    judge.model = this.model(settings, fresh.state);
    judge.transform = this.transform(settings, state);
    budget.recalibrate(name, initialCalibrator());
    budget.forgetTogether();
  }

  /** What a model sees of the row at hand: the keys share it, as rows are judged one after the other. */
  private working(settings: ModelSettings): { row: Float64Array; seen: Float64Array } {
    let known = this.rows.get(settings);
    if (!known) {
      const row = new Float64Array(settings.columns.length);
      known = { row, seen: settings.transform ? new Float64Array(row.length) : row };
      this.rows.set(settings, known);
    }
    return known;
  }

  private calibration(rule: ThresholdRule, name: string, model: Model, state: EntityState): Calibration {
    state.windows[name] ??= initialWindow();
    return new Calibration(rule, model, state.windows[name]);
  }

  private transform({ name, transform, columns }: ModelSettings, state: EntityState): Transform | undefined {
    if (!transform) return undefined;
    state.transforms[name] ??= initialTransform(columns.length);
    return new Transform(transform, state.transforms[name]);
  }

  private rhythm(key: string, state: EntityState): Rhythm | undefined {
    if (!this.profiled) return undefined;
    const { columns } = this.profiled;
    // One that an earlier version has kept counts in another way.
    if (state.rhythm?.sums.length !== columns.length * SUMS) state.rhythm = initialRhythm(columns.length);
    const { columns: named } = this.settings.schema.row;
    return new Rhythm(this.profiled, this.calendar, state.rhythm, (column, by, time) =>
      this.hosts.rhythm?.(key, named[column]!.name, by, time),
    );
  }

  private wear(state: EntityState): WearMemory | undefined {
    if (!this.worn) return undefined;
    state.wear ??= initialWear();
    return new WearMemory(this.worn, state.wear);
  }

  private budget(models: readonly string[], state: EntityState): Budget | undefined {
    const { rule } = this.settings.alarms;
    if (!('perDay' in rule) || models.length === 0) return undefined;
    state.budget ??= initialBudget();
    return new Budget(rule, models, state.budget, this.crowd);
  }

  private life(key: string, judge: Judge, state: EntityState, budget: Budget): Life | undefined {
    const { settings } = judge;
    const { name, life, plugin, columns } = settings;
    if (!life) return undefined;
    state.lives[name] ??= initialLife(columns.length);
    const office: Office = {
      columns: columns.map((column) => column.name),
      stateVersion: plugin.stateVersion,
      halfLifeMs: budget.halfLifeMs,
      fresh: () => plugin.initialState(settings.config, columns.length),
      make: (fresh) => this.model(settings, fresh),
      current: () => ({ state: state.models[name]!.state, calibrator: budget.calibratorOf(name) }),
      instal: (next, calibrator) => {
        state.models[name] = { version: plugin.stateVersion, state: next };
        judge.model = this.model(settings, next);
        budget.recalibrate(name, calibrator);
      },
      tell: (event) => this.hosts.life(key, name, event),
    };
    return new Life(state.lives[name], life, office);
  }

  private model(settings: ModelSettings, state: unknown): Model {
    return settings.plugin.create(settings.config, state, this.hosts.model(settings));
  }

  private sharedModel(settings: ModelSettings): Model {
    let model = this.shared.get(settings.name);
    if (!model) {
      model = this.model(settings, settings.plugin.initialState(settings.config, settings.columns.length));
      this.shared.set(settings.name, model);
    }
    return model;
  }

  private initial(key: string): EntityState {
    const { features, models } = this.settings;
    const perKey = models.filter(({ scope }) => scope === 'key');
    const taught = this.hosts.taught?.(key) ?? [];
    const lessons = taught.length > 0 ? initialLessons() : undefined;
    for (const one of taught) teach(lessons!, one);
    return {
      features: { version: features.plugin.stateVersion, state: features.plugin.initialState(features.config) },
      models: Object.fromEntries(perKey.map((model) => [model.name, freshModel(model)])),
      transforms: {},
      windows: {},
      budget: null,
      lives: {},
      usual: null,
      ...(lessons && { lessons }),
      episode: null,
      sequences: {},
      horizon: Number.NEGATIVE_INFINITY,
      wake: Number.POSITIVE_INFINITY,
      latest: Number.NEGATIVE_INFINITY,
      silentAt: Number.POSITIVE_INFINITY,
      silent: false,
      spoken: {},
      rowTime: Number.NaN,
      rowN: 0,
    };
  }

  /** Brings a state of older plugin versions up to date: migrated, or fresh and said so. */
  private migrate(state: EntityState): EntityState {
    const { features, models } = this.settings;
    if (state.features.version !== features.plugin.stateVersion) {
      const migrated = features.plugin.migrate?.(state.features.state, state.features.version, features.config);
      if (migrated === undefined) this.hosts.warmUp('features', state.features.version);
      state.features = {
        version: features.plugin.stateVersion,
        state: migrated ?? features.plugin.initialState(features.config),
      };
      state.wake = Number.POSITIVE_INFINITY;
    }
    for (const model of models) {
      // A candidate or an earlier model of another version cannot come into office any more.
      const life = state.lives[model.name];
      if (life?.candidate && life.candidate.version !== model.plugin.stateVersion) life.candidate = null;
      if (life?.previous && life.previous.version !== model.plugin.stateVersion) life.previous = null;
      const saved = state.models[model.name];
      if (model.scope !== 'key' || saved?.version === model.plugin.stateVersion) continue;
      const migrated = saved && model.plugin.migrate?.(saved.state, saved.version, model.config);
      if (migrated === undefined) this.hosts.warmUp(model.name, saved?.version ?? 0);
      state.models[model.name] =
        migrated === undefined ? freshModel(model) : { version: model.plugin.stateVersion, state: migrated };
    }
    return state;
  }
}

/** What of the features is remembered over the times that an entity works, if anything is. */
function wornBy({ features: { plugin, config }, schema }: CoreSettings): WearSettings | undefined {
  const operating = plugin.operating?.(config);
  const wear = plugin.wear?.(config) ?? [];
  if (!operating || wear.length === 0) return undefined;
  const identity = (state: unknown) => plugin.identity?.(config, state) ?? '';
  return { wear, operating, columns: schema.row.columns, identity };
}

function freshModel({ plugin, config, columns }: ModelSettings): { version: number; state: unknown } {
  return { version: plugin.stateVersion, state: plugin.initialState(config, columns.length) };
}

/** When a key is to be looked at next, by itself or because it is silent. */
export const wakeOf = ({ wake, silentAt }: EntityState): number => Math.min(wake, silentAt);

type Holder = { readonly state: unknown };

/** The states of plugins within the state of a key: those in office, candidates, and those before. */
export function pluginStatesOf(state: EntityState): unknown[] {
  const states = [state.features.state];
  for (const name in state.models) states.push(state.models[name]!.state);
  for (const name in state.lives)
    for (const shelved of [state.lives[name]!.candidate, state.lives[name]!.previous]) if (shelved) states.push(shelved.state);
  return states;
}

/** A copy of the state of a key with every plugin's state replaced. */
export function withPluginStates(state: EntityState, replace: (state: unknown) => unknown): EntityState {
  const renew = <T extends Holder>(holder: T): T => ({ ...holder, state: replace(holder.state) });
  const each = <T, U>(parts: Record<string, T>, change: (part: T) => U): Record<string, U> =>
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, change(part)]));
  return {
    ...state,
    features: renew(state.features),
    models: each(state.models, renew),
    lives: each(state.lives, (life) => ({
      ...life,
      candidate: life.candidate && renew(life.candidate),
      previous: life.previous && renew(life.previous),
    })),
  };
}
