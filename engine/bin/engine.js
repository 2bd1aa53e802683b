#!/usr/bin/env node
// The command `engine`. It stands here, unbuilt, so that npm can link it before anything was built.
import { existsSync } from 'node:fs';

const built = new URL('../bundle/cli.js', import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  process.stderr.write('engine: this checkout is not built yet; npm run build\n');
  process.exitCode = 1;
}
