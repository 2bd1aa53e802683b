// Threads that do one job after the other, whatever the jobs are.

import { lineToStarter, startThreads } from '../../adapters/threads.js';
import { isNamed } from '../../api/index.js';

/** Does jobs in threads, each as soon as one is free. @param entry what they run, see {@link takeJobs} @returns what comes of each */
export function inCrew<Job, Done>(
  entry: string,
  count: number,
  jobs: readonly Job[],
): { done: Promise<Done>[]; close(): Promise<void> } {
  const { lines, close } = startThreads(entry, count);
  type Worker = (typeof lines)[number];
  const free = [...lines];
  let alive = lines.length;
  let waiting: { resolve: (line: Worker) => void; reject: (error: unknown) => void }[] = [];
  let lost: unknown;
  const take = (): Promise<Worker> => {
    const line = free.pop();
    if (line) return Promise.resolve(line);
    if (alive === 0) return Promise.reject(lost);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  /** A thread is gone: the others do what is left, as long as there are some. */
  const lose = (error: unknown) => {
    lost = error;
    if (--alive > 0) return;
    for (const { reject } of waiting) reject(error);
    waiting = [];
  };
  const give = (line: (typeof lines)[number]) => {
    const next = waiting.shift();
    if (next) next.resolve(line);
    else free.push(line);
  };
  const done = jobs.map(async (job) => {
    const line = await take();
    try {
      const one = (await line.ask(job)) as Done;
      give(line);
      return one;
    } catch (error) {
      if (isNamed(error) && error.code === 'QS_THREAD_FAILED') lose(error);
      else give(line);
      throw error;
    }
  });
  for (const one of done) one.catch(() => {});
  return { done, close };
}

/** What a thread of a crew does. */
export function takeJobs<Job>(work: (job: Job) => Promise<unknown>): void {
  lineToStarter().answer((job) => work(job as Job));
}
