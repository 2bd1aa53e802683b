import type { Command } from '@commander-js/extra-typings';
import type { Plugin } from '../../api/index.js';
import { editorSchema } from '../../spec/reference/reference.js';
import { installedPlugins } from '../installed.js';
import { printJson } from '../output.js';

/** `engine schema`: the JSON Schema of pipeline files. */
export function addSchema(program: Command): void {
  program
    .command('schema')
    .description('prints the JSON Schema of pipeline files, for editors')
    .action(async () => printJson(editorSchema((await installedPlugins()).map(({ plugin }): Plugin => plugin))));
}
