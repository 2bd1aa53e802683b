import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..');
/** The built command line: what a user starts, in a process of its own that can be killed. */
export const CLI = join(ROOT, 'engine', 'bin', 'engine.js');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line at work. */
export interface Running {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  /** Resolves when standard error holds the text; rejects when the process ends before. */
  says(text: string): Promise<void>;
  /** What it has written to standard error so far. */
  said(): string;
}

/**
 * Starts the command line in a folder, with its state below it.
 * @param environment what is added to that of the tests
 */
export function startEngine(
  directory: string,
  args: readonly string[],
  { data = 'data', environment = {} }: { data?: string; environment?: Record<string, string> } = {},
): Running {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: directory,
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, data), NODE_OPTIONS: '', ...environment },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece) => {
    stdout += piece;
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  const exit = new Promise<Exit>((done) => {
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
  const says = (text: string) =>
    new Promise<void>((done, fail) => {
      const look = () => stderr.includes(text) && done();
      child.stderr.on('data', look);
      look();
      void exit.then(() => fail(new Error(`ended without saying "${text}":\n${stderr}`)));
    });
  return { child, exit, says, said: () => stderr };
}
