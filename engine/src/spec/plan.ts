// From a pipeline file to a checked plan: every part resolved, every mistake told at once.

import { dirname, resolve } from 'node:path';
import {
  type AlarmsSchema,
  type Column,
  type Emits,
  type ErrorCode,
  type FeaturesPlugin,
  type LoadedArtifact,
  type ModelPlugin,
  messageOf,
  type PipelineSchema,
  type Plugin,
  type PluginKind,
  type RowKind,
  type SinkPlugin,
  type SourcePlugin,
  type StorePlugin,
  type View,
} from '../api/index.js';
import { loadArtifact } from './artifact.js';
import { setOf, withModels } from './defaults.js';
import { asksForAll, withAllEmitted, withAllFeatures } from './every-column.js';
import { check } from './file/check.js';
import { maskedOf } from './file/masked.js';
import { ConfigError, type Place, type Problem } from './file/problems.js';
import { readPipelineFile } from './file/read.js';
import { find, type Path, type Tree } from './file/tree.js';
import { applySettings, fillVariables } from './file/variables.js';
import { COUNTRY, type Holidays, holidaysOf } from './holidays.js';
import { matchColumns, matchInputs, pickColumns } from './match.js';
import type { Plan, PlannedAlarms, PlannedModel, PlannedPart, PlannedSense, PlanOptions, Replan } from './planned.js';
import { loadPlugin } from './plugins.js';
import { DEFAULT_CONTAMINATION, incidents, type PipelineConfig, pipelineSchema } from './schema.js';
import { basisOf, hideSecrets, judgementOf, secretsOf, signatureOf } from './signature.js';
import { versionAt } from './version.js';

/** Reads and checks a pipeline file. @throws {ConfigError} with every mistake that can be found at once */
export async function planPipeline(file: string, options: PlanOptions): Promise<Plan> {
  const path = resolve(file);
  const directory = dirname(path);
  const files: string[] = [];
  const settings = applySettings(readPipelineFile(path, file, files), options.set ?? []);
  const filled = fillVariables(settings.tree, options.environment ?? process.env, directory, files);
  const planner = new Planner(file, directory, filled.tree, [...settings.problems, ...filled.problems]);
  return { ...(await planner.plan(options.dataRoot)), files };
}

/** The same plan once more, as a thread needs it that judges: without reading the file, and without sinks. */
export async function planAgain({ file, files, directory, dataRoot, tree }: Replan): Promise<Plan> {
  const again = await new Planner(file, directory, without(tree, [], ['sinks']), []).plan(dataRoot);
  return { ...again, files };
}

/** Stores of checkpoints that are the engine's own. */
const OWN_STORES = ['file', 'memory'];

class Planner {
  private readonly file: string;
  private readonly directory: string;
  private tree: Tree;
  private readonly problems: Problem[];

  constructor(file: string, directory: string, tree: Tree, problems: Problem[]) {
    this.file = file;
    this.directory = directory;
    this.tree = tree;
    this.problems = problems;
  }

