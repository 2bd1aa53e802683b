/** Which files the configuration names, and how the toolkit is to read them. */
import { QuantStreamError } from '@quantstream/engine';
import { type FoundFile, findFiles } from '@quantstream/engine/recordings';

/** A file that the configuration names. */
export interface Named extends FoundFile {
  /** Below the fixed part of its pattern, with forward slashes and without .gz. */
  readonly key: string;
}

/** How files are opened. */
export const CONTENT = {
  plugin: 'file',
  endings: ['.csv', '.tsv', '.txt', '.jsonl', '.ndjson', '.json'],
} as const;

export const refusal = (message: string) => new QuantStreamError('QS_PLAN_DECLARATION', `file: ${message}`);

/** Every file that the patterns name, each once, by name. @throws QS_PLAN_DECLARATION where one names none */
export async function namedFiles(patterns: readonly string[], resolvePath: (path: string) => string): Promise<Named[]> {
  const filesOf = (folder: string) => `${folder}/*.csv`;
  const files = await findFiles(patterns, { plugin: 'file', code: 'QS_PLAN_DECLARATION', resolvePath, filesOf });
  return files.map((file) => ({ ...file, key: file.below.replace(/\.gz$/i, '') })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
