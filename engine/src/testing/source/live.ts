// The laws of sources that listen: what they do while the other end speaks, is quiet, is rude, or is gone.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Laws } from '../law.js';
import { within } from '../law.js';
import type { Station } from './given.js';
import { lateIn } from './times.js';
import { MOST_BATCHES, Reading, type SourceTrial } from './trial.js';

/** How long the other end waits for what should come at once, ms: generous, as machines are busy. */
const SOON = 3_000;
const BURST = 2_000;
const ENDLESS = 4_000_000;
const QUIET = 800;

/** A source that is being read beside us. */
class Listening {
  readonly reading = new Reading();
  private readonly abort = new AbortController();
  private done: Promise<void> | undefined;
  private failure: unknown;
  private readonly leaving = { now: false };

  async begin(trial: SourceTrial, config: unknown): Promise<this> {
    const source = await trial.open(config, this.reading);
    const read = async () => {
      let after = 0;
      for await (const batch of source.read(null, this.abort.signal)) {
        this.reading.take(batch);
        if (this.abort.signal.aborted && ++after > MOST_BATCHES) {
          this.failure = new Error('it goes on after the stop');
          break;
        }
        if (this.leaving.now) break;
      }
      await source.close?.();
    };
    this.done = read().catch((error: unknown) => {
      this.failure = error;
    });
    return this;
  }

  /** Waits until something has come about. @returns whether it has */
  async until(come: () => boolean, ms = SOON): Promise<boolean> {
    const end = Date.now() + ms;
    while (!come() && this.failure === undefined && Date.now() < end) await sleep(10);
    return come();
  }

  heard(count: number, ms?: number): Promise<boolean> {
    return this.until(() => this.reading.observations.length >= count, ms);
  }

  /** Tells it to stop, or leaves. @returns whether it has ended within a second */
  async end(how: 'stop' | 'leave' = 'stop'): Promise<string | undefined> {
    if (how === 'leave') this.leaving.now = true;
    else this.abort.abort(new Error('stop'));
    const ended = await within(
      1_000,
      this.done!.then(() => true),
    );
    this.abort.abort(new Error('over'));
    if (this.failure !== undefined) return (this.failure as Error).message;
    return ended ? undefined : `a second after ${how === 'leave' ? 'its reader has left' : 'the stop'} it is still there`;
  }
}

/** Listens to a station of the author, and looks after both. */
async function listening(
  trial: SourceTrial,
  look: (ear: Listening, station: Station) => Promise<string | undefined>,
): Promise<string | undefined> {
  const { live } = trial.laws;
  if (!live) return undefined;
  const station = await live.open(await trial.address());
  const ear = await new Listening().begin(trial, station.config);
  try {
    return await look(ear, station);
  } finally {
    await ear.end();
    await station.close();
  }
}

/** What a source promises that listens; of those whose author gives the other end. */
export const LIVE_LAWS: Laws<SourceTrial> = {
  'hears all that is said, in pieces of any size, soon after a burst': (trial) =>
    listening(trial, async (ear, station) => {
      await within(SOON, station.say(BURST));
      await ear.heard(BURST);
      const { observations, drops } = ear.reading;
      if (drops.length > 0) return `it drops ${drops[0]!.slice(0, 100)}`;
      if (observations.length !== BURST) return `of ${BURST} records ${observations.length} have come`;
      const wrong = observations.find(({ key }) => key.includes('\ufffd'));
      return (wrong && `the key ${wrong.key} is broken`) ?? lateIn(ear.reading);
    }),

  'drops a bad record, counts it, and hears the rest on the same connection': (trial) =>
    listening(trial, async (ear, station) => {
      await within(SOON, station.say(50));
      await ear.heard(50);
      const told = ear.reading.troubles.filter((why) => why !== undefined).length;
      await station.sayBad();
      await within(SOON, station.say(50));
      await ear.heard(100);
      const { observations, droppedCount, troubles } = ear.reading;
      if (troubles.filter((why) => why !== undefined).length > told || station.connections > 1)
        return 'a bad record costs it the connection';
      if (droppedCount === 0) return 'a bad record is not counted';
      return observations.length < 100 ? `of 100 good records around a bad one ${observations.length} come` : undefined;
    }),

  'drops a record that never ends before it fills the memory': (trial) =>
    listening(trial, async (ear, station) => {
      if (!station.sayEndless) return undefined;
      await within(SOON, station.say(1));
      await within(SOON, station.sayEndless(ENDLESS));
      const dropped = await ear.until(() => ear.reading.droppedCount > 0);
      return dropped ? undefined : `of a record of ${ENDLESS} bytes that has not ended nothing is dropped`;
    }),

  'says how far time has come while nobody speaks': (trial) =>
    listening(trial, async (ear, station) => {
      await within(SOON, station.say(10));
      await ear.heard(10);
      const told = () => ear.reading.batches.filter(({ watermark }) => watermark !== undefined).length;
      const before = told();
      await sleep(QUIET);
      return told() - before < 3 ? `in ${QUIET} ms of silence it tells the time ${told() - before} times` : undefined;
    }),

  'ends within a second of the stop, and of the leave of its reader, while nobody speaks': async (trial) => {
    for (const how of ['stop', 'leave'] as const) {
      const found = await listening(trial, async (ear, station) => {
        await within(SOON, station.say(10));
        await ear.heard(10);
        return ear.end(how);
      });
      if (found) return found;
    }
    return undefined;
  },

  'tells trouble where nobody is, and ends within a second of the stop there too': async (trial) => {
    const { live } = trial.laws;
    if (!live || trial.plugin.door) return undefined;
    const ear = await new Listening().begin(trial, live.nobody);
    const told = await ear.until(() => ear.reading.troubles.some((why) => why !== undefined));
    return (await ear.end()) ?? (told ? undefined : 'nobody is there, and it tells no trouble');
  },

  'comes again after a lost connection, and tells what that cost as missing': (trial) =>
    listening(trial, async (ear, station) => {
      // Who comes to a door keeps what was not taken there.
      if (trial.plugin.door) return undefined;
      const { reading } = ear;
      await within(SOON, station.say(50));
      await ear.heard(50);
      await sleep(200);
      const told = reading.batches.findLast(({ watermark }) => watermark !== undefined)?.watermark;
      const before = reading.missing.length;
      station.hangUp();
      if (!(await ear.until(() => station.connections > 1))) return 'it does not connect again';
      await within(SOON, station.say(50));
      if (!(await ear.heard(100))) return `after a lost connection ${reading.observations.length - 50} of 50 records come`;
      if (station.keeps) {
        const told = reading.missing[before];
        return told ? `nothing was lost, and "${told.reason}" is told as missing` : lateIn(reading);
      }
      const [missing] = reading.missing;
      if (!missing) return 'what was lost is not told as missing';
      const first = reading.observations[50]!;
      if (!(missing.from < missing.to)) return `what was lost is told from ${missing.from} to ${missing.to}`;
      if (missing.from > (told ?? reading.observations[49]!.time))
        return `what was lost begins at ${missing.from}, behind the last watermark ${told}`;
      if (missing.to < reading.observations[49]!.time)
        return `what was lost ends at ${missing.to}, and what comes next is of ${first.time}`;
      if (reading.troubles.at(-1) !== undefined) return `it still tells trouble: ${reading.troubles.at(-1)}`;
      return lateIn(reading);
    }),
};