  async plan(dataRoot: string): Promise<Omit<Plan, 'files'>> {
    // Parts are checked even when the frame has mistakes, so that all of them come at once.
    const source = await this.part<SourcePlugin>('source', ['source']);
    const emits = source && this.attempt(['source'], 'emits', () => source.plugin.emits(source.config));
    if (emits && asksForAll(this.tree)) await this.writeOut(emits);
    const features = await this.part<FeaturesPlugin>('features', ['features']);
    // Where all columns are asked for and the source has a mistake, nobody knows them.
    const known = features?.plugin.all && asksForAll(this.tree) ? undefined : features;
    const row = known && this.attempt(['features'], 'row', () => known.plugin.row(known.config));
    const namesModels = setOf(this.tree) === undefined;
    this.tree = withAllFeatures(withModels(this.tree, row), row);
    const { value: config, problems } = check(pipelineSchema, this.tree, [], '');
    this.problems.push(...problems);
    const models = await this.parts<ModelPlugin>('model', 'models');
    const sinks = await this.parts<SinkPlugin>('sink', 'sinks');
    const store = await this.store();
    this.deadLetters(config);
    if (emits && row && features) this.match(emits, row, source, features);
    const planned = row && features ? models.flatMap(([name, part]) => this.model(name, part, row, features, config)) : [];
    this.senses(config?.alarms.columns ?? {}, planned);
    const holidays = await this.holidays(config?.time.holidays ?? []);
    const groups = this.groups(config?.groups ?? {});
    const views = features && row ? this.views(features, row) : [];
    const schema = emits && row && config && schemaOf(config, emits, row, planned, views);
    if (schema) for (const [name, part] of sinks) this.checkSink(name, part, schema);
    if (this.problems.length > 0) throw new ConfigError(sortProblems(this.problems));
    if (!config || !source || !features || !schema) throw new Error('unreachable: a part is absent without a problem');

    // Who pushes knows one address; people are told theirs.
    const shown = sinks.some(([, { plugin }]) => plugin.door) ? { ...DEFAULT_HTTP, orAnother: true } : undefined;
    const http = config.http ?? (source.plugin.door ? DEFAULT_HTTP : shown);
    const root = config.data === undefined ? dataRoot : resolve(this.directory, config.data);
    const signature = hideSecrets(signatureOf(config, source, features, planned, holidays?.basis), secretsOf(this.tree));
    return {
      file: this.file,
      directory: this.directory,
      config,
      ...(http ? { http } : {}),
      alarms: alarmsOf(config),
      source: { ...source, resumable: source.plugin.resumable?.(source.config, (path) => resolve(this.directory, path)) ?? true },
      groups,
      ...(holidays ? { holidays: holidays.of } : {}),
      features,
      models: planned,
      namesModels,
      sinks: sinks.map(([name, part]) => ({ name, ...part })),
      ...(store ? { store } : {}),
      schema,
      dataDirectory: resolve(root, config.name),
      dataRoot,
      tree: this.tree,
      signature,
      judgement: judgementOf(config, signature),
      shown: maskedOf(this.tree),
    };
  }

  /** Puts the columns in place of `all`; a plugin that cannot be loaded says so where it is. */
  private async writeOut(emits: Emits): Promise<void> {
    const { tree: use, complete } = find(this.tree, ['features', 'use']);
    if (!complete || use.kind !== 'scalar' || typeof use.value !== 'string') return;
    const loaded = await loadPlugin('features', use.value, this.directory).catch(() => undefined);
    if (!loaded) return;
    const written = () => withAllEmitted(this.tree, loaded.plugin as FeaturesPlugin, emits);
    this.tree = this.attempt(['features', 'with', 'columns'], 'all', written) ?? this.tree;
  }

  /** What of the holidays are countries. */
  private async holidays(given: readonly string[]): Promise<Holidays | undefined> {
    const countries = given.filter((one) => COUNTRY.test(one));
    if (countries.length === 0) return undefined;
    const found = await holidaysOf(countries);
    if (!('wrong' in found)) return found;
    this.complain('QS_PLAN_DECLARATION', ['time', 'holidays', given.indexOf(countries[found.at]!)], found.wrong);
    return undefined;
  }

  private deadLetters(config: PipelineConfig | undefined): void {
    const topic = config?.deadLetters.topic;
    if (topic === undefined) return;
    const { channel } = config!;
    const wrong = !channel
      ? 'a topic for dead letters is at the brokers of the channel, and there is no channel; name a file, or a channel'
      : channel.with.topic === topic
        ? "dead letters need a topic of their own: this one is the channel's"
        : undefined;
    if (wrong !== undefined) this.complain('QS_PLAN_DECLARATION', ['deadLetters', 'topic'], wrong);
  }

  private async parts<P extends Plugin>(kind: PluginKind, section: string): Promise<[string, PlannedPart<P>][]> {
    const { tree, complete } = find(this.tree, [section]);
    if (!complete || tree.kind !== 'map') return [];
    const parts: [string, PlannedPart<P>][] = [];
    for (const name of tree.entries.keys()) {
      const part = await this.part<P>(kind, [section, name]);
      if (part) parts.push([name, part]);
    }
    return parts;
  }

