/** Which files are recordings, and how the toolkit is to read them. */
import { QuantStreamError } from '@quantstream/engine';
import type { LineFault, LinesSettings } from '@quantstream/engine/recordings';
import { type FoundFile, findFiles, unfolded } from '@quantstream/engine/recordings';
import { type Config, patternsOf } from '../config.js';
import type { DropReason } from '../wire/trade.js';

/** How recordings are opened. The archives of data.binance.vision hold one .csv each, those of others as many as they like. */
export const CONTENT = { plugin: 'binance', endings: ['.csv', '.jsonl', '.txt'] } as const;

const REASONS: Readonly<Record<LineFault, DropReason>> = { too_long: 'frame_too_large', truncated: 'truncated_file' };

/** How the lines of recordings are read: what is wrong with one is dropped by reason. */
export function linesWith(report: (reason: DropReason, line: number, problem: string) => void): LinesSettings {
  return { ...CONTENT, report: (fault, line, problem) => report(REASONS[fault], line, problem) };
}

/** The files that a configuration names. @throws QS_SOURCE_FAILED for a pattern that names none */
export async function namedFiles(config: Config, resolvePath: (path: string) => string): Promise<FoundFile[]> {
  const filesOf = (folder: string) => `file:${folder}/*.csv.gz`;
  const files = await findFiles(patternsOf(config), { plugin: 'binance', code: 'QS_SOURCE_FAILED', resolvePath, filesOf });
  const piped = files.find((file) => file.piped);
  if (!piped) return files;
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `binance: ${piped.path} is no file: recordings are looked into before they are read`,
  );
}

/** The recordings in files: of an archive all that are in it. */
export const recordingsIn = (files: readonly FoundFile[], leftOut?: (archive: string, names: readonly string[]) => void) =>
  unfolded(files, CONTENT, leftOut);

/** What messages call a file. */
export const pathOf = ({ path, entry }: FoundFile) => (entry ? `${path}/${entry.name}` : path);
