// The laws of failures: what a sink does while its place is away.

import { type Laws, within } from '../law.js';
import { testBatch } from './batch.js';
import { difference, type SinkTrial } from './trial.js';

const FOR_EVER = 1_000_000;
/** How long a write may try before it rejects where pauses cost nothing, ms. */
const SOME_SECONDS = 5_000;
/** Calls of the place that are made to fail, one after the other. */
const MOST_CALLS = 70;

const outcomeOf = (work: Promise<void>) =>
  within(
    SOME_SECONDS,
    work.then(
      () => ({ rejected: undefined }),
      (error: unknown) => ({ rejected: error }),
    ),
  );

/** What a sink promises while its place fails; of those whose place the author can make fail. */
export const FAILURE_LAWS: Laws<SinkTrial> = {
  'rejects while its place fails, and puts nothing away': async (trial) => {
    if (!trial.laws.fail) return undefined;
    for (const from of [1, 4, 11]) {
      const { n, sink, letters, pauses } = await trial.open(undefined, { pauses: 'none' });
      trial.laws.fail(n, from, FOR_EVER);
      const outcome = await outcomeOf(sink.write(testBatch(0, 10)));
      trial.laws.fail(n, 0, 0);
      await sink.close().catch(() => {});
      if (!outcome) return `with its place failing from call ${from} on, write neither resolves nor rejects`;
      if (pauses.count > 100) return 'with its place failing it tries for ever';
      if (!outcome.rejected) return `with its place failing from call ${from} on, write resolves`;
      if ((outcome.rejected as { retry?: unknown }).retry === false)
        return 'an outage rejects with retry: false, which ends the pipeline';
      if (letters.begun > 0)
        return `with its place failing from call ${from} on, it puts ${letters.begun} records away as dead letters`;
    }
    return undefined;
  },

  'writes the same batch after a failure anywhere, with the effect of one that did not fail': async (trial) => {
    if (!trial.laws.fail) return undefined;
    const batch = testBatch(0, 10);
    const whole = await trial.written(batch);
    for (const calls of [FOR_EVER, 1]) {
      for (let from = 1; from <= MOST_CALLS; from++) {
        const { n, sink } = await trial.open(undefined, { pauses: 'none' });
        trial.laws.fail(n, from, calls);
        const first = await outcomeOf(sink.write(batch));
        trial.laws.fail(n, 0, 0);
        if (first && !first.rejected) {
          const found = difference(await trial.read(n), whole);
          if (found) return `call ${from} fails, write resolves, and ${found}`;
        } else {
          const again = await outcomeOf(sink.write(batch));
          if (!again || again.rejected)
            return `after call ${from} has failed, the batch is refused for good: ${String(again?.rejected)}`;
          const found = difference(await trial.read(n), whole);
          if (found) return `call ${from} fails, the batch is written again, and ${found}`;
        }
        await sink.close();
      }
    }
    return undefined;
  },

  'can be opened and closed after it could not be opened': async (trial) => {
    if (!trial.laws.fail) return undefined;
    for (let from = 1; from <= 5; from++) {
      const { n, sink } = await trial.make(undefined, { pauses: 'none' });
      trial.laws.fail(n, from, FOR_EVER);
      await sink.open?.().catch(() => {});
      trial.laws.fail(n, 0, 0);
      const opened = await outcomeOf(sink.open?.() ?? Promise.resolve());
      if (!opened || opened.rejected)
        return `call ${from} of open fails, and so does open afterwards: ${String(opened?.rejected)}`;
      await sink.write(testBatch(0, 5));
      await sink.close();
      const other = await trial.make(undefined, { pauses: 'none' });
      trial.laws.fail(other.n, from, FOR_EVER);
      await other.sink.open?.().catch(() => {});
      trial.laws.fail(other.n, 0, 0);
      await other.sink.close();
    }
    return undefined;
  },

  'stops within a second while its place fails, whatever it waits for': async (trial) => {
    if (!trial.laws.fail) return undefined;
    const abort = new AbortController();
    const { n, sink } = await trial.open(undefined, { pauses: 'endless', signal: abort.signal });
    trial.laws.fail(n, 1, FOR_EVER);
    const work = outcomeOf(sink.write(testBatch(0, 5)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    abort.abort(new Error('stop'));
    const stopped = await within(1_000, work);
    trial.laws.fail(n, 0, 0);
    if (!stopped) return 'a second after the stop, write is still under way';
    await within(
      1_000,
      sink.close().catch(() => {}),
    );
    return undefined;
  },
};
