// An incident that goes on: what comes to it, and how sinks get it.

import type { Episode, Incident, Severity } from '../../api/index.js';
import { isFinding } from '../../judge/said/words.js';
import type { IncidentsState, Member, Running } from '../../state/incidents.js';
import { initialBegun } from './chance.js';

export const initialIncidents = (): IncidentsState => ({
  now: Number.NEGATIVE_INFINITY,
  begun: initialBegun(),
  waiting: [],
  alone: [],
  running: [],
});

/** Names and ids that an incident says. */
const SAID = 100;
/** Columns that an incident names. */
const LEADING = 3;
/** Topics that an incident keeps. */
const TOPICS = 20;
const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** By when they began, and by key. */
export const inOrder = (a: { start: number; key: string }, b: { start: number; key: string }): number =>
  a.start - b.start || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

export const memberOf = (lane: number, { id, key, start, columns, reason, status }: Episode): Member => ({
  lane,
  id,
  key,
  start,
  columns,
  reason,
  open: status === 'open',
});

/** Takes in what an episode of it says. @returns whether that is worth saying of the incident */
export function takeIn(running: Running, { end, severity, topics }: Episode): boolean {
  running.end = Math.max(running.end, end);
  const worse = RANK[severity] > RANK[running.severity];
  if (worse) running.severity = severity;
  const fresh = topics.filter((topic) => isFinding(topic) && !running.topics.some(({ name }) => name === topic.name));
  const room = TOPICS - running.topics.length;
  if (fresh.length > 0 && room > 0) running.topics = [...running.topics, ...fresh.slice(0, room)];
  return worse || (fresh.length > 0 && room > 0);
}

/** An incident as the sinks get it. */
export function shown(running: Running, pipeline: string, status: Incident['status']): Incident {
  const { id, key, start, end, severity, topics, members, more } = running;
  const names = [...new Set(members.map((one) => one.key))];
  const first = members.find((one) => one.key === key) ?? members[0]!;
  return {
    id,
    pipeline,
    status,
    start,
    end,
    key,
    keys: names.length + more,
    names: names.slice(0, SAID),
    episodes: members.slice(0, SAID).map((one) => one.id),
    columns: sharedBy(members),
    severity,
    topics,
    reason: first.reason,
  };
}

function sharedBy(members: readonly Member[]): string[] {
  const counts = new Map<string, number>();
  for (const { columns } of members) for (const name of columns) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count * 2 >= members.length)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, LEADING)
    .map(([name]) => name);
}
