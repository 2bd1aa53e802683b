// An engine whose page somebody wants to look at.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../engine/bin/engine.js', import.meta.url));

/**
 * Starts a pipeline with its page on a free port.
 * @param {string} file the pipeline
 * @param {{ data: string, set?: readonly string[] }} options where it keeps its state, and what of the file is to be another
 * @returns {Promise<{ engine: import('node:child_process').ChildProcess, url: string }>} once the page can be asked; rejects with what the engine said if it ends before
 */
export async function startShown(file, { data, set = [] }) {
  const settings = ['http.listen=127.0.0.1:0', ...set].flatMap((one) => ['--set', one]);
  const engine = spawn(process.execPath, [CLI, '-p', file, ...settings], {
    env: { ...process.env, QUANTSTREAM_DATA: data },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const url = await new Promise((done, fail) => {
    engine.stderr.on('data', (piece) => {
      said += piece;
      const found = /see what it sees: (http[^"\s]+)/.exec(said);
      if (found) done(found[1]);
    });
    engine.once('exit', () => fail(new Error(`the engine ended:\n${said}`)));
  });
  return { engine, url };
}
