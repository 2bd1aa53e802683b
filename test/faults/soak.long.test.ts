// Both halves at work for long: what they hold on to must not grow.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ROUNDS, show } from './figures.js';
import { BROKER, type Look, POSTGRES, Stage, WITHOUT } from './stage.js';

const MINUTES = ROUNDS === 1 ? 1 : Math.min(60, 6 * ROUNDS);
const RATE = 2_000;
/** A share of the time, at the beginning, that is not looked at: plans are cached, code is compiled, connections are made. */
const WARM_UP = 0.25;
/** The rest is looked at in so many pieces. */
const PIECES = 4;
/** How far the heap after a collection may be apart between two pieces, bytes. */
const FLAT = 5 * 1_048_576;

/** The least of each piece behind the warm-up: what is on its way comes and goes, and more of it on a busy machine. */
function pieces(looks: readonly Look[], of: (look: Look) => number): number[] {
  const rest = looks.slice(Math.floor(looks.length * WARM_UP));
  const size = Math.floor(rest.length / PIECES);
  return Array.from({ length: PIECES }, (_, i) => Math.min(...rest.slice(i * size, (i + 1) * size).map(of)));
}
const range = (values: readonly number[]) => Math.max(...values) - Math.min(...values);

describe.skipIf(WITHOUT !== '')(`${MINUTES} min at ${RATE} readings a second${WITHOUT}`, () => {
  it('leave the heap and the open handles of both halves as they were', { timeout: (MINUTES * 2 + 5) * 60_000 }, () => {
    // A small buffer: what waits in it while the machine is busy with something else is no growth.
    const more = { checkpoint: { every: '1s', store: 'postgres', url: POSTGRES! }, state: {}, buffer: 2_000 };
    return Stage.play({ name: 'soak', database: POSTGRES!, broker: BROKER!, rate: RATE, more }, soaked);
  });

  async function soaked(stage: Stage): Promise<void> {
    const collecting = { FAULTS_PROBE_COLLECT: 'yes', FAULTS_PROBE_EVERY: '1000' };
    const halves = { ingest: stage.ingest(collecting), detect: stage.detect('detect', collecting) };
    await sleep(MINUTES * 60_000);
    const looks = Object.entries(halves).map(([half, machine]) => [half, machine.looks] as const);
    const observations = await stage.finish();
    await stage.judged([halves.detect]);
    const { rows, lost, more, examples } = await stage.compared();
    const figures: Record<string, number> = { minutes: MINUTES, observations, rows, lost, twice: more };
    for (const [half, all] of looks) {
      expect(all.length).toBeGreaterThan(MINUTES * 30);
      const heaps = pieces(all, ({ heap, external }) => heap + external);
      const handles = pieces(all, (look) => look.handles);
      figures[`${half} heap MB`] = heaps.at(-1)! / 1_048_576;
      figures[`${half} heap ± MB`] = range(heaps) / 1_048_576;
      figures[`${half} handles`] = handles.at(-1)!;
      figures[`${half} handles ±`] = range(handles);
      figures[`${half} memory MB`] = all.at(-1)!.rss / 1_048_576;
    }
    show('soak', figures);
    expect(examples).toEqual([]);
    for (const [half, all] of looks) {
      expect(range(pieces(all, ({ heap, external }) => heap + external)), `heap of ${half}, from piece to piece`).toBeLessThan(
        FLAT,
      );
      expect(range(pieces(all, ({ handles }) => handles)), `handles of ${half}`).toBeLessThanOrEqual(2);
    }
  }
});
