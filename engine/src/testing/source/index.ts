// The laws of sources.

import { afterAll, describe, expect, it } from 'vitest';
import { type Observation, type PluginModule, pluginFrom, type Source, type SourcePlugin } from '../../api/index.js';
import { TestHosts } from '../host.js';

export interface SourceLaws {
  /** `with:` as a user writes it, relative paths from `directory`; ends by itself or yields at least `atLeast` observations. */
  readonly config: unknown;
  /** Prepares files in the folder that paths are relative to. */
  readonly prepare?: (directory: string) => void | Promise<void>;
  /** How many observations to look at. Default 2,000. */
  readonly atLeast?: number;
  /** Bad input: a configuration, and how many things must be dropped (by reason) while the rest flows. */
  readonly broken?: {
    readonly config: unknown;
    readonly dropped: Readonly<Record<string, number>>;
    readonly observations: number;
  };
}

/** The laws of a source plugin. Call it in a test file of the plugin. */
export function sourceLaws(module: PluginModule<SourcePlugin>, laws: SourceLaws): void {
  const plugin = pluginFrom(module);
  const hosts = new TestHosts();
  const wanted = laws.atLeast ?? 2_000;
  let prepared: Promise<void> | undefined;
  const open = async (raw: unknown): Promise<Source> => {
    prepared ??= Promise.resolve(laws.prepare?.(hosts.directory));
    await prepared;
    return plugin.create(plugin.config.parse(raw), hosts.source());
  };

  interface Taken {
    observations: Observation[];
    cursors: { cursor: string | null; after: number }[];
    missing: number;
  }
  async function take(source: Source, from: string | null, limit = wanted): Promise<Taken> {
    const taken: Taken = { observations: [], cursors: [], missing: 0 };
    const abort = new AbortController();
    for await (const batch of source.read(from, abort.signal)) {
      taken.observations.push(...batch.observations);
      taken.missing += batch.missing?.length ?? 0;
      taken.cursors.push({ cursor: batch.cursor, after: taken.observations.length });
      if (taken.observations.length >= limit) break;
    }
    abort.abort();
    await source.close?.();
    return taken;
  }
  /** What must be equal between two readings: all but the moment of arrival. */
  const essence = (observations: readonly Observation[]) => observations.map(({ received: _, ...rest }) => rest);

  describe(`${plugin.name}: laws of a source plugin`, () => {
    afterAll(() => hosts.dispose());

    it('emits only what it declares, with finite times and growing sequences', async () => {
      const emits = plugin.emits(plugin.config.parse(laws.config));
      const last = new Map<string, number>();
      const { observations } = await take(await open(laws.config), null);
      expect(observations.length).toBeGreaterThan(0);
      for (const o of observations) {
        const type = emits[o.type];
        expect(type, `type ${o.type} is not declared`).toBeDefined();
        expect(Number.isFinite(o.time) && Number.isFinite(o.received)).toBe(true);
        for (const [name, value] of Object.entries(o.values)) {
          expect(type!.fields[name], `field ${o.type}.${name} is not declared`).toBeDefined();
          expect(Number.isFinite(value), `${o.type}.${name} is ${value}`).toBe(true);
        }
        for (const [name, field] of Object.entries(type!.fields)) {
          if (!field.optional) expect(o.values[name], `${o.type}.${name} is absent`).toBeDefined();
        }
        for (const name of Object.keys(o.text ?? {})) expect(type!.text?.[name], `text ${name} is not declared`).toBeDefined();
        const stream = `${o.key}/${o.type}`;
        expect(o.sequence).toBeGreaterThan(last.get(stream) ?? Number.NEGATIVE_INFINITY);
        last.set(stream, o.sequence);
      }
    });

    it('resumes exactly from any cursor that it yielded, or says null', async () => {
      const whole = await take(await open(laws.config), null);
      const cursors = whole.cursors.filter(({ cursor }) => cursor !== null);
      const resumable = plugin.resumable?.(plugin.config.parse(laws.config), hosts.source().resolvePath) ?? true;
      expect(cursors.length > 0, 'cursors come exactly when the declaration says that it is resumable').toBe(resumable);
      for (const { cursor, after } of [cursors[0], cursors[Math.floor(cursors.length / 2)], cursors.at(-1)].filter(
        (c) => c !== undefined,
      )) {
        const rest = await take(await open(laws.config), cursor, whole.observations.length - after);
        const expected = essence(whole.observations.slice(after));
        expect(essence(rest.observations).slice(0, expected.length)).toEqual(expected);
      }
    });

    it('stops within a second of the abort, and closing twice is fine', async () => {
      const source = await open(laws.config);
      const abort = new AbortController();
      const started = performance.now();
      let aborted = 0;
      for await (const _ of source.read(null, abort.signal)) {
        if (aborted === 0) {
          aborted = performance.now();
          abort.abort(new Error('stop'));
        }
      }
      expect(performance.now() - (aborted || started)).toBeLessThan(1_000);
      await source.close?.();
      await source.close?.();
    });

    if (!laws.broken) return;
    it('counts and reports bad input, and the rest flows', async () => {
      hosts.dropped.clear();
      const taken = await take(await open(laws.broken!.config), null, Number.POSITIVE_INFINITY);
      expect(Object.fromEntries(hosts.dropped)).toEqual(laws.broken!.dropped);
      expect(taken.observations).toHaveLength(laws.broken!.observations);
    });
  });
}
