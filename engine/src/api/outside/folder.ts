// Folders that are not there yet.

import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Makes a folder and what is missing above it, from the top. Node's own way never ends where a parent is there and takes no folder, below
 * /proc say.
 * @throws what the operating system says, or that the path is a file
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  if (!statSync(path).isDirectory()) throw new Error(`${path} is a file`);
}

/** Tries whether something can be written in a folder, or whether it can be made, and leaves no trace. @throws as {@link makeFolder} */
export function tryFolder(path: string): void {
  let there = resolve(path);
  while (!existsSync(there)) there = dirname(there);
  if (!statSync(there).isDirectory()) throw new Error(`${there} is a file`);
  rmdirSync(mkdtempSync(join(there, '.quantstream-')));
}