  /** The plugin that keeps checkpoints, if one does: what `checkpoint` says beside `every` is its configuration. */
  private async store(): Promise<PlannedPart<StorePlugin> | undefined> {
    const path = ['checkpoint'];
    const { tree: use, complete } = find(this.tree, [...path, 'store']);
    if (!complete || use.kind !== 'scalar' || typeof use.value !== 'string' || OWN_STORES.includes(use.value)) {
      if (find(this.tree, [...path, 'url']).complete)
        this.complain(
          'QS_PLAN_DECLARATION',
          [...path, 'url'],
          'a store in files or in memory has no url; leave it out, or name a store',
        );
      return undefined;
    }
    const loaded = await this.load<StorePlugin>('store', use.value, use.place);
    if (!loaded) return undefined;
    const { plugin, version } = loaded;
    const { value, problems } = check(plugin.config, without(this.tree, path, ['store', 'every']), path, 'checkpoint');
    this.problems.push(...problems);
    return problems.length > 0 ? undefined : { use: use.value, version, plugin, config: value };
  }

  private async load<P extends Plugin>(
    kind: PluginKind,
    use: string,
    place: Place,
  ): Promise<{ readonly plugin: P; readonly version: string } | undefined> {
    try {
      const { plugin, url } = await loadPlugin(kind, use, this.directory);
      return { plugin: plugin as P, version: versionAt(url) };
    } catch (error) {
      this.problems.push({ code: (error as { code: ErrorCode }).code, message: messageOf(error), place });
      return undefined;
    }
  }

  /** Loads the plugin that stands at a path and checks its configuration. */
  private async part<P extends Plugin>(kind: PluginKind, path: Path): Promise<PlannedPart<P> | undefined> {
    const { tree: use, complete } = find(this.tree, [...path, 'use']);
    if (!complete || use.kind !== 'scalar' || typeof use.value !== 'string' || use.value === '') return undefined;
    const loaded = await this.load<P>(kind, use.value, use.place);
    if (!loaded) return undefined;
    const { plugin, version } = loaded;
    const { value, problems } = check(plugin.config, this.withTree(path), [...path, 'with'], `with of ${path.join('.')}`);
    this.problems.push(...problems);
    // The columns of a model can be checked although its configuration is wrong: all mistakes at once.
    if (problems.length > 0 && kind !== 'model') return undefined;
    return { use: use.value, version, plugin, config: value };
  }

  /** The tree, with an empty `with` where a part has none, so that messages about missing keys have a place. */
  private withTree(path: Path): Tree {
    return find(this.tree, [...path, 'with']).complete ? this.tree : addWith(this.tree, path);
  }

