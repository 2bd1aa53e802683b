/** Which files the configuration names, and how the toolkit is to read them. */
import { QuantStreamError } from '@quantstream/engine';
import { type FoundFile, findFiles, natural, unfolded } from '@quantstream/engine/recordings';
import type { Peeked } from './piped.js';

/** A file that the configuration names. */
export interface Named extends FoundFile {
  /** Below the fixed part of its pattern, with forward slashes and without .gz. */
  readonly key: string;
  /** Of what comes through a pipe: it was looked into, and can be opened once. */
  content?: Peeked;
}

/** How files are opened. */
export const CONTENT = {
  plugin: 'file',
  endings: ['.csv', '.tsv', '.txt', '.jsonl', '.ndjson', '.json'],
} as const;

export const refusal = (message: string) => new QuantStreamError('QS_PLAN_DECLARATION', `file: ${message}`);

/**
 * Every file that the patterns name, each once, in natural order of their names; of archives the files in them.
 * @param leftOut told what an archive holds that is no table
 * @throws QS_PLAN_DECLARATION where a pattern names none
 */
export async function namedFiles(
  patterns: readonly string[],
  resolvePath: (path: string) => string,
  leftOut: (archive: string, names: readonly string[]) => void,
): Promise<Named[]> {
  const filesOf = (folder: string) => `${folder}/*.csv`;
  const found = await findFiles(patterns, { plugin: 'file', code: 'QS_PLAN_DECLARATION', resolvePath, filesOf });
  const files = await unfolded(found, CONTENT, leftOut);
  return files.map((file) => ({ ...file, key: file.below.replace(/\.gz$/i, '') })).sort((a, b) => natural(a.name, b.name));
}
