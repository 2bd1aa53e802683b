import type { Episode } from '@quantstream/engine';
import type { Settings } from './config.js';

/** What is to be told: an episode, or several at once. */
export interface Item {
  readonly id: string;
  readonly status: 'opened' | 'closed';
  readonly episode: Episode;
  /** When it was first to be told, ms of the clock. */
  readonly since: number;
}

/** One HTTP request, as far as it depends on what is told. */
export interface Message {
  readonly body: string;
  /** The same for the same content: a receiver can drop repeats by it. */
  readonly key: string;
}

const SIGNS = { info: 'ℹ️', warning: '⚠️', critical: '🚨' } as const;

/** One sentence for people. */
export function sentenceOf({ status, episode }: Pick<Item, 'status' | 'episode'>): string {
  const { key, pipeline, severity, reason, start, end, rows, columns } = episode;
  const when = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const led = columns.length > 0 && !columns.some((name) => reason.includes(name)) ? ` (${columns.join(', ')})` : '';
  if (status === 'closed')
    return `✅ ${key} is ordinary again (${pipeline}): ${rows} odd ${rows === 1 ? 'row' : 'rows'} from ${when(start)} to ${when(end)}: ${reason}${led}`;
  return `${SIGNS[severity]} ${severity}: ${key} (${pipeline}) since ${when(start)}: ${reason}${led}`;
}

/** Several episodes in one message: how many of which key, and the latest. */
export function summaryOf(items: readonly Item[]): string {
  const counts = new Map<string, number>();
  for (const { episode } of items) counts.set(episode.key, (counts.get(episode.key) ?? 0) + 1);
  const keys = [...counts].sort(([, a], [, b]) => b - a).slice(0, 10);
  const more = counts.size > keys.length ? ` and ${counts.size - keys.length} more keys` : '';
  const list = keys.map(([key, count]) => `${key} ×${count}`).join(', ');
  return `${items.length} more episodes in a short time: ${list}${more}. The latest: ${sentenceOf(items.at(-1)!)}`;
}

/** The message for one or several items. */
export function messageOf(items: readonly Item[], { format, chat }: Settings): Message {
  const [only] = items;
  const key =
    items.length === 1 ? `${only!.id}/${only!.status}` : `${items.length} until ${items.at(-1)!.id}/${items.at(-1)!.status}`;
  const text = items.length === 1 ? sentenceOf(only!) : summaryOf(items);
  return { key, body: JSON.stringify(content(items, text, format, chat), finite) };
}

function content(items: readonly Item[], text: string, format: Settings['format'], chat: Settings['chat']): object {
  if (format === 'slack') return { text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') };
  if (format === 'telegram') return { chat_id: chat, text: text.slice(0, 4_000), disable_web_page_preview: true };
  const told = items.map(({ status, episode }) => ({ ...episode, status }));
  return told.length === 1 ? { version: 1, text, episode: told[0] } : { version: 1, text, episodes: told };
}

const finite = (_: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value);
