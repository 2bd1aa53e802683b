// What sinks are lent of what people see and say: labels, what another sink keeps, the engine's door.

import { join } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { type Door, type History, type LabelStore, messageOf, type Said } from '../../api/index.js';
import { MemoryLabels } from '../../ports/labels.js';
import type { Plan } from '../../spec/planned.js';
import { outsideHostOf, TOKENS } from '../container.js';
import type { Answering } from '../outside.js';

/** The file in the data folder that holds what people say. */
const LABELS = 'labels.jsonl';

/** The labels of a pipeline: beside its checkpoints, and mirrored to sinks that keep labels too. */
export async function makeLabels(c: DependencyContainer): Promise<LabelStore> {
  const plan = c.resolve(TOKENS.plan);
  const store = await labelsOf(plan, () => c.resolve(TOKENS.clock).now());
  const mutes = c.resolve(TOKENS.mutes);
  const log = c.resolve(TOKENS.log).child({ part: 'labels' });
  const mirror = async (said: Said & { readonly at: number }) => {
    if (said.muteUntil !== undefined) mutes.set(said.key, Math.max(said.muteUntil, mutes.get(said.key) ?? 0));
    for (const { name, plugin, config } of plan.sinks) {
      if (!plugin.feedback) continue;
      try {
        await plugin.feedback.put(config, outsideHostOf(c, name), said);
      } catch (error) {
        log.warn({ sink: name }, `the label is kept, and sink ${name} does not take it: ${messageOf(error)}`);
      }
    }
  };
  return {
    put: async (said) => {
      const kept = await store.put(said);
      await mirror(kept);
      return kept;
    },
    undo: (episode) => store.undo(episode),
    list: () => store.list(),
    past: (episode) => store.past(episode),
  };
}

/** Where the labels of a pipeline are kept: in its data folder, or in memory as its checkpoints are. */
export async function labelsOf(plan: Plan, now: () => number): Promise<LabelStore> {
  if (plan.config.checkpoint.store === 'memory') return new MemoryLabels(now);
  const { FileLabels } = await import('../../adapters/file-labels.js');
  return new FileLabels(join(plan.dataDirectory, LABELS), now);
}

/** What a sink keeps, opened when somebody asks first. */
export class Histories {
  private readonly container: DependencyContainer;
  private opened: (History & { close(): Promise<void> }) | undefined;

  constructor(container: DependencyContainer) {
    this.container = container;
  }

  /** What any other sink of the pipeline keeps; nothing where none does. */
  besides(sink: string): History | undefined {
    const { sinks } = this.container.resolve(TOKENS.plan);
    const keeper = sinks.find(({ name, plugin }) => name !== sink && plugin.history);
    if (!keeper) return undefined;
    const get = (): History => {
      const { schema } = this.container.resolve(TOKENS.plan);
      this.opened ??= keeper.plugin.history!(keeper.config, outsideHostOf(this.container, keeper.name), schema);
      return this.opened;
    };
    return {
      get about() {
        return get().about;
      },
      keys: () => get().keys(),
      rows: (...asked) => get().rows(...asked),
      episodes: (...asked) => get().episodes(...asked),
      missing: (...asked) => get().missing(...asked),
    };
  }

  async close(): Promise<void> {
    await this.opened?.close();
    this.opened = undefined;
  }
}

/** The door of the engine, which opens once the pipeline listens. */
export class LaterDoor implements Door {
  private open!: (answering: Answering) => void;
  private readonly answering: Promise<Answering>;

  constructor() {
    this.answering = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  async mount(prefix: string, handler: Parameters<Door['mount']>[1]): Promise<string> {
    return (await this.answering).mount(prefix, handler);
  }

  opensTo(answering: Answering): void {
    this.open(answering);
  }
}
