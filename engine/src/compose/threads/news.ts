// What a thread that judges tells: what it would have logged, counted in metrics, or said of the lives of its models.

import { type Labels, type Log, type Metrics, messageOf } from '../../api/index.js';
import type { EntityHosts } from '../../judge/entity.js';
import type { LogPort } from '../../ports/log.js';
import type { MetricsPort } from '../../ports/metrics.js';
import type { Line } from '../../ports/threads.js';

/** Something that is told, and not answered. */
export type News =
  | { readonly news: 'log'; readonly level: keyof Log; readonly bound: object; readonly fields: object; readonly message: string }
  | {
      readonly news: 'metric';
      readonly kind: keyof Metrics;
      /** As it was asked for. */
      readonly metric: readonly unknown[];
      readonly value: number | undefined;
      readonly labels: Labels | undefined;
    }
  | { readonly news: 'life'; readonly of: Parameters<EntityHosts['life']> }
  | { readonly news: 'rhythm'; readonly of: Parameters<NonNullable<EntityHosts['rhythm']>> }
  | { readonly news: 'warm-up'; readonly of: Parameters<EntityHosts['warmUp']> };

export const isNews = (said: unknown): said is News => typeof said === 'object' && said !== null && 'news' in said;

/** A log whose lines are written in another thread. */
export function farLog(line: Line, bound: object = {}): LogPort {
  const say = (level: keyof Log) => (fields: object, message: string) =>
    line.tell({ news: 'log', level, bound: sendable(bound), fields: sendable(fields), message } satisfies News);
  return {
    child: (fields) => farLog(line, { ...bound, ...fields }),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
  };
}

/** What can be sent of the fields of a line. What nobody can write costs itself only. */
function sendable(fields: object): object {
  const plain = (_: string, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value instanceof Error ? messageOf(value) : value;
  try {
    return JSON.parse(JSON.stringify(fields, plain)) as object;
  } catch {
    return {};
  }
}

/** Metrics that are kept in another thread. */
export function farMetrics(line: Line): MetricsPort {
  const tell = (kind: keyof Metrics, metric: readonly unknown[]) => (value: number | undefined, labels?: Labels) =>
    line.tell({ news: 'metric', kind, metric, value, labels } satisfies News);
  const far: MetricsPort = {
    counter: (...metric) => ({ add: tell('counter', metric) }),
    gauge: (...metric) => ({ set: tell('gauge', metric) }),
    histogram: (...metric) => ({ observe: tell('histogram', metric) }),
    // Whoever keeps them puts the labels on.
    labelled: () => far,
    contentType: '',
    expose: async () => '',
  };
  return far;
}

/** Does here what a thread tells. */
export function hear(news: News, log: LogPort, metrics: Metrics, hosts: Pick<EntityHosts, 'life' | 'rhythm' | 'warmUp'>): void {
  switch (news.news) {
    case 'log':
      log.child(news.bound)[news.level](news.fields, news.message);
      break;
    case 'metric':
      count(news, metrics);
      break;
    case 'life':
      hosts.life(...news.of);
      break;
    case 'rhythm':
      hosts.rhythm?.(...news.of);
      break;
    case 'warm-up':
      hosts.warmUp(...news.of);
      break;
  }
}

function count({ kind, metric, value, labels }: Extract<News, { news: 'metric' }>, metrics: Metrics): void {
  if (kind === 'counter') metrics.counter(...(metric as Parameters<Metrics['counter']>)).add(value, labels);
  else if (kind === 'gauge') metrics.gauge(...(metric as Parameters<Metrics['gauge']>)).set(value!, labels);
  else metrics.histogram(...(metric as Parameters<Metrics['histogram']>)).observe(value!, labels);
}
