// Looks at the files that are to be followed before anything is read.
import { stat } from 'node:fs/promises';
import type { SourceHost } from '@quantstream/engine';
import { isPiped, Mapper } from '@quantstream/engine/recordings';
import { originOf, type Settings } from '../config.js';
import { namedFiles, refusal } from '../files.js';
import { firstBlock } from '../formats/text.js';
import { planFile } from '../source.js';
import { stemOf } from './kin.js';
import { formatOf } from './plan.js';

/**
 * Looks at the columns and first rows of the files that are there.
 * @returns whether there is one for each pattern @throws QS_PLAN_DECLARATION with what is wrong
 */
export async function lookAhead(settings: Settings, host: SourceHost): Promise<boolean> {
  const mapper = new Mapper(settings, () => {}, originOf(settings));
  let all = true;
  for (const pattern of settings.path) {
    const path = host.resolvePath(pattern);
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory()) throw refusal(`${path} is a folder: name its files, as in ${pattern.replace(/\/$/, '')}/*.csv`);
    if (isPiped(path)) throw refusal(`${path} is no file: what comes through a pipe is read as it comes; leave follow out`);
    const files = await namedFiles(
      [pattern],
      (one) => host.resolvePath(one),
      () => {},
    ).catch((error: unknown) => {
      if (info) throw error;
      return [];
    });
    all &&= files.length > 0;
    for (const file of files) {
      if (file.entry) throw refusal(`${file.path} is a zip archive, which does not grow; leave follow out, or name what grows`);
      const format = settings.format ?? formatOf(stemOf(file.path), await firstBlock(file));
      await planFile(file, { ...settings, format }, mapper);
    }
  }
  return all;
}
