// The fenced blocks of the documentation, and how the lines of a `sh` block are held against what is there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '@commander-js/extra-typings';
import { programFor } from '../src/cli/program.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8').replaceAll('\r\n', '\n');

/** The pages whose blocks are checked. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort(),
  ...readdirSync(join(ROOT, 'plugins')).map((name) => `plugins/${name}/README.md`),
];

/** What stands between two fences. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  /** What follows the language: `file=hosts.yaml`, `not-run: needs Docker`. */
  readonly mark: string;
  readonly code: string;
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; code: string[] } | undefined;
  textOf(page)
    .split('\n')
    .forEach((text, i) => {
      const fence = /^\s*```(.*)$/.exec(text);
      if (open === undefined) {
        if (fence) open = { line: i + 1, info: fence[1]!.trim(), code: [] };
      } else if (fence && fence[1]!.trim() === '') {
        const [language = '', ...mark] = open.info.split(' ');
        blocks.push({ page, line: open.line, language, mark: mark.join(' '), code: open.code.join('\n') });
        open = undefined;
      } else open.code.push(text);
    });
  if (open !== undefined) throw new Error(`${page}:${open.line}: this block is not closed`);
  return blocks;
}

/** The words of each command in a line of a shell, without comments: `a "b c" && d` is [[a, b c], [d]]. */
export function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of line.matchAll(/\s+#.*$|^#.*$|&&|\|\||[|;]|(?:[^\s"'|;&]|"[^"]*"|'[^']*')+/g)) {
    if (/^\s*#/.test(token)) break;
    if (/^(&&|\|\||[|;])$/.test(token)) commands.push([]);
    else commands.at(-1)!.push(token.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
  }
  return commands.filter((words) => words.length > 0);
}

const scripts = (): Record<string, string> => JSON.parse(textOf('package.json')).scripts;

/** Parses the words behind `engine` as the command line does, and runs nothing. @returns the options and arguments given */
export async function parsedByEngine(
  words: readonly string[],
): Promise<{ command: string; options: Record<string, unknown>; args: string[] }> {
  const program = await programFor(words);
  let found = { command: '', options: {} as Record<string, unknown>, args: [] as string[] };
  const tame = (command: Command) => {
    command.exitOverride((error) => {
      throw error;
    });
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0 || command === program)
      command.action(() => {
        found = { command: command === program ? '' : command.name(), options: command.opts(), args: command.args };
      });
    for (const below of command.commands) tame(below as unknown as Command);
  };
  tame(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'commander.helpDisplayed') throw error;
  }
  return found;
}

/** Files that stand for the reader's own: recordings, and paths that begin at the root of some machine. */
const READERS_OWN = /^\/|^(?:flight|mine|batt_a_sag)\.|[*$]/;

/** What is wrong with a command of a page, in a sentence; undefined: nothing. @param made files that earlier lines made */
export async function wrongWith(words: readonly string[], made: Set<string>): Promise<string | undefined> {
  let rest = [...words];
  const known = (file: string) => READERS_OWN.test(file) || made.has(basename(file)) || existsSync(join(ROOT, file));
  for (let assigned = /^([A-Z_]+)=/.exec(rest[0]!); assigned; assigned = /^([A-Z_]+)=/.exec(rest[0] ?? '')) {
    const read = readdirSync(join(ROOT, 'pipelines')).some((name) => textOf(`pipelines/${name}`).includes(`\${${assigned![1]}`));
    if (!read) return `no pipeline reads the variable ${assigned[1]}`;
    rest = rest.slice(1);
  }
  if (rest[0] === 'npx') rest = rest.slice(1);
  if (rest[0] === 'npm' && rest[1] === 'run' && rest[2] === 'engine' && rest[3] === '--') rest = ['engine', ...rest.slice(4)];
  const [program, first, ...others] = rest;
  if (program === 'engine') return wrongWithEngine(rest.slice(1), made, known);
  if (program === 'npm') {
    if (first === 'ci') return undefined;
    const name = first === 'run' ? others[0]! : first!;
    return name in scripts() ? undefined : `package.json has no script ${name}`;
  }
  if (program === 'node') {
    if (!/^(scripts|bench|plugins)\//.test(first!) || !existsSync(join(ROOT, first!))) return `there is no ${first}`;
    if (/with-(postgres|kafka)\.mjs$/.test(first!)) return wrongWith(others, made);
    const text = textOf(first!);
    const unknown = others
      .filter((word) => word.startsWith('--'))
      .find((word) => !new RegExp(`\\b${word.slice(2)}\\b`).test(text));
    if (unknown !== undefined) return `${first} has no option ${unknown}`;
    if (first === 'scripts/make-host-metrics.mjs') for (const name of ['metrics.csv.gz', 'labels.jsonl']) made.add(name);
    return undefined;
  }
  return `nothing is known of the command ${program}; mark the block not-run: and why`;
}

async function wrongWithEngine(
  words: string[],
  made: Set<string>,
  known: (file: string) => boolean,
): Promise<string | undefined> {
  try {
    const { command, options, args } = await parsedByEngine(words);
    const read = [options.pipeline, options.against ?? [], ['check', 'validate'].includes(command) ? args : []].flat();
    const absent = (read as (string | undefined)[]).find((file) => file !== undefined && !known(file));
    if (absent !== undefined) return `there is no ${absent}, and no earlier line makes it`;
    for (const file of [options.out, options.html]) if (typeof file === 'string') made.add(basename(file));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
