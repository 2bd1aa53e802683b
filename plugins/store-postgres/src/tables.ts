// The tables of checkpoints, and how they are made.

import type { Ask } from './connection.js';

export const PARTS = 'quantstream_parts';
export const CHECKPOINTS = 'quantstream_checkpoints';
export const STATES = 'quantstream_states';
export const BLOBS = 'quantstream_blobs';
export const LABELS = 'quantstream_labels';

const TABLES = [PARTS, CHECKPOINTS, STATES, BLOBS];

/** Any number will do, as long as nobody else takes it. */
const LOCK = 0x51_53_43_50;

// States are dense already: to compress them costs time and gains nothing.
const STATEMENTS = [
  `CREATE TABLE IF NOT EXISTS ${PARTS} (pipeline text NOT NULL, part text NOT NULL, epoch bigint NOT NULL, last bigint NOT NULL,
    PRIMARY KEY (pipeline, part))`,
  `CREATE TABLE IF NOT EXISTS ${CHECKPOINTS} (pipeline text NOT NULL, part text NOT NULL, number bigint NOT NULL, epoch bigint NOT NULL,
    layout int NOT NULL, saved_at timestamptz NOT NULL DEFAULT now(), keys int NOT NULL, bytes bigint NOT NULL, sum bigint NOT NULL,
    meta bytea NOT NULL, digest bytea NOT NULL, PRIMARY KEY (pipeline, part, number))`,
  `CREATE TABLE IF NOT EXISTS ${STATES} (pipeline text NOT NULL, part text NOT NULL, key bytea NOT NULL, number bigint NOT NULL,
    wake float8 NOT NULL, blobs bytea NOT NULL, state bytea NOT NULL, digest bytea NOT NULL, PRIMARY KEY (pipeline, part, key, number))`,
  `ALTER TABLE ${STATES} ALTER COLUMN state SET STORAGE EXTERNAL`,
  `CREATE INDEX IF NOT EXISTS ${STATES}_by_number ON ${STATES} (pipeline, part, number)`,
  `CREATE TABLE IF NOT EXISTS ${BLOBS} (pipeline text NOT NULL, part text NOT NULL, hash bytea NOT NULL, bytes bytea NOT NULL,
    PRIMARY KEY (pipeline, part, hash))`,
  `ALTER TABLE ${BLOBS} ALTER COLUMN bytes SET STORAGE EXTERNAL`,
];

export async function haveTables(ask: Ask): Promise<boolean> {
  const [row] = await ask<{ there: boolean }>(
    'SELECT bool_and(to_regclass(name) IS NOT NULL) AS there FROM unnest($1::text[]) AS name',
    [TABLES],
  );
  return row!.there;
}

/** Makes the table of what people say, where it is not there; within a transaction. */
export async function makeLabels(ask: Ask): Promise<void> {
  const [row] = await ask<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [LABELS]);
  if (row!.there) return;
  await ask('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  await ask(`CREATE TABLE IF NOT EXISTS ${LABELS} (pipeline text NOT NULL, n bigint GENERATED ALWAYS AS IDENTITY, line text NOT NULL,
    said_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (pipeline, n))`);
}

/** Makes them where they are not there, so that a user without that right can work with those that an administrator has made. */
export async function makeTables(ask: Ask): Promise<void> {
  if (await haveTables(ask)) return;
  // Two processes that make the same table at once would both fail.
  await ask('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  for (const statement of STATEMENTS) await ask(statement);
}
