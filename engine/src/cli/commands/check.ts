// `engine check`: recordings judged without a pipeline file.

import { existsSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { makeFolder, messageOf } from '../../api/index.js';
import { type CheckReport, checkLine, checkText, foundIn, pastHtml, pastsOf, pastText, WIDTH } from '../../check/index.js';
import { inCrew } from '../../compose/threads/crew.js';
import { asJson } from '../../evaluate/report/report.js';
import { installedPlugins } from '../installed.js';
import { checkWritable, collect } from '../options.js';
import { complain, print, printColoured, printData } from '../output.js';
import {
  type CheckDone,
  type Checking,
  type CheckJob,
  doCheck,
  pipelineFor,
  refuse,
  settingsIn,
  VARIABLE,
} from '../recorded/check-recordings.js';

/** The page over several recordings, which no other may be called. */
const OVER_ALL = 'all-recordings.check.html';
const FAILED = 1;
const FOUND = 2;

/** What is left of a file's name without an ending that some plugin checks, or else without what follows its first dot. */
function stem(file: string, plugins: readonly Checking[]): string {
  const name = basename(file);
  const endings = plugins.flatMap(({ check }) => check?.endings ?? []).sort((a, b) => b.length - a.length);
  const ending = endings.find((one) => name.toLowerCase().endsWith(one) && name.length > one.length);
  return ending ? name.slice(0, -ending.length) : name.replace(/(?<=.)\..*$/, '');
}

/**
 * Where the page of each file goes: into the working directory as `NAME.check.html`; where `--html` names a folder (for several files
 * it always does) there; where it names a file, that. Files of one name are numbered.
 */
export function pagesOf(files: readonly string[], html: string | boolean, plugins: readonly Checking[]): (string | undefined)[] {
  if (html === false) return files.map(() => undefined);
  const named = typeof html === 'string' ? html : '.';
  const folder = files.length > 1 || named === '.' || (existsSync(named) && statSync(named).isDirectory());
  if (!folder) return [named];
  if (!existsSync(named)) makeFolder(named);
  const taken = new Set([OVER_ALL]);
  return files.map((file) => {
    const name = stem(file, plugins);
    let page = `${name}.check.html`;
    for (let n = 2; taken.has(page.toLowerCase()); n++) page = `${name}-${n}.check.html`;
    taken.add(page.toLowerCase());
    return join(named, page);
  });
}

interface CheckOptions {
  readonly html: string | boolean;
  readonly json: boolean;
  readonly out?: string | undefined;
  readonly set: readonly string[];
  readonly pipeline?: string | undefined;
  readonly exitCode: boolean;
  /** Whether everything that could not be judged is listed. */
  readonly details: boolean;
  /** Another recording whose settings are compared. */
  readonly against?: string | undefined;
  /** Whether recordings that do not say which entity they are of are of one. */
  readonly together: boolean;
  /** Recordings that are checked at once. */
  readonly workers?: string | undefined;
}

function checkReadable(file: string): void {
  let isFile: boolean;
  try {
    isFile = statSync(file).isFile();
  } catch (error) {
    throw refuse(`${file} cannot be read: ${messageOf(error)}`);
  }
  if (!isFile) throw refuse(`${file} is no file; give the recording itself`);
}

function workersOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw refuse(`--workers expects a whole number from 1 on, found "${text}"`);
  return count;
}

