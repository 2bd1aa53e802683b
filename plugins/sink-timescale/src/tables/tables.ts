import { nearest, type PipelineSchema } from '@quantstream/engine';

/** A column of a table. Times are stored as timestamptz and travel as whole microseconds. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'text' | 'bigint' | 'float8' | 'boolean' | 'timestamptz' | 'jsonb' | 'integer';
  readonly required: boolean;
  readonly about: string;
}

/** A table derived from the declarations of a pipeline. */
export interface Table {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly TableColumn[];
  /** The first is what makes a row the same row on a replay. */
  readonly primaryKey: readonly string[];
  /** What people look for, beside the primary key. */
  readonly indexes?: readonly (readonly string[])[];
  /** The time column of a hypertable; absent for tables that stay small. */
  readonly time?: string;
  /** What a second row with the same key does: facts stay as they are, judgements are replaced by the later run's. */
  readonly onConflict: 'nothing' | 'update' | 'later-episode' | 'later-incident';
}

export interface Tables {
  readonly observations: ReadonlyMap<string, Table>;
  readonly rows: Table;
  readonly anomalies: Table;
  readonly episodes: Table;
  readonly incidents: Table;
  readonly missing: Table;
  readonly labels: Table;
  readonly fences: Table;
}

const column = (name: string, type: TableColumn['type'], about: string, required = true): TableColumn => ({
  name,
  type,
  required,
  about,
});

const PIPELINE = column('pipeline', 'text', 'name of the pipeline');
const KEY = column('key', 'text', 'the entity');
const TIME = column('time', 'timestamptz', 'event time');

const JUDGEMENT: readonly TableColumn[] = [
  column('score', 'float8', 'score of the leading model, or with a budget −log10 p of all; null while they learn', false),
  column('threshold', 'float8', 'above this it is anomalous', false),
  column('p_value', 'float8', 'share of training rows, or of the past, that scored as high', false),
  column('model', 'text', 'the leading model'),
  column('model_version', 'text', 'its version'),
  column('reason', 'text', 'why it is anomalous, or why it was not scored', false),
];

const ROWS_FIXED: readonly TableColumn[] = [
  PIPELINE,
  KEY,
  TIME,
  column('n', 'integer', 'the n-th row of this key at this time, from 0'),
  ...JUDGEMENT,
  column('anomalous', 'boolean', 'above the threshold'),
  column('models', 'jsonb', 'score, threshold and version by model, where there are several', false),
  column('taught', 'jsonb', 'the episode and the label of it that decided about this row, where people said something', false),
];

/** Who has judged it, and whether that still holds. */
const STANDING: readonly TableColumn[] = [
  column('judgement', 'text', 'stands for the settings that it was judged by', false),
  column('withdrawn_at', 'timestamptz', 'when judging again under other settings did not confirm it; null: it holds', false),
];

export const ANOMALIES: Table = {
  name: 'anomalies',
  about: 'Anomalous rows of all pipelines',
  columns: [
    column('id', 'text', 'id of the verdict'),
    PIPELINE,
    KEY,
    column('kind', 'text', 'kind of row'),
    TIME,
    column('n', 'integer', 'the n-th row of this key at this time, from 0'),
    ...JUDGEMENT,
    column('episode', 'text', 'the episode that it belongs to; null before it has lasted long enough to be one', false),
    column('raised', 'boolean', 'true for the anomaly that opened the episode'),
    column('severity', 'text', 'info, warning or critical', false),
    column('columns', 'jsonb', 'the whole row by column'),
    column('contributions', 'jsonb', 'what each column added, by column', false),
    ...STANDING,
  ],
  primaryKey: ['pipeline', 'key', 'time', 'kind', 'n'],
  time: 'time',
  onConflict: 'update',
};

export const EPISODES: Table = {
  name: 'episodes',
  about: 'Consecutive anomalies as one thing, of all pipelines',
  columns: [
    column('id', 'text', 'id of the verdict that opened it'),
    PIPELINE,
    KEY,
    column('kind', 'text', 'kind of row'),
    column('status', 'text', 'open or closed'),
    column('start_time', 'timestamptz', 'event time of its first anomaly'),
    column('end_time', 'timestamptz', 'event time of its last anomaly'),
    column('peak_time', 'timestamptz', 'event time of its oddest row'),
    column('peak_score', 'float8', 'score at the peak'),
    column('threshold', 'float8', 'threshold at the peak'),
    column('model', 'text', 'the leading model at the peak'),
    column('rows', 'integer', 'anomalous rows in it'),
    column('reason', 'text', 'the reason at the peak', false),
    column('p_value', 'float8', 'p-value at the peak', false),
    column('model_version', 'text', 'version of the leading model at the peak', false),
    column('severity', 'text', 'info, warning or critical', false),
    column('columns', 'jsonb', 'the columns that contributed most, the strongest first', false),
    ...STANDING,
    column('incident', 'text', 'the incident that it is part of; null: none, or not known yet', false),
    column('unconfirmed_at', 'timestamptz', 'when it would have been withdrawn, if nobody had labelled it', false),
  ],
  primaryKey: ['id'],
  indexes: [['pipeline', 'key', 'start_time']],
  onConflict: 'later-episode',
};