  private attempt<T>(path: Path, what: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.complain('QS_PLAN_DECLARATION', path, `the plugin rejects its configuration in ${what}(): ${messageOf(error)}`);
      return undefined;
    }
  }

  private match(emits: Emits, row: RowKind, source: PlannedPart<SourcePlugin>, features: PlannedPart<FeaturesPlugin>): void {
    const consumes = this.attempt(['features'], 'consumes', () => features.plugin.consumes(features.config));
    if (!consumes) return;
    for (const message of matchInputs(emits, consumes, source.use, features.use))
      this.complain('QS_PLAN_INPUT', ['features', 'use'], message);
    for (const { column, message } of matchColumns(emits, row, source.use)) {
      const { tree } = find(this.tree, ['features', 'with', 'columns']);
      const item =
        tree.kind === 'list' ? tree.items.find((one) => one.kind === 'scalar' && one.value === column.name) : undefined;
      this.problems.push({ code: 'QS_PLAN_INPUT', message, place: (item ?? find(this.tree, ['features', 'use']).tree).place });
    }
  }

  private model(
    name: string,
    part: PlannedPart<ModelPlugin>,
    row: RowKind,
    features: PlannedPart<FeaturesPlugin>,
    config: PipelineConfig | undefined,
  ): PlannedModel[] {
    const { transform, life } = config?.models[name] ?? {};
    const path = ['models', name];
    const text = (key: string) => {
      const { tree, complete } = find(this.tree, [...path, key]);
      return complete && tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined;
    };
    const { tree: list, complete } = find(this.tree, [...path, 'columns']);
    if (!complete || list.kind !== 'list') return [];
    const names = list.items.map((item) => (item.kind === 'scalar' ? String(item.value) : ''));
    const { indexes, problems } = pickColumns(names, row);
    for (const { index, message } of problems)
      this.problems.push({ code: 'QS_PLAN_COLUMN', message, place: list.items[index]!.place });
    const scope = text('scope') === 'shared' ? 'shared' : 'key';
    const file = text('artifact');
    if (scope === 'shared' && file === undefined) {
      this.complain(
        'QS_PLAN_DECLARATION',
        [...path, 'scope'],
        'scope: shared needs a trained model; name one with artifact:, or make one with engine train',
      );
    }
    if (file !== undefined && transform)
      this.complain(
        'QS_PLAN_DECLARATION',
        [...path, 'transform'],
        'a trained model is given its columns as they are; leave transform out',
      );
    if (part.plugin.decides && (transform?.rhythm ?? 'none') !== 'none')
      this.complain(
        'QS_PLAN_DECLARATION',
        [...path, 'transform', 'rhythm'],
        'a model that decides by itself is given values as they are; leave rhythm out',
      );
    if (life && (config?.alarms.perDay === undefined || scope === 'shared' || part.plugin.decides))
      this.complain(
        'QS_PLAN_DECLARATION',
        [...path, 'life'],
        'life needs alarms.perDay and a model per key that learns; leave it out',
      );
    if (problems.length > 0) return [];
    const columns = indexes.map((index) => row.columns[index]!);
    if (part.config !== undefined) {
      const wrong = this.attempt(path, 'check', () => part.plugin.check?.(part.config, columns) ?? []);
      for (const message of wrong ?? []) this.complain('QS_PLAN_DECLARATION', [...path, 'with'], `model ${name}: ${message}`);
    }
    let artifact: LoadedArtifact | undefined;
    if (file !== undefined) {
      try {
        artifact = loadArtifact(resolve(this.directory, file), part.plugin, columns, basisOf(features));
      } catch (error) {
        this.complain('QS_ARTIFACT', [...path, 'artifact'], messageOf(error));
        return [];
      }
    }
    const scaled = transform && { transform: scaleOf(transform) };
    const senses = part.plugin.decides || file !== undefined ? undefined : sensesOf(columns, config?.alarms.columns ?? {});
    const more = { ...(artifact ? { artifact } : {}), ...scaled, ...(senses ? { senses } : {}), ...(life ? { life } : {}) };
    return [{ ...part, name, columns, indexes, scope, ...more }];
  }

  /** What is said of columns must be said of some that a model measures. */
  private senses(columns: Readonly<Record<string, unknown>>, models: readonly PlannedModel[]): void {
    const known = models.filter(({ plugin, artifact }) => !plugin.decides && !artifact).flatMap((model) => model.columns);
    for (const name of Object.keys(columns)) {
      const column = known.find((one) => one.name === name);
      const wrong = !column
        ? `no model that learns judges a column ${name}; they judge ${[...new Set(known.map((one) => one.name))].join(', ') || 'none'}`
        : column.role === 'condition'
          ? `${name} is a condition, and no reason by itself; leave it out`
          : undefined;
      if (wrong !== undefined && models.length > 0) this.complain('QS_PLAN_COLUMN', ['alarms', 'columns', name], wrong);
    }
  }

  /** The group of each key that is in one. */
  private groups(groups: Readonly<Record<string, readonly string[]>>): Map<string, string> {
    const groupOf = new Map<string, string>();
    for (const [group, keys] of Object.entries(groups)) {
      keys.forEach((key, i) => {
        const other = groupOf.get(key);
        if (other !== undefined)
          this.complain(
            'QS_PLAN_DECLARATION',
            ['groups', group, i],
            `key "${key}" stands in the groups ${other} and ${group}; a key has one state`,
          );
        groupOf.set(key, group);
      });
    }
    return groupOf;
  }

  /** The views of the features, which may name only columns that the row has, as all that people look at. */
  private views({ plugin, config }: PlannedPart<FeaturesPlugin>, row: RowKind): readonly View[] {
    const views = this.attempt(['features'], 'views', () => plugin.views?.(config) ?? []) ?? [];
    const known = new Set(row.columns.map(({ name }) => name));
    for (const { title, columns } of views)
      for (const column of columns)
        if (!known.has(column))
          this.complain(
            'QS_PLAN_DECLARATION',
            ['features'],
            `the view "${title}" shows ${column}, which is no column of the row`,
          );
    const operating = this.attempt(['features'], 'operating', () => plugin.operating?.(config));
    if (operating && !known.has(operating.column))
      this.complain('QS_PLAN_DECLARATION', ['features'], `operating names ${operating.column}, which is no column of the row`);
    for (const { column } of this.attempt(['features'], 'wear', () => plugin.wear?.(config)) ?? [])
      if (!known.has(column))
        this.complain('QS_PLAN_DECLARATION', ['features'], `wear names ${column}, which is no column of the row`);
    return views;
  }

  private checkSink(name: string, { plugin, config }: PlannedPart<SinkPlugin>, schema: PipelineSchema): void {
    const path = ['sinks', name];
    const problems = this.attempt(path, 'check', () => plugin.check?.(config, schema) ?? []);
    for (const message of problems ?? []) this.complain('QS_PLAN_DECLARATION', [...path, 'with'], `sink ${name}: ${message}`);
  }

  private complain(code: ErrorCode, path: Path, message: string): void {
    this.problems.push({ code, message, place: find(this.tree, path).tree.place });
  }
}

