// Detectors on machines of their own that come and go: what another one takes over, and how long that takes.

import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { ROUNDS, show } from './figures.js';
import { BROKER, type Machine, POSTGRES, Stage, WITHOUT } from './stage.js';

/** Takeovers under load, and as many without. */
const TAKEOVERS = ROUNDS === 1 ? 4 : 6 * ROUNDS;
const PARTITIONS = 6;
/** Within which every partition has to go on, ms. */
const PROGRESS = 30_000;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** How many partitions a detector that joins so many others may count on. */
const shareOf = (detectors: number) => Math.floor(PARTITIONS / detectors);

/** Detectors at work, on a new machine each. */
class Detectors {
  readonly working = new Map<string, Machine>();
  private readonly stage: Stage;
  private named = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** Another one, which has its share. */
  async join(): Promise<void> {
    const name = `machine-${this.named++}`;
    const machine = this.stage.detect(name);
    this.working.set(name, machine);
    await this.stage.until('its share', () => machine.assigned.length >= shareOf(this.working.size));
  }

  /** Ends one, and waits until every partition has gone on; without load, until those of the one that went have somebody else. */
  async leave(
    name: string,
    signal: NodeJS.Signals,
    load: boolean,
  ): Promise<{ readonly partitions: number; readonly seconds: number }> {
    const machine = this.working.get(name)!;
    this.working.delete(name);
    const gone = new Set(machine.assigned.map((partition) => `partition-${partition}`));
    const before = await this.stage.partitions();
    const since = performance.now();
    const ended = machine.end(signal);
    const goesOn = async () => {
      const now = await this.stage.partitions();
      return [...before].every(([part, { epoch, last }]) => {
        const { epoch: newer = 0, last: later = 0 } = now.get(part) ?? {};
        return (!load || later > last) && (!gone.has(part) || newer > epoch);
      });
    };
    await this.stage.until(`every partition to go on behind ${signal}, ${load ? 'under' : 'without'} load`, goesOn, PROGRESS);
    const seconds = (performance.now() - since) / 1_000;
    await ended;
    return { partitions: gone.size, seconds };
  }
}

describe.skipIf(WITHOUT !== '')(`detectors with separate data folders${WITHOUT}`, () => {
  it(
    'take over from one another, two, three and one of them, with every row as it would have been',
    {
      timeout: 180_000 + TAKEOVERS * 120_000,
    },
    () =>
      Stage.play({ name: 'taken-over', database: POSTGRES!, broker: BROKER!, rate: 1_500, partitions: PARTITIONS }, takenOver),
  );

  async function takenOver(stage: Stage): Promise<void> {
    const uniform = random(41);
    const detectors = new Detectors(stage);
    const { working } = detectors;
    const seconds = { SIGTERM: [] as number[], SIGKILL: [] as number[], idle: [] as number[] };
    let taken = 0;
    stage.ingest();
    await detectors.join();
    await detectors.join();
    await stage.until('all partitions', async () => (await stage.partitions()).size === PARTITIONS);
    for (const load of [true, false]) {
      if (!load) await stage.rest();
      for (let takeover = 0; takeover < TAKEOVERS; takeover++) {
        // A third one joins, then one goes, and another one: one is left.
        if (takeover % 2 === 0) while (working.size < 3) await detectors.join();
        await sleep(500 + uniform() * 1_000);
        const names = [...working.keys()];
        const signal = [0, 3].includes(takeover % 4) ? 'SIGTERM' : 'SIGKILL';
        const left = await detectors.leave(names[Math.floor(uniform() * names.length)]!, signal, load);
        taken += left.partitions;
        seconds[load ? signal : 'idle'].push(left.seconds);
      }
    }
    await detectors.join();
    const observations = await stage.finish();
    await stage.judged([...working.values()]);
    const { rows, lost, more, examples } = await stage.compared();
    show('takeovers', {
      takeovers: 2 * TAKEOVERS,
      'partitions taken over': taken,
      observations,
      rows,
      lost,
      twice: more,
      'SIGTERM, median s': median(seconds.SIGTERM),
      'SIGTERM, most s': Math.max(...seconds.SIGTERM),
      'SIGKILL, median s': median(seconds.SIGKILL),
      'SIGKILL, most s': Math.max(...seconds.SIGKILL),
      'without load, most s': Math.max(...seconds.idle),
    });
    // No row of missing either that is not there without a takeover.
    expect(examples).toEqual([]);
    expect(taken).toBeGreaterThan(2 * TAKEOVERS);
  }
});
