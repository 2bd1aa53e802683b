// Measures many things, each in a process of its own, and keeps what was measured; and tables of it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * Runs a script once for each job, so many at a time: `node SCRIPT --job JSON`, which writes to the job's `file`. What is there already is not measured again.
 * @param fileOf where a job's result is kept @returns the results
 */
export async function measureAll(script, jobs, fileOf, atOnce) {
  const queue = [...jobs];
  const results = [];
  const work = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const file = fileOf(job);
      if (!existsSync(file)) {
        const child = spawn(process.execPath, [script, '--job', JSON.stringify({ ...job, file })], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        const code = await new Promise((done) => child.once('exit', done));
        if (code !== 0) throw new Error(`${file} could not be measured`);
      }
      results.push(JSON.parse(readFileSync(file, 'utf8')));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/** A table of Markdown, the first column flush left. */
export const table = (head, rows) =>
  [`| ${head.join(' | ')} |`, `|---|${'---:|'.repeat(head.length - 1)}`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join(
    '\n',
  );
