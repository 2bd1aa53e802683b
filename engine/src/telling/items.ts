// What is to be told of episodes and incidents, and the sentences for it.

import type { Episode, Incident } from '../api/index.js';

/** What is to be told: something of an episode, or of an incident. */
export type Item = EpisodeItem | IncidentItem;

interface Told {
  readonly id: string;
  /** When it was first to be told, ms of the clock. */
  readonly since: number;
}

export interface EpisodeItem extends Told {
  readonly status: 'opened' | 'closed';
  readonly episode: Episode;
  readonly incident?: undefined;
  /** Not to be told before, ms of the clock: until then it may turn out to be part of an incident. */
  readonly due?: number;
}

export interface IncidentItem extends Told {
  readonly status: 'opened' | 'closed' | 'news';
  readonly incident: Incident;
  readonly episode?: undefined;
  readonly due?: undefined;
  /** The topics and the severity that are told by it. */
  readonly said: readonly string[];
  /** What is new in it, in words. */
  readonly news?: string;
}

const SIGNS = { info: 'ℹ️', warning: '⚠️', critical: '🚨' } as const;

const when = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
/** Columns, where a reason does not name them itself. */
const led = (columns: readonly string[], reason: string) =>
  columns.length > 0 && !columns.some((name) => reason.includes(name)) ? ` (${columns.join(', ')})` : '';

/** One sentence for people. */
export function sentenceOf(item: Pick<EpisodeItem, 'status' | 'episode'> | Item): string {
  return item.episode === undefined ? ofIncident(item as IncidentItem) : ofEpisode(item as EpisodeItem);
}

function ofEpisode({ status, episode }: Pick<EpisodeItem, 'status' | 'episode'>): string {
  const { key, pipeline, severity, reason, start, end, rows, columns } = episode;
  if (status === 'closed')
    return `✅ ${key} is ordinary again (${pipeline}): ${rows} odd ${rows === 1 ? 'row' : 'rows'} from ${when(start)} to ${when(end)}: ${reason}${led(columns, reason)}`;
  return `${SIGNS[severity]} ${severity}: ${key} (${pipeline}) since ${when(start)}: ${reason}${led(columns, reason)}`;
}

/** Names that a sentence says. */
const SAID = 5;

function ofIncident({ status, incident, news }: Pick<IncidentItem, 'status' | 'incident' | 'news'>): string {
  const { keys, names, pipeline, severity, key, start, end, columns, reason } = incident;
  const more = keys > SAID ? ` and ${keys - SAID} more` : '';
  const list = `${names.slice(0, SAID).join(', ')}${more}`;
  if (status === 'closed')
    return `✅ ${keys} keys are ordinary again (${pipeline}), from ${when(start)} to ${when(end)}: ${list}`;
  const head = `${SIGNS[severity]} ${severity}: ${keys} keys together (${pipeline}) since ${when(start)}: ${list}`;
  return `${head}; ${status === 'news' ? news : `${key}: ${reason}${led(columns, reason)}`}`;
}

/** Several episodes in one message: how many of which key, and the latest. */
function summaryOf(items: readonly Item[]): string {
  const counts = new Map<string, number>();
  for (const { episode, incident } of items) {
    const { key } = episode ?? incident;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const keys = [...counts].sort(([, a], [, b]) => b - a).slice(0, 10);
  const more = counts.size > keys.length ? ` and ${counts.size - keys.length} more keys` : '';
  const list = keys.map(([key, count]) => `${key} ×${count}`).join(', ');
  return `${items.length} more episodes in a short time: ${list}${more}. The latest: ${sentenceOf(items.at(-1)!)}`;
}

/** What is told once: of an episode that it opened and that it closed, of an incident also each thing that is new in it. */
export function nameOf({ id, status, incident }: Item): string {
  return status === 'news' ? `${id}/${incident.severity} ${incident.topics.length}` : `${id}/${status}`;
}

/** What the same items have in common whenever they are told. */
export function keyOf(items: readonly Item[]): string {
  const name = nameOf(items.at(-1)!);
  return items.length === 1 ? name : `${items.length} until ${name}`;
}

/** One sentence for one item or for several. */
export function textOf(items: readonly Item[]): string {
  return items.length === 1 ? sentenceOf(items[0]!) : summaryOf(items);
}

/** For JSON, which has no NaN. */
export const finite = (_: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value);
