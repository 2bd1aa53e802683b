// The dashboards: of what a pipeline has stored, and of the engines themselves.

import { createHash } from 'node:crypto';
import type { Dashboard } from '@grafana/schema';
import type { DashboardSources, PipelineSchema } from '@quantstream/engine';
import type { Settings } from '../config.js';
import { qualified, quote } from '../tables/sql.js';
import { type Table, tablesOf } from '../tables/tables.js';
import { pipelineDashboard, type Shown } from './pipeline-dashboard.js';
import { DATABASE, PROMETHEUS } from './theme.js';

export { engineDashboard } from './engine-dashboard.js';
export { pipelineDashboard };

/** What Grafana allows for a uid, characters. */
const LONGEST = 40;

/** What the dashboard of a pipeline can show: its schema, and its tables by what they hold. */
export function shownOf(schema: PipelineSchema, { store, schema: place }: Pick<Settings, 'store' | 'schema'>): Shown {
  const { observations, rows, anomalies, episodes, incidents, missing } = tablesOf(schema, store);
  // Those of the schema public are found by themselves.
  const named = (table: Table) => (place === 'public' ? quote(table.name) : qualified(place, table));
  return {
    schema,
    tables: {
      rows: named(rows),
      anomalies: named(anomalies),
      episodes: named(episodes),
      incidents: named(incidents),
      missing: named(missing),
      observations: Object.fromEntries([...observations].map(([type, table]) => [type, named(table)])),
    },
  };
}

/** The same name gives the same uid, so that a dashboard that is imported again replaces the older one. */
export function uidOf(pipeline: string): string {
  const uid = `quantstream-${pipeline}`;
  if (uid.length <= LONGEST) return uid;
  const rest = createHash('sha256').update(uid).digest('hex').slice(0, 8);
  return `${uid.slice(0, LONGEST - rest.length - 1)}-${rest}`;
}

/** The dashboard of any pipeline, from its declarations alone. */
export function dashboardOf(settings: Settings, schema: PipelineSchema, sources: DashboardSources): Dashboard {
  const { pipeline } = schema;
  const hint = { uid: uidOf(pipeline), title: `QuantStream: ${pipeline}` };
  return asking(sources, pipelineDashboard(shownOf(schema, settings), hint));
}

/** A dashboard whose queries go to data sources of other names. */
function asking({ database = DATABASE.uid, metrics = PROMETHEUS.uid }: DashboardSources, dashboard: Dashboard): Dashboard {
  return JSON.parse(JSON.stringify(dashboard), (_, value) => {
    if (value?.type === DATABASE.type && value.uid === DATABASE.uid) return { ...value, uid: database };
    if (value?.type === PROMETHEUS.type && value.uid === PROMETHEUS.uid) return { ...value, uid: metrics };
    return value;
  });
}
