// Threads that do one job after the other, whatever the jobs are.

import { availableParallelism } from 'node:os';
import { lineToStarter, startThreads } from '../../adapters/threads.js';

/** How many jobs are worth doing at once. */
export const atOnce = (jobs: number): number => Math.min(jobs, availableParallelism());

/** Does jobs in threads, each as soon as one is free. @param entry what they run, see {@link takeJobs} @returns what comes of each */
export function inCrew<Job, Done>(
  entry: string,
  count: number,
  jobs: readonly Job[],
): { done: Promise<Done>[]; close(): Promise<void> } {
  const { lines, close } = startThreads(entry, count);
  const free = [...lines];
  const waiting: ((line: (typeof lines)[number]) => void)[] = [];
  const take = () => {
    const line = free.pop();
    return line ? Promise.resolve(line) : new Promise<(typeof lines)[number]>((resolve) => waiting.push(resolve));
  };
  const give = (line: (typeof lines)[number]) => {
    const next = waiting.shift();
    if (next) next(line);
    else free.push(line);
  };
  const done = jobs.map(async (job) => {
    const line = await take();
    try {
      return (await line.ask(job)) as Done;
    } finally {
      give(line);
    }
  });
  for (const one of done) one.catch(() => {});
  return { done, close };
}

/** What a thread of a crew does. */
export function takeJobs<Job>(work: (job: Job) => Promise<unknown>): void {
  lineToStarter().answer((job) => work(job as Job));
}
