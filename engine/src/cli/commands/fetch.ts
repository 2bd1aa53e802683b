// `engine fetch`: recordings from where they are published.

import { join, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import {
  type Fetched,
  type FetchHost,
  makeFolder,
  messageOf,
  parseDuration,
  QuantStreamError,
  type SourcePlugin,
} from '../../api/index.js';
import { processOutside } from '../../compose/outside.js';
import { check } from '../../spec/file/check.js';
import { ConfigError } from '../../spec/file/problems.js';
import { parse } from '../../spec/file/read.js';
import { applySettings } from '../../spec/file/variables.js';
import { installedPlugins } from '../installed.js';
import { dataRoot } from '../options.js';
import { print, printJson } from '../output.js';
import { onStop } from '../stopping.js';

const DAY = 86_400_000;

/** A stretch of event time, ms since the epoch; `to` is not included. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** Whether it was given as so much up to now: then what is not published yet can be made up for by what came before. */
  readonly latest: boolean;
}

/** A date as its first moment and the one behind it; a time as itself, in UTC unless it says otherwise. */
function moment(text: string): { from: number; to: number } | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const from = Date.parse(`${text}T00:00:00Z`);
    // 2024-02-31 must not become a day in March.
    const exists = Number.isFinite(from) && new Date(from).toISOString().startsWith(text);
    return exists ? { from, to: from + DAY } : undefined;
  }
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined;
  const at = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`);
  return Number.isFinite(at) ? { from: at, to: at } : undefined;
}

/**
 * `2024-08-01` (a day, UTC), `2024-08-01..2024-08-07` (the last day included), `2024-08-01T12:00..2024-08-02T06:30`, or `7d`: the last
 * whole days.
 * @throws QS_CONFIG_VALUE
 */
export function parseRange(text: string, now: number): Range {
  const length = parseDuration(text);
  if (length !== undefined && length > 0) {
    const to = Math.floor(now / DAY) * DAY;
    return { from: to - Math.ceil(length / DAY) * DAY, to, latest: true };
  }
  const [first, last, ...more] = text.split('..');
  const begin = moment(first ?? '');
  const end = last === undefined ? begin : moment(last);
  if (more.length > 0 || !begin || !end || !(begin.from < end.to)) {
    throw new QuantStreamError(
      'QS_CONFIG_VALUE',
      `expected a day such as 2024-08-01, a stretch such as 2024-08-01..2024-08-07, or 7d for the last days, found "${text}"`,
    );
  }
  return { from: begin.from, to: end.to, latest: false };
}

/** The installed source of a name, if it has recordings to offer. */
export async function fetcherOf(name: string): Promise<SourcePlugin | undefined> {
  return (await fetchers()).find((plugin) => plugin.name === name);
}

async function fetchers(): Promise<SourcePlugin[]> {
  const all = await installedPlugins();
  return all.flatMap(({ plugin }) => (plugin.kind === 'source' && plugin.fetch ? [plugin] : []));
}

/** What `--with name=value` says, checked by the plugin's own schema. @throws {ConfigError} */
function optionsOf(plugin: SourcePlugin, settings: readonly string[]): unknown {
  const { tree, problems } = applySettings(parse('{}', '--with'), settings);
  const checked = check(plugin.fetch!.options, tree, [], '--with');
  const all = [...problems, ...checked.problems].map(({ code, message, place }) => ({
    code,
    message: message.replace('--set path.to=value', '--with name=value').replace(/; for example --set .*$/, ''),
    ...(place ? { place: { ...place, file: place.file.replace(/^--set\b/, '--with') } } : {}),
  }));
  if (all.length > 0) throw new ConfigError(all);
  return checked.value;
}

export interface FetchOptions {
  readonly what: string;
  readonly range: Range;
  /** Folder of the recordings; default: `recordings` in the data folder. */
  readonly out?: string;
  readonly with: readonly string[];
  readonly signal: AbortSignal;
  /** No line per file. */
  readonly quiet?: boolean;
}

/** How often what is not published yet is made up for by an earlier day. */
const SHIFTS = 3;

/** Fetches recordings with a plugin. @throws what cannot be had */
export async function fetchRecordings(plugin: SourcePlugin, options: FetchOptions): Promise<Fetched> {
  const folder = resolve(options.out ?? join(dataRoot(), 'recordings'));
  const chosen = optionsOf(plugin, options.with);
  try {
    makeFolder(folder);
  } catch (error) {
    throw new QuantStreamError(
      'QS_DATA_FOLDER',
      `the folder ${folder} cannot be made: ${messageOf(error)}; name another with --out`,
    );
  }
  const line = new ProgressLine();
  const outside = await processOutside({ level: options.quiet ? 'warn' : 'info', format: 'text', before: () => line.clear() });
  const host: FetchHost = {
    log: outside.log.child({ part: plugin.name }),
    clock: outside.clock,
    signal: options.signal,
    progress: (done, total, unit) => line.show(done, total, unit),
  };
  const { range, what } = options;
  let { from } = range;
  try {
    for (let shift = 0; ; shift++) {
      const fetched = await plugin.fetch!.run({ what, from, to: range.to, folder }, chosen, host);
      const lacking = fetched.absent.length;
      const wanted = Math.round((range.to - range.from) / DAY);
      if (!range.latest || lacking === 0 || lacking >= wanted || shift === SHIFTS) return fetched;
      const earlier = range.from - lacking * DAY;
      if (earlier === from) return fetched;
      from = earlier;
    }
  } finally {
    line.clear();
  }
}

/** How far it has come, in one line of a terminal. Elsewhere the plugin's log says it, a line a file. */
class ProgressLine {
  private shown = false;
  private files = '';
  private at = 0;

  show(done: number, total: number, unit: 'bytes' | 'files'): void {
    if (process.stderr.isTTY !== true) return;
    if (unit === 'files') this.files = `${done} of ${total} files`;
    const now = performance.now();
    if (unit === 'bytes' && now - this.at < 100) return;
    this.at = now;
    const share = unit === 'bytes' ? `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB` : '';
    process.stderr.write(`\r\x1b[2K${[this.files, share].filter(Boolean).join(', ')}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) process.stderr.write('\r\x1b[2K');
    this.shown = false;
  }
}

