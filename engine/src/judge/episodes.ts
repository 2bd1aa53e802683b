import type { Episode, EpisodeTopic, NewTopic, Severity, Topic, Verdict } from '../api/index.js';

/** When anomalies are one episode, and when one is worth saying. */
export interface EpisodeSettings {
  /** Anomalies closer together than this are one episode, ms. */
  readonly cooldownMs: number;
  /** An episode is announced once it has lasted so long, ms. */
  readonly minimumMs: number;
}

/** An episode as it is kept; one that an older version saved has no topics. */
type Kept = Omit<Episode, 'status' | 'columns' | 'topics'> & { readonly topics?: readonly EpisodeTopic[] };

/** The open episode of a key, or none. */
export type EpisodeState = {
  readonly episode: Kept;
  /** What each column has contributed so far. */
  readonly shares: Readonly<Record<string, number>>;
  /** Whether the sinks have heard of it. */
  readonly announced: boolean;
} | null;

/** Where changed episodes are put, to be sent to the sinks. */
export type EpisodeOut = (episode: Episode) => void;

/** By column, how much of a row's oddness it explains. */
export type Shares = Readonly<Record<string, number>>;

const NOTHING: readonly never[] = [];
/** Columns that a sentence names. */
const LEADING = 3;
/** An episode names as many columns as carry this part of it, up to so many. */
const CARRIED = 0.8;
const NAMED = 16;
/** Topics that an episode keeps, those of models and what the entity says apart, and how often in all it tells of one that came back. */
const TOPICS = 20;
const RETURNS = 20;
/** A column with less than this part of the strongest one's share is not worth naming. */
const WORTH = 0.1;
const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** Whether an anomaly at `time` belongs to the open episode. */
export function continues(open: EpisodeState, time: number, cooldownMs: number): boolean {
  return open !== null && time - open.episode.end <= cooldownMs;
}

/** The episode that an anomalous verdict opens or goes on with; announced once it has lasted long enough. */
export function extend(
  open: EpisodeState,
  verdict: Verdict,
  shares: Shares,
  { minimumMs }: EpisodeSettings,
  out: EpisodeOut,
  news: readonly NewTopic[] = [],
  found: readonly Topic[] = news,
) {
  const began = open === null ? begin(verdict) : goOn(open.episode, verdict);
  const episode = { ...began, topics: topicsAfter(began.topics ?? [], news, found, verdict.time) };
  const sum: Record<string, number> = { ...open?.shares };
  for (const [name, share] of Object.entries(shares)) sum[name] = (sum[name] ?? 0) + share;
  const announced = (open?.announced ?? false) || episode.end - episode.start >= minimumMs;
  const next: NonNullable<EpisodeState> = { episode, shares: sum, announced };
  if (announced) out(shown(next, 'open'));
  return next;
}

/** What of the topics of a row is new in an episode, or back after it was over, as far as there is room for it. */
export function newsIn(open: EpisodeState, topics: readonly Topic[]): readonly NewTopic[] {
  if (topics.length === 0) return NOTHING;
  const known = open?.episode.topics ?? [];
  const said = known.reduce((count, topic) => count + (topic.said ? 1 : 0), 0);
  let [room, roomToSay] = [TOPICS - known.length + said, TOPICS - said];
  let returns = RETURNS - known.reduce((sum, { again = 0 }) => sum + again, 0);
  const news: NewTopic[] = [];
  topics.forEach((topic, i) => {
    if (topics.findIndex(({ name }) => name === topic.name) !== i) return;
    const before = known.find(({ name }) => name === topic.name);
    if (!before && (topic.said ? roomToSay-- : room--) > 0) news.push(topic);
    else if (before?.over && returns-- > 0) news.push({ ...topic, again: (before.again ?? 0) + 1 });
  });
  return news;
}

/** The topics of an episode behind a row in which some were found. */
function topicsAfter(
  known: readonly EpisodeTopic[],
  news: readonly NewTopic[],
  found: readonly Topic[],
  time: number,
): readonly EpisodeTopic[] {
  if (found.length === 0) return known;
  const topics = known.map((topic): EpisodeTopic => {
    const now = found.find(({ name }) => name === topic.name);
    if (!now) return topic;
    const back = news.find(({ name }) => name === topic.name);
    // One that came back too often to be told stays over.
    if (topic.over && !back) return { ...topic, last: time };
    const { over: _, ...rest } = topic;
    return back ? { ...rest, ...back, since: time, last: time } : { ...rest, last: time };
  });
  for (const topic of news) if (topic.again === undefined) topics.push({ ...topic, time, last: time });
  return topics;
}

