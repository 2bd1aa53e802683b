// node scripts/count-tests.mjs RESULT.json …: adds up what vitest has written of several runs, in one line: `N passed, N failed, N skipped`.
import { readFileSync } from 'node:fs';

const results = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sum = (pick) => results.reduce((total, result) => total + pick(result), 0);
const passed = sum(({ numPassedTests }) => numPassedTests);
// A file that could not even be loaded has no tests, and has failed.
const failed = sum(({ numFailedTests, testResults }) => {
  const unloaded = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  return numFailedTests + unloaded.length;
});
const skipped = sum(({ numPendingTests }) => numPendingTests);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
