// Episodes and numbers as the page gets them.

import type { Episode, Incident, KeptLabel } from '@quantstream/engine';
import type { EpisodeBar, IncidentInfo, Maybe } from '../wire.js';

/** A number, or null for one that is not there. */
export const maybe = (value: number): Maybe => (Number.isFinite(value) ? value : null);

/** What holds of each episode that somebody has spoken of. */
export type Labels = ReadonlyMap<string, KeptLabel>;

export function barOf(episode: Episode, labels: Labels): EpisodeBar {
  const { id, key, start, end, peak, status, severity, rows, model, columns, reason, topics } = episode;
  const label = labels.get(id);
  return {
    id,
    key,
    start,
    end,
    peak,
    status,
    severity,
    score: maybe(episode.peakScore),
    threshold: maybe(episode.threshold),
    pValue: maybe(episode.pValue),
    rows,
    model,
    columns,
    reason,
    topics,
    ...(episode.incident === undefined ? {} : { incident: episode.incident }),
    ...(label && { label }),
  };
}

export function incidentOf({ pipeline: _, topics: __, ...incident }: Incident): IncidentInfo {
  return incident;
}
