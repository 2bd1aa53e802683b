// What a mail says.

import { createHash } from 'node:crypto';
import { printable } from '@quantstream/engine';
import { finite, type Item, keyOf, nameOf, textOf } from '@quantstream/engine/telling';
import type { SendMailOptions } from 'nodemailer';
import type { Settings } from './config.js';

/** Where texts are cut, characters: a subject, one of the lines; and how many items a mail holds, the latest. */
const SUBJECT = 180;
const LINE = 2_000;
const ITEMS = 50;
const PRIORITY = { info: 'normal', warning: 'normal', critical: 'high' } as const;

/** Signs that turn the direction of reading, by which a text can look like another. */
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of a stream, for a mail: whole characters, on one line, no longer than that. */
export function plain(text: string, most = LINE): string {
  const whole = printable(text.replace(TURNING, ' ').replace(/\s+/g, ' ')).toWellFormed();
  return whole.length <= most ? whole : `${whole.slice(0, most - 1).toWellFormed()}…`;
}

/** The mail for one or several items. */
export function mailOf(items: readonly Item[], { from, to, attach }: Settings): SendMailOptions {
  const last = items.at(-1)!;
  const { severity, pipeline } = last.episode ?? last.incident;
  const host = from.slice(from.lastIndexOf('@') + 1);
  const idOf = (name: string) => `<${createHash('sha256').update(`${pipeline}\n${name}`).digest('hex').slice(0, 32)}@${host}>`;
  // What is said of one episode or incident is one thread, below the mail that it began with.
  const first = idOf(`${last.id}/opened`);
  const follows = items.length === 1 && last.status !== 'opened';
  const sections = items.slice(-ITEMS).map((item) => linesOf(item));
  const more = items.length > ITEMS ? [[`and ${items.length - ITEMS} before them`]] : [];
  const lead = plain(textOf(items));
  return {
    from,
    to: [...to],
    subject: subjectOf(items),
    messageId: idOf(items.length === 1 ? nameOf(last) : keyOf(items)),
    ...(follows && { inReplyTo: first, references: [first] }),
    date: new Date(last.since),
    priority: PRIORITY[severity],
    // RFC 3834: nobody's absence is to answer.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    text: [lead, ...[...more, ...sections].map((lines) => lines.join('\n'))].join('\n\n'),
    html: [
      `<p><strong>${escaped(lead)}</strong></p>`,
      ...[...more, ...sections].map((lines) => `<p>${lines.map(escaped).join('<br>')}</p>`),
    ].join('\n'),
    ...(attach && { attachments: [attachment(items)] }),
  };
}

/** What it is about, and of what begins also how bad it is and why. */
function subjectOf(items: readonly Item[]): string {
  const last = items.at(-1)!;
  const { episode, incident, status } = last;
  const { pipeline, severity, key, reason } = episode ?? incident;
  if (items.length > 1) return plain(`${items.length} episodes in a short time (${pipeline})`, SUBJECT);
  const who = incident ? `several keys together, ${key} first` : key;
  const again = status === 'opened' ? '' : 'Re: ';
  return plain(`${again}${who} is odd (${pipeline})${status === 'opened' ? `, ${severity}: ${reason}` : ''}`, SUBJECT);
}

const iso = (time: number) => new Date(time).toISOString();

function linesOf(item: Item): string[] {
  const { episode, incident, status } = item;
  const { id, pipeline, start, end, severity, columns, reason, topics } = episode ?? incident;
  const lines = [
    incident ? `keys: ${incident.keys}, among them ${incident.names.slice(0, 20).join(', ')}` : `key: ${episode.key}`,
    `pipeline: ${pipeline}`,
    `severity: ${severity}`,
    `since: ${iso(start)}`,
    ...(status === 'closed' ? [`until: ${iso(end)}`] : []),
    ...(status === 'news' && item.news !== undefined ? [`new: ${item.news}`] : []),
    `what: ${reason}`,
    ...topics.map(({ reason: topic }) => `also: ${topic}`).filter((line) => line !== `also: ${reason}`),
    ...(columns.length > 0 ? [`columns: ${columns.join(', ')}`] : []),
    ...(episode && episode.rows > 1 ? [`odd rows: ${episode.rows}`] : []),
    `${incident ? 'incident' : 'episode'}: ${id}`,
  ];
  return lines.map((line) => plain(line));
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function attachment(items: readonly Item[]) {
  const content = items
    .slice(-ITEMS)
    .map(({ status, episode, incident }) =>
      episode ? { episode: { ...episode, status } } : { incident: { ...incident, status } },
    );
  return { filename: 'episodes.json', contentType: 'application/json', content: JSON.stringify(content, finite) };
}
