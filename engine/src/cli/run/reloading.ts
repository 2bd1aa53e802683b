// Changes of a pipeline file are taken over while it runs.

import { statSync } from 'node:fs';
import { messageOf } from '../../api/index.js';
import type { LogPort } from '../../compose/container.js';
import { takeoverOf } from '../../compose/takeover.js';
import type { Plan } from '../../spec/planned.js';

/** How often files are looked at, ms. */
const LOOK_EVERY = 1_000;

/** Looks at the files of a pipeline, and says of each change what becomes of it. */
export class Reloading {
  private readonly running: Plan;
  private readonly plan: () => Promise<Plan>;
  private readonly log: LogPort;
  private readonly take: (next: Plan) => void;
  private seen: string;
  private busy = false;

  /** @param plan reads the file again @param take is called with what may take over; the last counts */
  constructor(running: Plan, plan: () => Promise<Plan>, log: LogPort, take: (next: Plan) => void) {
    this.running = running;
    this.plan = plan;
    this.log = log;
    this.take = take;
    this.seen = stampsOf(running);
  }

  /** Looks now and then, and when it is asked to. @returns ends that */
  start(): () => void {
    const timer = setInterval(() => {
      const now = stampsOf(this.running);
      if (now === this.seen || this.busy) return;
      this.seen = now;
      void this.look();
    }, LOOK_EVERY);
    timer.unref();
    const asked = () => void this.look(true);
    if (ASKED !== undefined) process.on(ASKED, asked);
    return () => {
      clearInterval(timer);
      if (ASKED !== undefined) process.off(ASKED, asked);
    };
  }

  private async look(asked = false): Promise<void> {
    if (this.busy) {
      // What is being read may be older than the wish: once more then.
      this.seen = '';
      return;
    }
    this.busy = true;
    try {
      const next = await this.plan();
      const { changed, refused } = takeoverOf(this.running, next);
      if (refused.length > 0) this.refuse(`what its state depends on has changed, which takes a restart:\n${refused.join('\n')}`);
      else if (changed.length > 0) {
        this.log.info({}, `takes over what has changed in its file:\n${changed.join('\n')}`);
        this.take(next);
      } else if (asked) this.log.info({}, 'nothing has changed in its file');
    } catch (error) {
      this.refuse(messageOf(error));
    } finally {
      this.busy = false;
    }
  }

  private refuse(why: string): void {
    this.log.error({}, `the changed file is refused, and the one before runs on: ${why}`);
  }
}

/** The signal that asks for it; on Windows it is the window that closes. */
export const ASKED = process.platform === 'win32' ? undefined : ('SIGHUP' as const);

/** When each file of a plan was written, as far as can be seen. */
function stampsOf({ files }: Plan): string {
  return files
    .map((file) => {
      try {
        const { mtimeMs, size, ino } = statSync(file);
        return `${mtimeMs} ${size} ${ino}`;
      } catch {
        // While it is written anew, say.
        return '';
      }
    })
    .join('\n');
}
