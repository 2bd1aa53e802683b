// OTLP metrics: the data points of an ExportMetricsServiceRequest, as protobuf or JSON. https://opentelemetry.io/docs/specs/otlp/

import { sayAny } from '@quantstream/engine';
import { BadBody, type Directory, type Samples } from './intake.js';
import { decodeRequest } from './otlp-types.js';

type Found = Readonly<Record<string, unknown>>;

/** That a series has no value from now on (DataPointFlags of metrics.proto). */
const NO_RECORDED_VALUE = 1;
const DELTA = 1;

const recordOf = (value: unknown): Found => (typeof value === 'object' && value !== null ? (value as Found) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** @throws BadBody where it is no such request */
export function readOtlp<Series>(bytes: Buffer, json: boolean, directory: Directory<Series>, out: Samples<Series>): void {
  const request = recordOf(parsed(bytes, json));
  if (json && request.resourceMetrics === undefined && Object.keys(request).length > 0)
    throw new BadBody('no ExportMetricsServiceRequest: it has no resourceMetrics');
  for (const one of listOf(request.resourceMetrics)) {
    const { resource, scopeMetrics } = recordOf(one);
    const labels = new Map<string, string>();
    addLabels(labels, recordOf(resource).attributes);
    for (const scope of listOf(scopeMetrics))
      for (const metric of listOf(recordOf(scope).metrics)) metricPoints(recordOf(metric), labels, directory, out);
  }
}

function parsed(bytes: Buffer, json: boolean): unknown {
  try {
    return json ? JSON.parse(bytes.toString('utf8')) : decodeRequest(bytes);
  } catch (error) {
    throw new BadBody(`no ExportMetricsServiceRequest: ${(error as Error).message}`);
  }
}

/** Attributes as labels; lists and maps are none. */
function addLabels(labels: Map<string, string>, attributes: unknown): void {
  for (const one of listOf(attributes)) {
    const { key, value } = recordOf(one);
    const { stringValue, boolValue, intValue, doubleValue } = recordOf(value);
    const found = stringValue ?? boolValue ?? intValue ?? doubleValue;
    if (typeof key === 'string' && found !== undefined && found !== null && typeof found !== 'object')
      labels.set(key, String(found));
  }
}

/** A metric is itself where it is a number; a histogram or a summary is its `_count`, `_sum`, `_min` and `_max`. */
function metricPoints<Series>(
  metric: Found,
  resource: ReadonlyMap<string, string>,
  directory: Directory<Series>,
  out: Samples<Series>,
) {
  const { name, gauge, sum, histogram, exponentialHistogram, summary } = metric;
  if (typeof name !== 'string' || name === '') {
    out.refuse('missing_name', 'a metric has no name');
    return;
  }
  const numbers = recordOf(gauge ?? sum);
  const [kind, parts] =
    gauge !== undefined || sum !== undefined
      ? [numbers, NUMBER]
      : [recordOf(histogram ?? exponentialHistogram ?? summary), PARTS];
  const points = listOf(kind.dataPoints);
  // What a delta adds up to is known only to who has seen all of them; as it is, it is the change since the last one.
  const delta = kind.aggregationTemporality === DELTA || kind.aggregationTemporality === 'AGGREGATION_TEMPORALITY_DELTA';
  for (const [suffix, read] of parts) {
    const called = `${name}${suffix}`;
    if (!directory.wants(called)) {
      if (suffix === parts[0]![0] && !parts.some(([other]) => directory.wants(name + other))) out.leaveOut(name, points.length);
      continue;
    }
    for (const one of points) point(called, recordOf(one), read, delta, resource, directory, out);
  }
}

type Part = readonly [suffix: string, read: (point: Found) => unknown];
const NUMBER: readonly Part[] = [['', ({ asDouble, asInt }) => asDouble ?? asInt]];
const PARTS: readonly Part[] = [
  ['_count', ({ count }) => count],
  ['_sum', ({ sum }) => sum],
  ['_min', ({ min }) => min],
  ['_max', ({ max }) => max],
];

function point<Series>(
  metric: string,
  found: Found,
  read: Part[1],
  delta: boolean,
  resource: ReadonlyMap<string, string>,
  directory: Directory<Series>,
  out: Samples<Series>,
): void {
  const { timeUnixNano: nanos } = found;
  const time = typeof nanos === 'string' || typeof nanos === 'number' ? Number(nanos) / 1e6 : Number.NaN;
  if (!(time > 0)) {
    out.refuse('bad_time', `${metric}: timeUnixNano is ${sayAny(nanos)}`);
    return;
  }
  const labels = new Map(resource);
  addLabels(labels, found.attributes);
  if (delta) labels.set('temporality', 'delta');
  const identity = `${metric}\n${JSON.stringify([...labels])}`;
  let series = directory.find(identity);
  if (series === undefined) series = directory.make(identity, metric, labels);
  if (!series) {
    if (series === null) out.leaveOut(metric);
    return;
  }
  const gone = typeof found.flags === 'number' && (found.flags & NO_RECORDED_VALUE) !== 0;
  const given = read(found);
  // JSON writes NaN and infinities as texts (proto3’s mapping), and whole numbers of 64 bits too.
  const value = gone || given === undefined || given === null ? Number.NaN : given === 'NaN' ? Number.NaN : numberOf(given);
  if (value === undefined) {
    out.refuse('bad_value', `${metric} is ${sayAny(given)}`);
    return;
  }
  out.add(series, time, value);
}

function numberOf(given: unknown): number | undefined {
  if (typeof given === 'number') return given;
  if (typeof given !== 'string' || !/^[+-]?(\d|\.\d|Infinity$)[\d.eE+-]*/.test(given)) return undefined;
  const value = Number(given);
  return Number.isNaN(value) ? undefined : value;
}