export const INCIDENTS: Table = {
  name: 'incidents',
  about: 'Episodes of several keys that began together as one thing, of all pipelines',
  columns: [
    column('id', 'text', 'made of its start and its first key'),
    PIPELINE,
    column('key', 'text', 'the key that began first'),
    column('status', 'text', 'open or closed'),
    column('start_time', 'timestamptz', 'event time of its first anomaly'),
    column('end_time', 'timestamptz', 'event time of its latest anomaly'),
    column('keys', 'integer', 'how many keys are in it'),
    column('severity', 'text', 'the worst of its episodes: info, warning or critical'),
    column('reason', 'text', 'what is said of the key that began first', false),
    column('names', 'jsonb', 'its keys in the order in which they began, at most a hundred', false),
    column('columns', 'jsonb', 'the columns that at least half of its episodes are led by', false),
    column('topics', 'jsonb', 'what rules have found in it, each once', false),
    ...STANDING,
  ],
  primaryKey: ['id'],
  indexes: [['pipeline', 'start_time']],
  onConflict: 'later-incident',
};

export const LABELS: Table = {
  name: 'labels',
  about: 'What people said of episodes (engine label), of all pipelines',
  columns: [
    PIPELINE,
    KEY,
    column('episode', 'text', 'the episode'),
    column('from_time', 'timestamptz', 'event time of its first anomaly'),
    column('to_time', 'timestamptz', 'event time of its last anomaly'),
    column('label', 'text', 'anomaly or normal'),
    column('note', 'text', 'why', false),
    column('mute_until', 'timestamptz', 'nobody is called for the key before this', false),
    column('labelled_at', 'timestamptz', 'when it was said'),
  ],
  primaryKey: ['pipeline', 'episode'],
  indexes: [['pipeline', 'mute_until']],
  onConflict: 'update',
};

export const FENCES: Table = {
  name: 'quantstream_fences',
  about: 'Who may write: the latest holder of each partition, of all pipelines',
  columns: [
    PIPELINE,
    column('partition', 'integer', 'the partition of the channel; 0 without one'),
    column('epoch', 'bigint', 'a later holder has a greater one'),
  ],
  primaryKey: ['pipeline', 'partition'],
  onConflict: 'update',
};

const MISSING: Table = {
  name: 'missing',
  about: 'Stretches of observations that are known to be lost, of all pipelines',
  columns: [
    PIPELINE,
    KEY,
    column('from_time', 'timestamptz', 'beginning of the stretch'),
    column('to_time', 'timestamptz', 'end of the stretch'),
    column('reason', 'text', 'why'),
    column('count', 'bigint', 'how many observations, where known', false),
  ],
  primaryKey: ['pipeline', 'key', 'from_time', 'to_time', 'reason'],
  onConflict: 'nothing',
};

/** English plural of a singular noun: trade → trades, summary → summaries; what cannot be counted (telemetry, data) stays. */
export function plural(noun: string): string {
  if (/(metry|data|information|traffic|weather)$/.test(noun)) return noun;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/**
 * The tables of a pipeline.
 * @throws {Error} if a declared name is taken by a column of ours, or a stored type is not emitted
 */
export function tablesOf(schema: PipelineSchema, store: readonly string[]): Tables {
  const observations = new Map<string, Table>();
  for (const type of store) {
    const declared = schema.observations[type];
    if (!declared) throw new Error(unknownType(type, Object.keys(schema.observations)));
    const fixed = [PIPELINE, KEY, TIME, column('sequence', 'bigint', 'id of the origin, or a counter')];
    const fields = Object.entries(declared.fields).map(([name, field]) =>
      column(name, 'float8', `${field.about} (${field.unit})`, false),
    );
    const texts = Object.entries(declared.text ?? {}).map(([name, about]) => column(name, 'text', about, false));
    observations.set(type, {
      name: plural(type),
      about: declared.about,
      columns: unique([...fixed, ...fields, ...texts], type),
      primaryKey: ['pipeline', 'key', 'time', 'sequence'],
      time: 'time',
      onConflict: 'nothing',
    });
  }
  const declared = schema.row.columns.map(({ name, unit, about }) => column(name, 'float8', `${about} (${unit})`, false));
  const rows: Table = {
    name: plural(schema.row.kind),
    about: schema.row.about,
    columns: unique([...ROWS_FIXED, ...declared], schema.row.kind),
    primaryKey: ['pipeline', 'key', 'time', 'n'],
    time: 'time',
    onConflict: 'update',
  };
  const tables = {
    observations,
    rows,
    anomalies: ANOMALIES,
    episodes: EPISODES,
    incidents: INCIDENTS,
    missing: MISSING,
    labels: LABELS,
    fences: FENCES,
  };
  const names = allTables(tables).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice)
    throw new Error(
      `two things of this pipeline would be stored in the table "${twice}"; rename the observation type or the row kind`,
    );
  return tables;
}

function unknownType(type: string, known: readonly string[]): string {
  const near = known.find((name) => plural(name) === type) ?? nearest(type, known);
  const hint = near === undefined ? '' : `. Did you mean "${near}"?`;
  return `store names "${type}", but the source emits ${known.join(', ') || 'nothing'}${hint}`;
}

export function allTables({ observations, rows, anomalies, episodes, incidents, missing, labels, fences }: Tables): Table[] {
  return [...observations.values(), rows, anomalies, episodes, incidents, missing, labels, fences];
}

function unique(columns: TableColumn[], of: string): TableColumn[] {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice) throw new Error(`"${of}" declares "${twice}", which is a column of the table itself; rename it`);
  return columns;
}
