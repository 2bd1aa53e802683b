// The threads of a pipeline, and how its lanes are judged in them.

import type { DependencyContainer } from 'tsyringe';
import { startThreads } from '../../adapters/threads.js';
import type { Taught } from '../../judge/lessons/lessons.js';
import type { CheckpointStore } from '../../ports/checkpoints.js';
import { unheardMetrics } from '../../ports/metrics.js';
import type { Threads } from '../../ports/threads.js';
import type { Replan } from '../../spec/planned.js';
import type { Judgement, JudgementParts } from '../../stream/judgement.js';
import { JudgedInThreads, type Stores } from '../../stream/threads/judged-in-threads.js';
import type { Share } from '../../stream/threads/judging.js';
import type { Plea } from '../../stream/threads/messages.js';
import { TOKENS } from '../container.js';
import { entityHosts } from '../models.js';
import { hear, isNews } from './news.js';

/** What a thread is told at its start. */
export interface Given {
  readonly replan: Replan;
  readonly share: Share;
  /** What keys were taught before. */
  readonly taught: ReadonlyMap<string, readonly Taught[]>;
  /** Whether somebody can ask for metrics. */
  readonly heard: boolean;
}

/** How the lanes of a pipeline are judged, and an end to the threads that do. */
export interface Workforce {
  judgementOf(parts: JudgementParts, store: CheckpointStore, lane: number): Judgement;
  close(): Promise<void>;
}

/** Starts the threads of a pipeline when the first lane needs them. @param of how many */
export function workforceOf(c: DependencyContainer, of: number): Workforce {
  const { file, files, directory, dataRoot, tree } = c.resolve(TOKENS.plan);
  const log = c.resolve(TOKENS.log);
  const metrics = c.resolve(TOKENS.metrics);
  const hosts = entityHosts(c);
  const stores: Stores = new Map();
  const replan = { file, files, directory, dataRoot, tree };
  let threads: Threads | undefined;
  const start = (): Threads => {
    const started = startThreads(
      'thread',
      of,
      (nth): Given => ({ replan, share: { nth, of }, taught: c.resolve(TOKENS.taught), heard: metrics !== unheardMetrics }),
    );
    for (const line of started.lines)
      line.answer((said) => {
        if (isNews(said)) hear(said, log, metrics, hosts);
        else return stores.get((said as Plea).lane)?.(said as Plea, line);
        return undefined;
      });
    log.info({ workers: of }, `${of} threads judge`);
    return started;
  };
  return {
    judgementOf: (parts, store, lane) => {
      threads ??= start();
      return new JudgedInThreads(parts, threads.lines, store, lane, stores);
    },
    close: async () => threads?.close(),
  };
}
