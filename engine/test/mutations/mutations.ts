// Small, correct plugins, each with one mistake in it, as authors really make them. They were written before the laws of the kits were
// extended, from experience with plugins and not from the laws, so that how many of them are caught says something about the laws.

import { FEATURES } from './mistakes/features.js';
import { MODEL } from './mistakes/model.js';
import { SINK } from './mistakes/sink.js';
import { LIVE_SOURCE, SOURCE } from './mistakes/source.js';
import type { Change, Example, Mutation } from './mutate.js';

const of = (plugin: Example, changes: readonly Change[]): Mutation[] => changes.map((change) => ({ plugin, ...change }));

export const MUTATIONS: readonly Mutation[] = [
  ...of('source', SOURCE),
  ...of('live-source', LIVE_SOURCE),
  ...of('features', FEATURES),
  ...of('model', MODEL),
  ...of('sink', SINK),
];
