// Receivers that keep alerts themselves: what opens one, and what resolves the same one.

import { createHash } from 'node:crypto';
import type { Severity } from '@quantstream/engine';
import { finite, type Item, keyOf, sentenceOf } from '@quantstream/engine/telling';
import type { Settings } from './config.js';
import { type Message, messageOf } from './message.js';

/** An open alert that nobody closes is over after so long, for Alertmanager, ms. */
const LONGEST = 86_400_000;
const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
const OPSGENIE = 'https://api.opsgenie.com';
const PRIORITY: Readonly<Record<Severity, string>> = { critical: 'P1', warning: 'P3', info: 'P5' };
/** Formats whose messages say that it is over, unless `on` says otherwise. */
const RESOLVING: readonly Settings['format'][] = ['alertmanager', 'pagerduty', 'opsgenie', 'state'];
/** Formats of which a request holds one alert. */
const SINGLE: readonly Settings['format'][] = ['pagerduty', 'opsgenie', 'state'];

export const resolves = ({ format }: Settings): boolean => RESOLVING.includes(format);
export const isSingle = ({ format }: Settings): boolean => SINGLE.includes(format);

/** Where the messages of a format go, without what a message adds; `undefined` for formats whose address is `url` as it is. */
export function placeOf({ format, url }: Settings): string | undefined {
  const base = url?.replace(/\/+$/, '');
  if (format === 'alertmanager') return base?.endsWith('/api/v2/alerts') ? base : `${base}/api/v2/alerts`;
  if (format === 'pagerduty') return base ?? PAGERDUTY;
  return format === 'opsgenie' ? `${base ?? OPSGENIE}/v2/alerts` : undefined;
}

/** How a receiver knows who speaks, beside the address. */
export function keyFor({ format, token }: Settings): Record<string, string> {
  return format === 'opsgenie' ? { authorization: `GenieKey ${token}` } : {};
}

/**
 * The message for one or several items.
 * @param raised the severity that each was told with first, by id: a label that stays the same until it is over
 * @param now ms of the clock
 */
export function messageFor(
  items: readonly Item[],
  settings: Settings,
  raised: ReadonlyMap<string, Severity>,
  now: number,
): Message {
  const alert = alertOf(items, settings, raised, now);
  if (!alert) return messageOf(items, settings);
  return {
    key: keyOf(items),
    body: JSON.stringify(alert.content, finite),
    ...(alert.path !== undefined && { path: alert.path }),
  };
}

function alertOf(
  items: readonly Item[],
  settings: Settings,
  raised: ReadonlyMap<string, Severity>,
  now: number,
): { readonly content: object; readonly path?: string } | undefined {
  const { format } = settings;
  if (format === 'alertmanager') return { content: items.map((item) => alertmanager(item, raised.get(item.id), now)) };
  const item = items[0]!;
  if (format === 'pagerduty') return { content: pagerduty(item, settings) };
  if (format === 'opsgenie') return opsgenie(item);
  return format === 'state' ? { content: state(item) } : undefined;
}

const iso = (time: number) => new Date(time).toISOString();
/** Where a text is cut, whole characters stay. */
const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`);
/** The same for the same alert, and short enough for all receivers. */
const aliasOf = (id: string) => (id.length <= 200 ? id : createHash('sha256').update(id).digest('hex'));

/** An alert of the API v2 of Alertmanager (its openapi.yaml, postableAlert). Its labels are what it is known by. */
function alertmanager(item: Item, raised: Severity | undefined, now: number) {
  const { episode, incident } = item;
  const { id, pipeline, key, start, end, severity, reason, columns } = episode ?? incident;
  return {
    labels: {
      alertname: incident ? 'QuantStreamIncident' : 'QuantStreamAnomaly',
      pipeline,
      key: key.toWellFormed(),
      severity: raised ?? severity,
      [incident ? 'incident' : 'episode']: aliasOf(id).toWellFormed(),
    },
    annotations: {
      summary: sentenceOf(item).toWellFormed(),
      description: reason.toWellFormed(),
      columns: columns.join(', '),
      severity,
    },
    startsAt: iso(start),
    // What has ended in the data may be ahead of the receiver's clock, and would go on until then.
    endsAt: iso(item.status === 'closed' ? Math.max(start, Math.min(end, now)) : now + LONGEST),
  };
}

/** An event of the Events API v2 of PagerDuty. */
function pagerduty(item: Item, { token }: Settings) {
  const { episode, incident, status } = item;
  const { id, pipeline, key, start, severity, reason, columns } = episode ?? incident;
  const event = { routing_key: token, dedup_key: aliasOf(id) };
  if (status === 'closed') return { ...event, event_action: 'resolve' };
  return {
    ...event,
    event_action: 'trigger',
    payload: {
      summary: cut(sentenceOf(item), 1_024),
      source: key,
      severity,
      timestamp: iso(start),
      component: key,
      group: pipeline,
      class: incident ? 'incident' : 'anomaly',
      custom_details: { reason, columns, ...(incident && { keys: incident.names }) },
    },
  };
}

/** An alert of Opsgenie: created, or closed by its alias. */
function opsgenie(item: Item) {
  const { episode, incident, status } = item;
  const { id, pipeline, key, severity, reason, columns } = episode ?? incident;
  const alias = aliasOf(id);
  if (status === 'closed')
    return {
      path: `/${encodeURIComponent(alias.toWellFormed())}/close?identifierType=alias`,
      content: { source: pipeline, note: cut(sentenceOf(item), 25_000) },
    };
  const content = {
    message: cut(sentenceOf(item), 130),
    alias,
    description: cut(sentenceOf(item), 15_000),
    priority: PRIORITY[severity],
    source: pipeline,
    entity: key,
    tags: [pipeline, severity],
    details: { reason: cut(reason, 4_000), columns: columns.join(', '), ...(incident && { keys: incident.names.join(', ') }) },
  };
  return { content };
}

/** What a program can act on: abnormal since, normal again since. */
function state(item: Item) {
  const { episode, incident, status } = item;
  const { id, pipeline, key, start, end, severity, reason } = episode ?? incident;
  const over = status === 'closed';
  return {
    version: 1,
    id,
    pipeline,
    keys: incident ? incident.names : [key],
    state: over ? 'normal' : 'abnormal',
    since: iso(over ? end : start),
    severity,
    reason,
  };
}