/** Marks topics as over that were not found for so long, while something else keeps the episode open. */
export function endTopics(
  open: NonNullable<EpisodeState>,
  time: number,
  cooldownMs: number,
  out: EpisodeOut,
): NonNullable<EpisodeState> {
  const { topics } = open.episode;
  const ends = ({ last, over }: EpisodeTopic) => !over && last !== undefined && time - last > cooldownMs;
  if (!topics?.some(ends)) return open;
  const ended = topics.map((topic): EpisodeTopic => (ends(topic) ? { ...topic, over: true } : topic));
  const next = { ...open, episode: { ...open.episode, topics: ended } };
  if (next.announced) out(shown(next, 'open'));
  return next;
}

/** What is worth knowing while the episode is open, though nothing of the row is odd. */
export function note(
  open: NonNullable<EpisodeState>,
  topics: readonly Topic[],
  time: number,
  out: EpisodeOut,
): NonNullable<EpisodeState> {
  const known = open.episode.topics ?? [];
  const noted = topicsAfter(known, newsIn(open, topics), topics, time);
  const next = { ...open, episode: { ...open.episode, topics: noted } };
  if (next.announced && noted.length > known.length) out(shown(next, 'open'));
  return next;
}

/** A row that is less odd than an anomaly, and odd enough that the episode has not ended. */
export function linger(open: NonNullable<EpisodeState>, time: number): NonNullable<EpisodeState> {
  return { ...open, episode: { ...open.episode, end: time } };
}

/** Closes what is open. */
export function closeEpisode(open: NonNullable<EpisodeState>, out: EpisodeOut): null {
  if (open.announced) out(shown(open, 'closed'));
  return null;
}

function begin(verdict: Verdict): Kept {
  return {
    id: verdict.id,
    pipeline: verdict.pipeline,
    key: verdict.key,
    kind: verdict.kind,
    start: verdict.time,
    end: verdict.time,
    ...peakOf(verdict),
    severity: verdict.severity ?? 'warning',
    rows: 1,
  };
}

function goOn(episode: Kept, verdict: Verdict): Kept {
  const severity = verdict.severity ?? 'warning';
  const higher = RANK[severity] > RANK[episode.severity];
  const next = { ...episode, end: verdict.time, rows: episode.rows + 1, severity: higher ? severity : episode.severity };
  const before = episode.peakScore - episode.threshold;
  return verdict.score - verdict.threshold > before ? { ...next, ...peakOf(verdict) } : next;
}

function peakOf(verdict: Verdict) {
  return {
    peak: verdict.time,
    peakScore: verdict.score,
    threshold: verdict.threshold,
    pValue: verdict.pValue,
    model: verdict.leading,
    version: verdict.models[verdict.leading]?.version ?? '',
    reason: verdict.reason ?? '',
  };
}

function shown({ episode, shares }: NonNullable<EpisodeState>, status: Episode['status']): Episode {
  return { ...episode, status, columns: carriersOf(shares), topics: episode.topics ?? [] };
}

/** The names with the largest shares, the largest first; at most three. */
export const leadingOf = (shares: Shares): string[] =>
  ranked(shares)
    .slice(0, LEADING)
    .map(([name]) => name);

/** As many names as carry four fifths of all shares, the largest first; at most sixteen. */
export function carriersOf(shares: Shares): string[] {
  let left = CARRIED * Object.values(shares).reduce((sum, share) => sum + share, 0);
  const names: string[] = [];
  for (const [name, share] of ranked(shares)) {
    if (left <= 0 || names.length === NAMED) break;
    names.push(name);
    left -= share;
  }
  return names;
}

/** Those that are worth naming, the largest share first. */
function ranked(shares: Shares): [name: string, share: number][] {
  const descending = Object.entries(shares)
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a);
  const least = (descending[0]?.[1] ?? 0) * WORTH;
  return descending.filter(([, share]) => share >= least);
}
