import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { Listening } from './listening.js';

let ear: Listening;
afterEach(() => ear.end());

const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' };
const serializers = { protobuf: ProtobufMetricsSerializer, json: JsonMetricsSerializer };
const columns = {
  requests: { metric: 'http.requests', labels: { method: 'GET' }, kind: 'counter' },
  temperature: 'room.temperature',
  slow: 'http.duration_count',
  total: { metric: 'http.duration_sum', unit: 's' },
  worst: { metric: 'http.duration_max', combine: 'max' },
};
const config = { key: ['service.name', 'host.name'], columns, join: '100ms' };

/** What the SDK of OpenTelemetry measures and hands to its exporters. */
async function measured(): Promise<ResourceMetrics> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'host.name': 'wéb-1', 'some.list': ['a', 'b'], port: 8080 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('test');
  const requests = meter.createCounter('http.requests');
  requests.add(3, { method: 'GET', route: '/' });
  requests.add(4, { method: 'GET', route: '/cart' });
  requests.add(100, { method: 'POST', route: '/' });
  meter.createObservableGauge('room.temperature').addCallback((result) => result.observe(21.5));
  const duration = meter.createHistogram('http.duration');
  for (const value of [0.25, 0.5, 2]) duration.record(value);
  await provider.forceFlush();
  const [metrics] = exporter.getMetrics();
  await provider.shutdown();
  return metrics!;
}

describe.each(['protobuf', 'json'] as const)('OTLP metrics as %s', (kind) => {
  const send = async (metrics: ResourceMetrics) =>
    ear.post('/v1/metrics', serializers[kind].serializeRequest(metrics)!, { 'content-type': TYPES[kind] });

  it('are read as the SDK writes them, keyed by their attributes; histograms by count, sum and extremes', async () => {
    ear = await new Listening().begin(config);
    const response = await send(await measured());
    expect([response.status, response.headers.get('content-type')]).toEqual([200, TYPES[kind]]);
    const answer = serializers[kind].deserializeResponse(new Uint8Array(await response.arrayBuffer()));
    expect(answer.partialSuccess?.rejectedDataPoints ?? 0).toBe(0);
    await ear.until(() => ear.observations.length === 1);
    const [{ key, values, time }] = ear.observations as [(typeof ear.observations)[number]];
    expect([key, values]).toEqual(['shop/wéb-1', { requests: 7, temperature: 21.5, slow: 3, total: 2.75, worst: 2 }]);
    expect(Math.abs(Date.now() - time)).toBeLessThan(600_000);
  });

  it('say how many points were refused', async () => {
    ear = await new Listening().begin({ ...config, key: 'no.such' });
    const response = await send(await measured());
    const answer = serializers[kind].deserializeResponse(new Uint8Array(await response.arrayBuffer()));
    expect(Number(answer.partialSuccess?.rejectedDataPoints)).toBe(6);
    expect(answer.partialSuccess?.errorMessage).toMatch(/has no no\.such; it has [a-z.]+, /);
  });

  it('with temporality delta are series of their own', async () => {
    ear = await new Listening().begin({ ...config, columns: { requests: 'http.requests{temporality="delta"}' } });
    const metrics = await measured();
    const [scope] = metrics.scopeMetrics;
    const delta = scope!.metrics
      .filter((one) => one.dataPointType === DataPointType.SUM)
      .map((one) => ({ ...one, aggregationTemporality: AggregationTemporality.DELTA }));
    await send({ ...metrics, scopeMetrics: [{ ...scope!, metrics: delta }] });
    await ear.until(() => ear.observations.length === 1);
    expect(ear.observations[0]!.values).toEqual({ requests: 107 });
  });
});

describe('OTLP metrics', () => {
  it('of nobody’s making are told with 400, or refused one by one', async () => {
    ear = await new Listening().begin(config);
    const post = (body: string | Uint8Array, type: string) =>
      ear.post('/v1/metrics', body, { 'content-type': type }).then(({ status }) => status);
    for (const body of ['', '{', '[1]', '{"resourceSpans":[]}']) expect(await post(body, TYPES.json), body).toBe(400);
    expect(await post(Buffer.from([0x0a, 0xff, 0xff, 0x01]), TYPES.protobuf)).toBe(400);
    expect(await post('{}', 'text/plain')).toBe(415);
    for (const body of ['{}', '{"resourceMetrics":[null,1,{"scopeMetrics":{"a":1}}]}'])
      expect(await post(body, TYPES.json), body).toBe(200);
    const points = [
      { timeUnixNano: 'x', asInt: '1' },
      { timeUnixNano: '1e18', asInt: {} },
      null,
      { timeUnixNano: `${Date.now()}000000`, asDouble: 'NaN' },
    ];
    const metric = { name: 'room.temperature', gauge: { dataPoints: points } };
    const attributes = ['service.name', 'host.name'].map((key) => ({ key, value: { stringValue: 'a' } }));
    const body = JSON.stringify({
      resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics: [metric, 1, {}] }] }],
    });
    const response = await ear.post('/v1/metrics', body, { 'content-type': TYPES.json });
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedDataPoints: 5 } });
  });
});
