import { z } from 'zod';
import { defineFeatures, defineModel, defineSink, defineSource, defineStore } from './define.js';
import { QuantStreamError } from './errors.js';
import { clearExplanation, immutable, newExplanation, strongestColumns } from './model.js';
import { gaussian, generator, random, seedWords, uniform } from './random/random.js';
import { corruptState, fenced, otherLayout } from './store.js';
import { sayAny } from './text/any.js';
import { nearest } from './text/nearest.js';
import { duration } from './text/units.js';

/** What a plugin in a plain folder is handed, so that it needs nothing installed beside it. */
export const TOOLKIT = {
  clearExplanation,
  corruptState,
  defineSource,
  defineFeatures,
  defineModel,
  defineSink,
  defineStore,
  duration,
  fenced,
  gaussian,
  generator,
  immutable,
  newExplanation,
  nearest,
  otherLayout,
  QuantStreamError,
  random,
  sayAny,
  seedWords,
  strongestColumns,
  uniform,
  z,
};
export type Toolkit = typeof TOOLKIT;

/** A plugin, or a function that makes it from the toolkit: the default export of a plugin's module. */
export type PluginModule<P> = P | ((toolkit: Toolkit) => P);

/** The plugin of a module's default export. */
export function pluginFrom<P>(given: PluginModule<P>): P {
  return typeof given === 'function' ? (given as (toolkit: Toolkit) => P)(TOOLKIT) : given;
}
