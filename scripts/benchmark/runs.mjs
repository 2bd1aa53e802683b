// Runs the measurements of the benchmark one after the other within its time, and keeps what they said.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const CLI = join(ROOT, 'engine/bin/engine.js');

/** What cannot be measured here, and why. */
export class Skipped extends Error {}

/** One run of the benchmark: what was asked for, and the time that is left. */
export class Runs {
  #begin = Date.now();
  #given;
  #used = new Set();

  constructor(given) {
    this.#given = given;
  }

  get quick() {
    return this.#given.quick;
  }

  /** A folder of its own for what is made. */
  get folder() {
    return this.#given.folder;
  }

  get python() {
    return this.#given.python;
  }

  /** When what was asked for since the last call was measured, and of which commit. */
  since() {
    const used = [...this.#used].sort().join('; ');
    this.#used.clear();
    return used;
  }

  minutesGone() {
    return (Date.now() - this.#begin) / 60_000;
  }

  /** A folder of data that was named. @throws Skipped where it was not */
  data(option) {
    const folder = this.#given[option];
    if (folder === undefined || folder === false) throw new Skipped(`expected --${option}`);
    if (folder !== true && !existsSync(folder)) throw new Skipped(`there is no folder ${folder}`);
    return folder === true ? folder : resolve(folder);
  }

  /** What a script of ours prints as JSON; undefined where time ran out, which is said. */
  script(path, ...args) {
    return this.#kept([path, ...args], () => JSON.parse(this.#spawn(process.execPath, [join(ROOT, path), ...args])));
  }

  /** What a script of ours prints. */
  text(path, ...args) {
    return this.#kept([path, ...args], () => this.#spawn(process.execPath, [join(ROOT, path), ...args]));
  }

  /** What Python prints. @throws Skipped without --python */
  py(path, ...args) {
    if (this.#given.python === undefined) throw new Skipped('expected --python');
    return this.#kept([path, ...args], () => this.#spawn(this.#given.python, [join(ROOT, path), ...args]));
  }

  /** The report of one evaluation. @param pipeline as a file would say it @param args further arguments */
  evaluate(pipeline, labels, ...args) {
    return this.#kept(['evaluate', pipeline, labels, ...args], () => {
      const [file, out] = ['pipeline.yaml', 'report.json'].map((name) => join(this.folder, name));
      writeFileSync(file, JSON.stringify(pipeline));
      this.#spawn(process.execPath, [CLI, 'evaluate', '-p', file, '--labels', labels, '--out', out, ...args]);
      return JSON.parse(readFileSync(out, 'utf8')).detectors.slice(0, 3).map(brief);
    });
  }

  #kept(job, run) {
    const name = createHash('sha256').update(JSON.stringify(job)).digest('hex').slice(0, 16);
    const file = join(this.folder, `${name}.json`);
    const { when } = this.#given;
    if (existsSync(file)) {
      const before = JSON.parse(readFileSync(file, 'utf8'));
      this.#used.add(before.when);
      return before.result;
    }
    let result;
    try {
      result = run();
    } catch (error) {
      if (error.code !== 'ETIMEDOUT') throw error;
      console.error(`not measured, since its time was over: ${JSON.stringify(job)}`);
      return undefined;
    }
    writeFileSync(file, JSON.stringify({ job, when, result }));
    this.#used.add(when);
    return result;
  }

  #spawn(program, args) {
    const left = Math.max(1, this.#given.minutes * 60_000 - (Date.now() - this.#begin));
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    const done = spawnSync(program, args, { encoding: 'utf8', env, timeout: left, killSignal: 'SIGKILL', maxBuffer: 2 ** 28 });
    if (done.error) throw done.error;
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}\n${done.stderr.slice(-3_000)}`);
    return done.stdout;
  }
}

/** The figures of a detector without its lists. */
const brief = ({ name, judged, rows, vusPr, nab }) => ({ name, judged, rows, vusPr, nab });

/** A figure of a table; a dash where there is none. */
export const of = (value, digits = 2) => (typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : '–');