/** `engine check FILE…`. @returns the exit code */
async function checkFiles(files: readonly string[], options: CheckOptions): Promise<number> {
  const workers = workersOf(options.workers);
  const plugins = await checkingPlugins();
  // What is wrong with the arguments is said before any file is judged.
  const { against: other } = options;
  for (const file of other === undefined ? files : [...files, other]) checkReadable(file);
  const pipelines = files.map((file) => options.pipeline ?? pipelineFor(file, plugins));
  const pages = pagesOf(files, options.html, plugins);
  for (const page of pages) if (page !== undefined) checkWritable(page, '--html');
  if (options.out !== undefined) checkWritable(resolve(options.out), '--out');
  const reports: CheckReport[] = [];
  const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  const width = Math.min(WIDTH, Math.max(60, process.stdout.columns ?? WIDTH));
  const compared = other === undefined ? {} : { against: await othersSettings(other, options, plugins) };
  const jobs = files.map((file, i) => ({
    file,
    pipeline: pipelines[i]!,
    set: options.set,
    page: pages[i] !== undefined,
    ...compared,
  }));
  await eachChecked(jobs, workers, async (done, i) => {
    try {
      const { report, page: html } = await done;
      reports.push(report);
      const page = pages[i];
      if (page !== undefined) writeFileSync(page, html!);
      if (options.json) return;
      if (i > 0) print('');
      (colour ? printColoured : print)(checkText(report, { width, colour, details: options.details }));
      if (page !== undefined) print(`\nThe page with charts and map: ${page}`);
    } catch (error) {
      process.stderr.write(`${files[i]} could not be checked\n`);
      complain(error);
    }
  });
  const pasts = reports.length > 1 ? pastsOf(reports, options.together) : [];
  const json = () => asJson({ version: 1, recordings: reports, ...(pasts.length > 0 ? { entities: pasts } : {}) });
  if (options.out !== undefined) writeFileSync(resolve(options.out), `${json()}\n`);
  if (options.json) printData(json());
  else if (files.length > 1) print(['', ...reports.map(checkLine), ...asParagraph(pastText(pasts, width))].join('\n'));
  if (pasts.some(({ compared }) => compared) && pages[0] !== undefined) {
    const page = join(dirname(pages[0]), OVER_ALL);
    const pageBeside = new Map(files.map((file, i) => [file, basename(pages[i]!)]));
    writeFileSync(
      page,
      pastHtml(pasts, (file) => pageBeside.get(file)),
    );
    if (!options.json) print(`\nThe page over all of them: ${page}`);
  }
  if (reports.length < files.length) return FAILED;
  return options.exitCode && reports.some((report) => foundIn(report) > 0) ? FOUND : 0;
}

const asParagraph = (text: string): string[] => (text === '' ? [] : ['', text]);

/** How what is in the other recording was set. */
const othersSettings = (file: string, { pipeline, set }: CheckOptions, plugins: readonly Checking[]) =>
  settingsIn(file, pipeline ?? pipelineFor(file, plugins), set);

/** Checks recordings, some of them at once, and tells of each in their order. */
async function eachChecked(
  jobs: readonly CheckJob[],
  workers: number,
  tell: (done: Promise<CheckDone>, nth: number) => Promise<void>,
): Promise<void> {
  const count = Math.min(jobs.length, workers);
  if (count === 1) {
    for (const [i, job] of jobs.entries()) await tell(doCheck(job), i);
    return;
  }
  const { done, close } = inCrew<CheckJob, CheckDone>('check-thread', count, jobs);
  try {
    for (const [i, one] of done.entries()) await tell(one, i);
  } finally {
    await close();
  }
}

async function checkingPlugins(): Promise<Checking[]> {
  const all = await installedPlugins();
  return all.flatMap(({ plugin }) => (plugin.kind === 'features' ? [plugin] : []));
}

/** Adds `engine check` to the program. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description('judges recordings without a pipeline file, and says what is wrong in them, when, and what could not be judged')
    .argument('<file...>', 'recordings, of a kind that an installed features plugin checks')
    .option(
      '--html <path>',
      'where the page goes; for several recordings a folder; default: NAME.check.html in the working directory',
    )
    .option('--no-html', 'writes no page')
    .option('--details', 'lists everything that could not be judged, and why, in place of one line', false)
    .option('--against <file>', 'another recording: says which settings (parameters, say) differ from those in it')
    .option(
      '--together',
      'several recordings that do not say which entity they are of are of one: they are compared, in order of time',
      false,
    )
    .option('--json', 'for machines', false)
    .option('--out <file>', 'writes the JSON to a file')
    .option('--set <path=value>', 'overrides a value of the pipeline file; may be given again', collect, [] as string[])
    .option('-p, --pipeline <file>', `another pipeline file, in which \${${VARIABLE}} stands for the recording`)
    .option('--workers <n>', 'recordings that are checked at once; default: one for each core')
    .option('--exit-code', 'ends with 2 where something was found; 1 is a failure', false)
    // Here 2 says that something was found, so a mistake in the arguments is 1.
    .exitOverride((error) => {
      if (error.exitCode !== 0) process.exit(FAILED);
      throw error;
    })
    .action(async (files, { html, ...options }) => {
      try {
        process.exitCode = await checkFiles(files, { html: html ?? true, ...options });
      } catch (error) {
        complain(error);
        process.exitCode = FAILED;
      }
    });
}
