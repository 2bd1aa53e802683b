// Both halves are killed again and again, on the machines where they stay.

import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { ROUNDS, show } from './figures.js';
import { BROKER, POSTGRES, Stage, WITHOUT } from './stage.js';

const KILLS = 5 * ROUNDS;

describe.skipIf(WITHOUT !== '')(`both halves killed with -9${WITHOUT}`, () => {
  it('leave every table as an uninterrupted run leaves it', { timeout: 120_000 + KILLS * 60_000 }, () =>
    Stage.play(
      { name: 'killed', database: POSTGRES!, broker: BROKER!, rate: 2_000, more: { checkpoint: { every: '250ms' } } },
      killed,
    ),
  );

  async function killed(stage: Stage): Promise<void> {
    const uniform = random(31);
    let ingest = stage.ingest();
    let detect = stage.detect('detect');
    const kills = { ingest: 0, detect: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await stage.stored();
      await stage.until('more rows', async () => (await stage.stored()) > before + 500);
      await sleep(uniform() * 2_000);
      // The last one is the ingesting half, which then goes on to the end.
      const who = kill < KILLS - 1 && uniform() < 0.6 ? 'detect' : 'ingest';
      kills[who]++;
      expect((who === 'detect' ? detect : ingest).ended).toBe(false);
      if (who === 'detect') {
        await detect.end('SIGKILL');
        detect = stage.detect('detect');
      } else {
        await ingest.end('SIGKILL');
        if (kill < KILLS - 1) ingest = stage.ingest();
      }
    }
    const observations = await stage.finish(100_000);
    await stage.judged([detect]);
    const { rows, lost, more, examples } = await stage.compared();
    show('both halves killed', { kills: KILLS, observations, rows, lost, twice: more });
    expect(examples).toEqual([]);
    expect(Math.min(kills.detect, kills.ingest)).toBeGreaterThan(0);
    expect(rows).toBeGreaterThan(observations);
  }
});
