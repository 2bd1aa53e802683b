/**
 * What sinks that call people share: what is told of episodes and incidents and when, kept on disk until somebody took it.
 * @packageDocumentation
 */
export {
  finite,
  type Item,
  keyOf,
  nameOf,
  sentenceOf,
  textOf,
} from './items.js';
export { onSchema, type Telling, tellingFields } from './settings.js';
export { type Outcome, Teller, type Way } from './teller.js';
