import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const LONG = '**/*.long.test.ts';
const FAULTS = 'test/faults/**/*.long.test.ts';
const TESTS = ['engine/{src,test}/**/*.test.ts', 'plugins/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts'];

export default defineConfig({
  // Workspace packages resolve to their TypeScript sources, so a test never sees a stale build of what it tests.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    // For whoever counts over several runs.
    ...(process.env.VITEST_JSON ? { reporters: ['default', ['json', { outputFile: process.env.VITEST_JSON }]] } : {}),
    // No test asserts a time: this only ends what hangs, also on a machine that has other work.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One more than there are cores: some tests wait, for a clock or for a process.
    maxWorkers: availableParallelism() + 1,
    // Most of the time was spent on loading the same sources once more for every file: a worker keeps what it has loaded.
    isolate: false,
    projects: [
      // What everybody runs before a change is handed on: npm test.
      { extends: true, test: { name: 'quick', include: TESTS, exclude: [LONG] } },
      // What is long by nature (whole days, all flights): npm run test:long.
      {
        extends: true,
        test: {
          name: 'long',
          include: TESTS.map((pattern) => pattern.replace('*.test.ts', '*.long.test.ts')),
          exclude: [FAULTS],
        },
      },
      // Whole systems that are killed, stopped and cut off, with real servers, one after the other: npm run test:faults.
      { extends: true, test: { name: 'faults', include: [FAULTS] } },
    ],
  },
});
