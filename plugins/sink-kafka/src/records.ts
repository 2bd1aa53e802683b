// What becomes a record of a topic: its key, its value, what is said of it in headers.

import type { Observation, PipelineSchema, SinkBatch } from '@quantstream/engine';
import type { Written } from '@quantstream/engine/kafka';
import type { Kind } from './config.js';

/** A record, and what of the batch it was made of. */
export interface Made extends Written {
  readonly kind: string;
  readonly of: object;
}

/** What one of a kind is called, in a header and in dead letters. */
const ONE: Readonly<Record<Kind, string>> = {
  observations: 'observation',
  verdicts: 'verdict',
  anomalies: 'verdict',
  episodes: 'episode',
  incidents: 'incident',
  missing: 'missing',
};

/** The records of one kind in a batch, in its order. */
export function recordsOf(batch: SinkBatch, kind: Kind, topic: string, { pipeline }: PipelineSchema): Made[] {
  return partsOf(batch, kind).map((of) => {
    const { id, key } = of as { id?: string; key: string };
    const value = JSON.stringify(told(of, kind));
    const headers = { pipeline, kind: ONE[kind], ...(id === undefined ? {} : { id }) };
    // An incident is about several keys; its updates stay in order.
    return { kind: ONE[kind], of, topic, key: kind === 'incidents' ? id! : key, value, headers };
  });
}

function told(of: object, kind: Kind): object {
  if (kind !== 'observations') return of;
  // The moment of arrival is no part of what happened: a replay would differ. A value may be called so too, and stays.
  const { received: _, ...rest } = of as Observation;
  return rest;
}

function partsOf(batch: SinkBatch, kind: Kind): readonly object[] {
  switch (kind) {
    case 'anomalies':
      return batch.verdicts.filter(({ anomalous }) => anomalous);
    case 'incidents':
      return batch.incidents ?? [];
    default:
      return batch[kind];
  }
}
