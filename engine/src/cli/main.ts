#!/usr/bin/env node
// The program `engine`: runs what the command line asks for, and ends with its exit code.

import { complain, exitCodeOf, OK, printError } from './output.js';
import { programFor } from './program.js';

// Whoever reads our output may stop reading (`| head`): then there is nobody to write for. State is safe: a restart resumes.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(OK);
  throw error;
});

// Node's warnings as one line. Of a plugin's package without a `type` it speaks although we read it all the same.
process.removeAllListeners('warning');
process.on('warning', (warning: Error & { code?: string }) => {
  if (warning.code !== 'MODULE_TYPELESS_PACKAGE_JSON') printError(`warning: ${warning.message}`);
});

try {
  await (await programFor(process.argv.slice(2))).parseAsync();
} catch (error) {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !code.startsWith('commander.')) complain(error);
  process.exitCode = exitCodeOf(error);
}
