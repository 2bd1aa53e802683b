/** Which files are recordings, and how the toolkit is to read them. */
import type { LineFault, LinesSettings } from '@quantstream/engine/recordings';
import { findFiles } from '@quantstream/engine/recordings';
import { type Config, patternsOf } from '../config.js';
import type { DropReason } from '../wire/trade.js';

/** How recordings are opened. The archives of data.binance.vision hold one .csv each. */
export const CONTENT = { plugin: 'binance', endings: ['.csv', '.jsonl', '.txt'] } as const;

const REASONS: Readonly<Record<LineFault, DropReason>> = { too_long: 'frame_too_large', truncated: 'truncated_file' };

/** How the lines of recordings are read: what is wrong with one is dropped by reason. */
export function linesWith(report: (reason: DropReason, line: number, problem: string) => void): LinesSettings {
  return { ...CONTENT, report: (fault, line, problem) => report(REASONS[fault], line, problem) };
}

/** The files that a configuration names, as absolute paths. @throws QS_SOURCE_FAILED for a pattern that names none */
export async function recordingsOf(config: Config, resolvePath: (path: string) => string): Promise<string[]> {
  const filesOf = (folder: string) => `file:${folder}/*.csv.gz`;
  const files = await findFiles(patternsOf(config), { plugin: 'binance', code: 'QS_SOURCE_FAILED', resolvePath, filesOf });
  return files.map(({ path }) => path);
}
