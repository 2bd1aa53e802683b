// The labels of a pipeline, and who else hears of them.

import { join } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { type KeptLabel, type LabelStore, type Mute, messageOf, type Said } from '../../api/index.js';
import type { Taught } from '../../judge/lessons/lessons.js';
import type { Checkpoints } from '../../ports/checkpoints.js';
import { type Change, KeptLabels, MemoryLabels } from '../../ports/labels.js';
import type { Plan } from '../../spec/planned.js';
import type { KeyState } from '../../stream/judgement.js';
import { outsideHostOf, TOKENS } from '../container.js';

/** The file in the data folder that holds what people say. */
const LABELS = 'labels.jsonl';

/** What was said and heard so far, by key. */
export function taughtBy(changes: readonly Change[]): [string, Taught[]][] {
  const byKey = new Map<string, Taught[]>();
  for (const { since, ...change } of changes)
    if (since !== undefined) byKey.set(change.key, [...(byKey.get(change.key) ?? []), { ...change, since }]);
  return [...byKey];
}

/**
 * What holds of episodes, as it would be known from the start of their stream: by key, with what their rows were like; and by episode until
 * when nobody had said it, event time.
 * @param states of the keys, once the stream was judged
 */
export async function knownFromTheStart(changes: readonly Change[], states: AsyncIterable<Pick<KeyState, 'key' | 'examples'>>) {
  const said = new Map(changes.flatMap((one) => (one.since === undefined ? [] : [[one.episode, one] as const])));
  const taught = new Map<string, Taught[]>();
  const until = new Map<string, number>();
  for await (const { key, examples } of states)
    for (const [episode, like] of examples) {
      const last = said.get(episode);
      if (!last?.holds) continue;
      taught.set(key, [...(taught.get(key) ?? []), { ...last, key, since: Number.NEGATIVE_INFINITY, like }]);
      until.set(episode, last.since!);
    }
  return { taught, until };
}

/** The labels of a pipeline: beside its checkpoints, and mirrored to sinks that keep labels too. */
export async function makeLabels(c: DependencyContainer): Promise<LabelStore> {
  const plan = c.resolve(TOKENS.plan);
  const store = await c.resolve(TOKENS.said);
  const mutes = c.resolve(TOKENS.mutes);
  const log = c.resolve(TOKENS.log).child({ part: 'labels' });
  const mute = ({ key, muteUntil = 0 }: Said) => mutes.set(key, Math.max(muteUntil, mutes.get(key) ?? 0));
  // Whom nobody is to be called for is known from the start, as far as it can be read; delivery looks again.
  try {
    for (const label of await store.list()) if (label.muteUntil !== undefined) mute(label);
  } catch (error) {
    log.warn({}, `what people said cannot be read yet, so that a mute may not hold: ${messageOf(error)}`);
  }
  const mirror = async (said: KeptLabel) => {
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
      if (kept.muteUntil !== undefined) mute(kept);
      await mirror(kept);
      return kept;
    },
    undo: async (episode) => {
      const before = (await store.list()).find((label) => label.episode === episode);
      const left = await store.undo(episode);
      // A mirror cannot forget: it hears what holds again, or at least that people are called again.
      if (before?.muteUntil !== undefined) mutes.delete(before.key);
      const heard = left ?? before;
      if (heard) await mirror({ ...heard, muteUntil: left?.muteUntil ?? c.resolve(TOKENS.clock).now() });
      return left;
    },
    list: () => store.list(),
    past: (episode) => store.past(episode),
  };
}

/** Whom nobody is to be called for, as the labels have it. */
export async function mutesIn(labels: Promise<LabelStore>): Promise<Mute[]> {
  return (await (await labels).list()).flatMap(({ key, muteUntil: until }) => (until === undefined ? [] : [{ key, until }]));
}

/** Where the labels of a pipeline are kept: where its checkpoints are; beside them in the data folder, where their store keeps none. */
export async function labelsOf(plan: Plan, checkpoints: Checkpoints, now: () => number): Promise<MemoryLabels> {
  if (plan.config.checkpoint.store === 'memory') return new MemoryLabels(now);
  if (checkpoints.notebook) return new KeptLabels(checkpoints.notebook, now);
  const { FileNotebook } = await import('../../adapters/file-notebook.js');
  return new KeptLabels(new FileNotebook(join(plan.dataDirectory, LABELS)), now);
}
