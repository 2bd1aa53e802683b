#!/usr/bin/env node
// The command `engine`. It stands here, unbuilt, so that npm can link it before anything was built.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';

// From Node 22 on, what was compiled once is kept (in the folder for temporary files): half of the start of a short run was compiling.
nodeModule.enableCompileCache?.();

const built = new URL('../bundle/cli.js', import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  process.stderr.write('engine: this checkout is not built yet; npm run build\n');
  process.exitCode = 1;
}
