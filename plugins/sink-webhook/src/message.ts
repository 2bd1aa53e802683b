// A message for people, in the form that a chat or a program takes.

import { finite, type Item, keyOf, textOf } from '@quantstream/engine/telling';
import type { Settings } from './config.js';

/** One HTTP request, as far as it depends on what is told. */
export interface Message {
  readonly body: string;
  /** The same for the same content: a receiver can drop repeats by it. */
  readonly key: string;
  /** What it adds to the address. */
  readonly path?: string;
}

/** The message for one or several items, for people. */
export function messageOf(items: readonly Item[], { format, chat }: Settings): Message {
  return { key: keyOf(items), body: JSON.stringify(content(items, textOf(items), format, chat), finite) };
}

function content(items: readonly Item[], text: string, format: Settings['format'], chat: Settings['chat']): object {
  if (format === 'slack') return { text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') };
  if (format === 'discord') return { content: text.slice(0, 2_000).toWellFormed(), allowed_mentions: { parse: [] } };
  if (format === 'telegram') return { chat_id: chat, text: text.slice(0, 4_000), disable_web_page_preview: true };
  const episodes = items.flatMap(({ status, episode }) => (episode ? [{ ...episode, status }] : []));
  const incidents = items.flatMap(({ status, incident }) => (incident ? [{ ...incident, status }] : []));
  if (items.length === 1) return { version: 1, text, ...(episodes[0] ? { episode: episodes[0] } : { incident: incidents[0] }) };
  return { version: 1, text, ...(episodes.length > 0 ? { episodes } : {}), ...(incidents.length > 0 ? { incidents } : {}) };
}
