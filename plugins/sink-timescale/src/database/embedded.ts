// The embedded database, as the engine sees it.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { makeFolder } from '@quantstream/engine';

/** A database inside this process, reached over a local socket by the same client as any other. */
export interface Embedded {
  readonly url: string;
  /** Said where it could not listen where it was asked to. */
  readonly moved: string | undefined;
  close(): Promise<void>;
}

/** Whom the engine and whoever looks speak as: no superuser. */
const ROLE = 'quantstream';

/** The password of the database in a folder: made with it, and kept beside it for its owner alone. */
function passwordOf(directory: string): string {
  const path = `${directory}.password`;
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const made = randomBytes(18).toString('base64url');
  writeFileSync(path, `${made}\n`, { mode: 0o600 });
  return made;
}

/** Starts it in a folder of its own. */
export async function startEmbedded(directory: string, port: number): Promise<Embedded> {
  makeFolder(directory);
  const password = passwordOf(directory);
  // Wherever this code stands, this is the built worker: a thread needs JavaScript.
  const worker = new Worker(createRequire(import.meta.url).resolve('@quantstream/sink-timescale/embedded-worker'), {
    workerData: { directory, port, role: ROLE, password },
  });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  const started = once(worker, 'message') as Promise<[{ port: number }]>;
  const [{ port: taken }] = await Promise.race([started, failed]);
  failed.catch(() => {});
  let closing: Promise<void> | undefined;
  return {
    url: `postgresql://${ROLE}:${password}@127.0.0.1:${taken}/postgres`,
    moved: port === 0 || port === taken ? undefined : `port ${port} is somebody else's, and the embedded database took another`,
    close: () => {
      closing ??= (async () => {
        const done = once(worker, 'message');
        worker.postMessage('close');
        await Promise.race([done, once(worker, 'exit')]);
        await worker.terminate();
      })();
      return closing;
    },
  };
}