/** A signal that is aborted when somebody asks this process to end; call `off` behind it. */
export function interruptible(): { signal: AbortSignal; off(): void } {
  const stop = new AbortController();
  const off = onStop(() =>
    stop.abort(new QuantStreamError('QS_SOURCE_FAILED', 'interrupted; what was fetched stays, and the next time goes on')),
  );
  return { signal: stop.signal, off };
}

function report({ files, bytes, kept, absent, with: found }: Fetched): void {
  for (const file of files) print(file);
  for (const sentence of absent) print(`not there: ${sentence}`);
  const megabytes = (bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 });
  print(`${files.length} files, ${kept} of them here already; ${megabytes} MB downloaded`);
  if (files.length > 0) print(`with: ${JSON.stringify(found)}`);
}

/** Adds `engine fetch` to the program. */
export function addFetch(program: Command): void {
  program
    .command('fetch')
    .description('downloads recordings that a source can read, from where they are published')
    .argument('<source>', 'the plugin: what engine plugins lists as a source')
    .argument('<what>', "what to get, in the source's own words")
    .argument('<range>', '2024-08-01, 2024-08-01..2024-08-07 (both days included, UTC), or 7d for the last whole days')
    .option('--out <folder>', 'where the recordings go; default: recordings in the data folder')
    .option(
      '--with <name=value>',
      'an option of the source; may be given again',
      (value: string, before: string[]) => [...before, value],
      [] as string[],
    )
    .option('--json', 'for machines', false)
    .action(async (name, what, range, options) => {
      const plugin = await fetcherOf(name);
      if (!plugin) {
        const known = (await fetchers())
          .map(({ name: one, fetch }) => `${one} (engine fetch ${one} ${fetch!.example})`)
          .join(', ');
        const which = known ? `these have: ${known}` : 'no installed one has';
        throw new QuantStreamError('QS_PLUGIN_NOT_FOUND', `no installed source "${name}" has recordings to fetch; ${which}`);
      }
      const { signal, off } = interruptible();
      try {
        const stretch = parseRange(range, Date.now());
        const out = options.out === undefined ? {} : { out: options.out };
        const fetched = await fetchRecordings(plugin, {
          what,
          range: stretch,
          with: options.with,
          signal,
          quiet: options.json,
          ...out,
        });
        if (options.json) printJson(fetched);
        else report(fetched);
        if (fetched.files.length === 0) process.exitCode = 1;
      } finally {
        off();
      }
    });
}
