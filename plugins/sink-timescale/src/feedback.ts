import { existsSync, readFileSync } from 'node:fs';
import type { EpisodeLabel, Feedback, Mute, OutsideHost } from '@quantstream/engine';
import type { Settings } from './config.js';
import { Database } from './database/database.js';
import { startEmbedded } from './database/embedded.js';
import { makeSchema } from './tables/schema.js';
import { createStatements, qualified } from './tables/sql.js';
import { EPISODES, LABELS } from './tables/tables.js';

/** The file in which a running engine says where its embedded database listens. */
export const ADDRESS = 'database.url';

const PICK = `SELECT l.episode, l.key, extract(epoch FROM l.from_time)::float8 * 1000 AS from_ms, extract(epoch FROM l.to_time)::float8 * 1000 AS to_ms,
  l.label, l.note, extract(epoch FROM l.mute_until)::float8 * 1000 AS mute_ms, extract(epoch FROM l.labelled_at)::float8 * 1000 AS at_ms`;

/** What people say of episodes, in a table beside them. */
export const feedback: Feedback<Settings> = {
  put: (settings, host, { episode, label, note, muteUntil, at }) =>
    withDatabase(settings, host, async (database) => {
      const labels = qualified(settings.schema, LABELS);
      const { rows } = await database.query(
        `INSERT INTO ${labels} AS l (pipeline, key, episode, from_time, to_time, label, note, mute_until, labelled_at)
         SELECT pipeline, key, id, start_time, end_time, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000)
         FROM ${qualified(settings.schema, EPISODES)} WHERE pipeline = $1 AND id = $2
         ON CONFLICT (pipeline, episode) DO UPDATE SET label = excluded.label, note = coalesce(excluded.note, l.note),
           from_time = excluded.from_time, to_time = excluded.to_time, mute_until = excluded.mute_until, labelled_at = excluded.labelled_at
         RETURNING ${PICK.slice('SELECT '.length)}`,
        [host.pipeline, episode, label, note ?? null, muteUntil ?? null, at],
      );
      return rows[0] && labelOf(rows[0]);
    }),
  list: (settings, host) =>
    withDatabase(settings, host, async (database) => {
      const { rows } = await database.query(
        `${PICK} FROM ${qualified(settings.schema, LABELS)} l WHERE pipeline = $1 ORDER BY from_time, episode`,
        [host.pipeline],
      );
      return rows.map(labelOf);
    }),
};

/** Keys that are muted just now, by the latest label of each. */
export async function mutesOf(database: Database, schema: string, pipeline: string): Promise<Mute[]> {
  const { rows } = await database.query(
    `SELECT key, extract(epoch FROM max(mute_until))::float8 * 1000 AS until FROM ${qualified(schema, LABELS)}
     WHERE pipeline = $1 AND mute_until > now() GROUP BY key`,
    [pipeline],
  );
  return rows as Mute[];
}

function labelOf(row: Record<string, unknown>): EpisodeLabel {
  const { episode, key, from_ms: from, to_ms: to, label, note, mute_ms: muteUntil, at_ms: at } = row;
  const more = { ...(note === null ? {} : { note }), ...(muteUntil === null ? {} : { muteUntil }) };
  return { episode, key, from, to, label, at, ...more } as EpisodeLabel;
}

async function withDatabase<T>(settings: Settings, host: OutsideHost, action: (database: Database) => Promise<T>): Promise<T> {
  const { url, close } = await reach(settings, host);
  const database = new Database({
    url,
    application: `quantstream ${host.pipeline} labels`,
    prepare: false,
    timeoutMs: settings.timeout,
  });
  try {
    if (settings.ddl === 'manage') {
      await makeSchema(database, settings.schema);
      for (const table of [EPISODES, LABELS])
        for (const statement of createStatements(settings.schema, table)) await database.query(statement);
    }
    return await action(database);
  } finally {
    await database.close();
    await close();
  }
}

/** The database of a pipeline: an embedded one where the engine that runs has it, else started for as long as this takes. */
async function reach({ url }: Settings, host: OutsideHost): Promise<{ url: string; close(): Promise<void> }> {
  if (url !== 'embedded') return { url, close: async () => {} };
  const running = await runningEmbedded(host);
  return running === undefined ? startEmbedded(host.dataPath('database'), 0) : { url: running, close: async () => {} };
}

/** Where an engine that runs has the embedded database of this pipeline; nothing where none does. */
export async function runningEmbedded(host: OutsideHost): Promise<string | undefined> {
  const path = host.dataPath(ADDRESS);
  if (!existsSync(path)) return undefined;
  const url = readFileSync(path, 'utf8').trim();
  return (await answers(url)) ? url : undefined;
}

async function answers(url: string): Promise<boolean> {
  const database = new Database({ url, application: 'quantstream', prepare: false, timeoutMs: 2_000 });
  try {
    await database.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await database.close();
  }
}
