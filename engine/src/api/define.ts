// How plugins declare themselves: `defineSource`, `defineFeatures`, `defineModel`, `defineSink`, `defineStore`.

import type { z } from 'zod';
import type { FeaturesDeclaration } from './features.js';
import type { ModelDeclaration } from './model.js';
import type { SinkDeclaration } from './sink.js';
import type { SourceDeclaration } from './source.js';
import type { StoreDeclaration } from './store.js';

// A plugin whose types of config and state are forgotten: what the engine holds. Methods are bivariant, so any
// declaration fits; the engine hands each plugin only what its own schema and `initialState` made.
// biome-ignore lint/suspicious/noExplicitAny: the one place where a plugin's own types end
type AnySchema = z.ZodType<any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyState = any;

export type SourcePlugin = SourceDeclaration<AnySchema> & { readonly kind: 'source' };
export type FeaturesPlugin = FeaturesDeclaration<AnySchema, AnyState> & { readonly kind: 'features' };
export type ModelPlugin = ModelDeclaration<AnySchema, AnyState> & { readonly kind: 'model' };
export type SinkPlugin = SinkDeclaration<AnySchema> & { readonly kind: 'sink' };
export type StorePlugin = StoreDeclaration<AnySchema> & { readonly kind: 'store' };
export type Plugin = SourcePlugin | FeaturesPlugin | ModelPlugin | SinkPlugin | StorePlugin;

/** Declares where observations come from. A plugin module exports the result as its default. */
export function defineSource<Schema extends z.ZodType>(declaration: SourceDeclaration<Schema>) {
  return { kind: 'source', ...declaration } as const;
}

/** Declares how the observations of one entity become rows. */
export function defineFeatures<Schema extends z.ZodType, State>(declaration: FeaturesDeclaration<Schema, State>) {
  return { kind: 'features', ...declaration } as const;
}

/** Declares how rows are scored. */
export function defineModel<Schema extends z.ZodType, State>(declaration: ModelDeclaration<Schema, State>) {
  return { kind: 'model', ...declaration } as const;
}

/** Declares where verdicts go. */
export function defineSink<Schema extends z.ZodType>(declaration: SinkDeclaration<Schema>) {
  return { kind: 'sink', ...declaration } as const;
}

/** Declares where checkpoints are kept. */
export function defineStore<Schema extends z.ZodType>(declaration: StoreDeclaration<Schema>) {
  return { kind: 'store', ...declaration } as const;
}