/** By column, what of it is judged, as the file says, else as it is declared; nothing where all of all is. */
function sensesOf(
  columns: readonly Column[],
  given: NonNullable<PipelineConfig['alarms']['columns']>,
): (PlannedSense | undefined)[] | undefined {
  const senses = columns.map(({ name, role, judge, ignoreBelow }): PlannedSense | undefined => {
    const side = given[name]?.judge ?? judge ?? 'both';
    const least = given[name]?.ignoreBelow ?? ignoreBelow ?? 0;
    const [absolute, relative] = typeof least === 'number' ? [least, 0] : [0, Number.parseFloat(least) / 100];
    return role === 'condition' || (side === 'both' && absolute === 0 && relative === 0)
      ? undefined
      : { side, absolute, relative };
  });
  return senses.some((sense) => sense !== undefined) ? senses : undefined;
}

/** What of a transform the state depends on; rhythm stands in it only where there is one. */
function scaleOf({ rhythm, standardize, signedLog }: NonNullable<PipelineConfig['models'][string]['transform']>) {
  return {
    ...(rhythm === undefined || rhythm === 'none' ? {} : { rhythm }),
    standardizeMs: standardize,
    signedLog,
  };
}

function schemaOf(
  config: PipelineConfig,
  observations: Emits,
  row: RowKind,
  models: readonly PlannedModel[],
  views: readonly View[],
): PipelineSchema {
  const described = models.map(({ name, plugin, columns }) => ({
    name,
    plugin: plugin.name,
    columns: columns.map((c) => c.name),
    decides: plugin.decides === true,
  }));
  // One whose configuration has a mistake has none.
  const limits = models.flatMap(({ plugin, config: own, columns }) =>
    own === undefined ? [] : (plugin.limits?.(own, columns) ?? []),
  );
  const { name: pipeline, alarms: given } = config;
  const { rule, cooldownMs, minimumMs } = alarmsOf(config);
  const { perDay, contamination, threshold } = rule as { perDay?: number; contamination?: number; threshold?: number };
  const alarms = {
    ...(perDay === undefined ? {} : { perDay, of: given.of ?? ('key' as const), atLeastMs: given.calibration.atLeast }),
    ...(contamination === undefined ? {} : { contamination }),
    ...(threshold === undefined ? {} : { threshold }),
    cooldownMs,
    minimumMs,
    ...incidentsOf(given),
  };
  return { pipeline, observations, row, models: described, views, limits, alarms };
}

