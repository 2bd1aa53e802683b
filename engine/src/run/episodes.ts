import type { Episode, Verdict } from '../api/index.js';

/** The open episode of a key, or none. */
export type EpisodeState = Omit<Episode, 'status'> | null;

/** Where changed episodes are put, to be sent to the sinks. */
export type EpisodeOut = (episode: Episode) => void;

/** Whether an anomaly at `time` belongs to the open episode. */
export function continues(open: EpisodeState, time: number, cooldownMs: number): boolean {
  return open !== null && time - open.end <= cooldownMs;
}

/** The episode that an anomalous verdict opens or goes on with; announced either way. */
export function extend(open: EpisodeState, verdict: Verdict, out: EpisodeOut): NonNullable<EpisodeState> {
  const margin = verdict.score - verdict.threshold;
  let next: NonNullable<EpisodeState>;
  if (open === null) {
    next = {
      id: verdict.id,
      pipeline: verdict.pipeline,
      key: verdict.key,
      kind: verdict.kind,
      start: verdict.time,
      end: verdict.time,
      peak: verdict.time,
      peakScore: verdict.score,
      threshold: verdict.threshold,
      pValue: verdict.pValue,
      model: verdict.leading,
      version: verdict.models[verdict.leading]?.version ?? '',
      severity: verdict.severity ?? 'warning',
      columns: [],
      rows: 1,
      reason: verdict.reason ?? '',
    };
  } else {
    next = { ...open, end: verdict.time, rows: open.rows + 1 };
    if (margin > open.peakScore - open.threshold) {
      Object.assign(next, { peak: verdict.time, peakScore: verdict.score, threshold: verdict.threshold });
      Object.assign(next, { model: verdict.leading, reason: verdict.reason ?? '' });
    }
  }
  out({ ...next, status: 'open' });
  return next;
}

/** Closes what is open. */
export function closeEpisode(open: NonNullable<EpisodeState>, out: EpisodeOut): null {
  out({ ...open, status: 'closed' });
  return null;
}
