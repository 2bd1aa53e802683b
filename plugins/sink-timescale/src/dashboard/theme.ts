import type { DataSourceRef } from '@grafana/schema';

/** The data sources of `provisioning/datasources`, by their fixed uids. */
export const DATABASE: DataSourceRef = { type: 'grafana-postgresql-datasource', uid: 'quantstream-database' };
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'quantstream-prometheus' };

/** One colour per meaning, the same on every dashboard. */
export const COLOUR = {
  anomaly: 'red',
  episode: 'orange',
  incident: 'purple',
  missing: '#8e8e8e',
  good: 'green',
  doubtful: 'orange',
  bad: 'red',
  value: 'blue',
  score: '#b877d9',
  up: 'green',
  down: '#e0663e',
  muted: '#6e7079',
} as const;

/** Units of declarations as Grafana names them; others are written behind the number. */
const UNITS: Readonly<Record<string, string>> = {
  '1': 'none',
  '%': 'percent',
  s: 's',
  ms: 'ms',
  V: 'volt',
  A: 'amp',
  m: 'lengthm',
  'm/s': 'velocityms',
  'm/s²': 'accMS2',
  deg: 'degree',
  '°C': 'celsius',
  Hz: 'hertz',
  Pa: 'pressurepa',
};

export const unitOf = (unit: string): string => UNITS[unit] ?? `suffix: ${unit}`;

/** A declared unit for a reader. */
export const spokenUnit = (unit: string): string => (unit === '1' ? 'a pure number' : unit);