/** Where plugins answer when the file names no address. */
const DEFAULT_HTTP = { listen: '127.0.0.1:9464' } as const;

/** The tree without some keys of a map in it. */
function without(tree: Tree, [step, ...rest]: Path, keys: readonly string[]): Tree {
  if (tree.kind !== 'map') return tree;
  if (step === undefined) return { ...tree, entries: new Map([...tree.entries].filter(([key]) => !keys.includes(key))) };
  const entry = tree.entries.get(String(step));
  if (!entry) return tree;
  const entries = new Map(tree.entries).set(String(step), { ...entry, value: without(entry.value, rest, keys) });
  return { ...tree, entries };
}

function addWith(tree: Tree, path: Path): Tree {
  if (tree.kind !== 'map') return tree;
  const entries = new Map(tree.entries);
  const [step, ...rest] = path;
  if (step === undefined) {
    const place = entries.get('use')?.key ?? tree.place;
    entries.set('with', { key: place, value: { kind: 'map', place, entries: new Map() } });
  } else {
    const entry = entries.get(String(step));
    if (entry) entries.set(String(step), { ...entry, value: addWith(entry.value, rest) });
  }
  return { ...tree, entries };
}

function alarmsOf({ alarms, channel }: Pick<PipelineConfig, 'alarms' | 'channel'>): PlannedAlarms {
  const lanes = channel?.with.partitions ?? 1;
  const { perDay, threshold, contamination, combine, release, calibration, minimumDuration: minimumMs } = alarms;
  const silence = alarms.silence === undefined ? {} : { silenceMs: alarms.silence };
  if (perDay === undefined) {
    const rule = threshold === undefined ? { contamination: contamination ?? DEFAULT_CONTAMINATION } : { threshold };
    return { rule, combine: combine ?? 'any', cooldownMs: alarms.cooldown ?? 0, minimumMs, ...silence };
  }
  const { atLeast: atLeastMs, halfLife: halfLifeMs, guard: bandMs, longest: longestMs } = calibration;
  const together = combine === undefined || combine === 'all' ? 'sum' : combine;
  // Each partition has its part, and divides it among its own keys: what other processes judge is not known here.
  const shared = alarms.of === 'pipeline' && alarms.keys === undefined;
  const part = alarms.of === 'pipeline' ? 1 / (alarms.keys ?? lanes) : 1;
  const { smooth, onset } = alarms;
  const borrows = alarms.of === 'pipeline';
  const rule = {
    perDay,
    part,
    shared,
    borrows,
    combine: together,
    smooth,
    onset,
    release,
    atLeastMs,
    halfLifeMs,
    bandMs,
    longestMs,
  };
  return { rule, combine: together, cooldownMs: alarms.cooldown ?? 60_000, minimumMs, ...silence };
}

/** When episodes of several keys are one incident: as the file says, else where there is a budget. */
function incidentsOf({ incidents: given, perDay }: PipelineConfig['alarms']): Pick<AlarmsSchema, 'incidents'> {
  const settings = given ?? (perDay === undefined ? false : incidents.parse({}));
  if (settings === false) return {};
  const { within, longest, settle } = settings;
  return { incidents: { withinMs: within, longestMs: longest, settleMs: settle } };
}

/** In the order of the file, mistakes without a place first. */
function sortProblems(all: readonly Problem[]): Problem[] {
  // What a variable that is not set leads to is no mistake of its own.
  const position = ({ place }: Problem) => `${place?.file}:${place?.line}:${place?.column}`;
  const unset = new Set(all.filter(({ code }) => code === 'QS_CONFIG_VARIABLE').map(position));
  const problems = all.filter((problem) => problem.code === 'QS_CONFIG_VARIABLE' || !unset.has(position(problem)));
  const unique = new Map(
    problems.map((problem) => [`${problem.place?.line}:${problem.place?.column}:${problem.message}`, problem]),
  );
  return [...unique.values()].sort(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}
