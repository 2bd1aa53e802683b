/**
 * What sources and sinks of topics share: how a broker is named, topics read from places that are kept by whoever reads, and records written
 * in order. For topics of one's own; the channel between the halves of a pipeline is the engine's.
 * @packageDocumentation
 */

export type { Place } from '../seal.js';
export { type BrokerSettings, brokerFields } from './brokers.js';
export { lookAt } from './look.js';
export type { Loaded } from './partition.js';
export { TopicReader, type TopicReaderParts } from './reader.js';
export { TooLarge, TopicWriter, type TopicWriterParts, type Written } from './writer.js';
