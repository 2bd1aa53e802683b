import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../src/database/embedded.js';

const require = createRequire(import.meta.url);

/** The version of a package that the plugin depends on. */
function versionOf(name: string): string {
  const file = join(require.resolve.paths(name)!.find((folder) => existsSync(join(folder, name)))!, name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/**
 * Puts a new, empty embedded database into a folder, unless there is one. What takes long, the first start of all, is done once for a
 * version of PGlite and copied from then on.
 */
export async function prepareDatabase(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const prepared = join(tmpdir(), `quantstream-own-role-database-${versionOf('@electric-sql/pglite')}`);
  if (!existsSync(prepared)) {
    const made = mkdtempSync(`${prepared}-`);
    await (await startEmbedded(made, 0)).close();
    try {
      renameSync(made, prepared);
    } catch {
      // Another test was faster.
      rmSync(made, { recursive: true, force: true });
    }
  }
  cpSync(prepared, folder, { recursive: true });
}
