// What sinks keep, for the others.

import type { History, OutsideHost } from '../../api/index.js';
import type { Plan } from '../../spec/planned.js';

/** What a sink keeps, opened when somebody asks first. */
export class Histories {
  private readonly plan: Plan;
  private readonly hostOf: (sink: string) => OutsideHost;
  private opened: (History & { close(): Promise<void> }) | undefined;

  /** @param hostOf what a sink is lent */
  constructor(plan: Plan, hostOf: (sink: string) => OutsideHost) {
    this.plan = plan;
    this.hostOf = hostOf;
  }

  /** What any other sink of the pipeline keeps; nothing where none does. */
  besides(sink: string): History | undefined {
    const { sinks, schema } = this.plan;
    const keeper = sinks.find(({ name, plugin }) => name !== sink && plugin.history);
    if (!keeper) return undefined;
    const get = (): History => {
      this.opened ??= keeper.plugin.history!(keeper.config, this.hostOf(keeper.name), schema);
      return this.opened;
    };
    return {
      get about() {
        return get().about;
      },
      keys: () => get().keys(),
      rows: (...asked) => get().rows(...asked),
      parts: (...asked) => get().parts(...asked),
      heat: (...asked) => get().heat(...asked),
      episodes: (...asked) => get().episodes(...asked),
      incidents: (...asked) => get().incidents(...asked),
      missing: (...asked) => get().missing(...asked),
    };
  }

  async close(): Promise<void> {
    await this.opened?.close();
    this.opened = undefined;
  }
}
