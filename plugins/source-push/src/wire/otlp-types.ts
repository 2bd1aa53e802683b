// The messages of OTLP metrics, as far as they are read. https://github.com/open-telemetry/opentelemetry-proto: metrics/v1, common/v1, resource/v1

import protobuf from 'protobufjs/light.js';

const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id }) as const;

const ROOT = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resourceMetrics: repeated('ResourceMetrics', 1) } },
    ResourceMetrics: { fields: { resource: { type: 'Resource', id: 1 }, scopeMetrics: repeated('ScopeMetrics', 2) } },
    Resource: { fields: { attributes: repeated('KeyValue', 1) } },
    ScopeMetrics: { fields: { metrics: repeated('Metric', 2) } },
    Metric: {
      fields: {
        name: { type: 'string', id: 1 },
        gauge: { type: 'Numbers', id: 5 },
        sum: { type: 'Numbers', id: 7 },
        histogram: { type: 'Histograms', id: 9 },
        exponentialHistogram: { type: 'ExponentialHistograms', id: 10 },
        summary: { type: 'Summaries', id: 11 },
      },
    },
    Numbers: {
      fields: { dataPoints: repeated('NumberDataPoint', 1), aggregationTemporality: { type: 'int32', id: 2 } },
    },
    Histograms: {
      fields: { dataPoints: repeated('HistogramDataPoint', 1), aggregationTemporality: { type: 'int32', id: 2 } },
    },
    ExponentialHistograms: {
      fields: { dataPoints: repeated('ExponentialDataPoint', 1), aggregationTemporality: { type: 'int32', id: 2 } },
    },
    Summaries: { fields: { dataPoints: repeated('SummaryDataPoint', 1) } },
    NumberDataPoint: {
      oneofs: { value: { oneof: ['asDouble', 'asInt'] } },
      fields: {
        timeUnixNano: { type: 'fixed64', id: 3 },
        asDouble: { type: 'double', id: 4 },
        asInt: { type: 'sfixed64', id: 6 },
        attributes: repeated('KeyValue', 7),
        flags: { type: 'uint32', id: 8 },
      },
    },
    HistogramDataPoint: {
      fields: {
        timeUnixNano: { type: 'fixed64', id: 3 },
        count: { type: 'fixed64', id: 4 },
        sum: { type: 'double', id: 5 },
        attributes: repeated('KeyValue', 9),
        flags: { type: 'uint32', id: 10 },
        min: { type: 'double', id: 11 },
        max: { type: 'double', id: 12 },
      },
    },
    ExponentialDataPoint: {
      fields: {
        attributes: repeated('KeyValue', 1),
        timeUnixNano: { type: 'fixed64', id: 3 },
        count: { type: 'fixed64', id: 4 },
        sum: { type: 'double', id: 5 },
        flags: { type: 'uint32', id: 10 },
        min: { type: 'double', id: 12 },
        max: { type: 'double', id: 13 },
      },
    },
    SummaryDataPoint: {
      fields: {
        timeUnixNano: { type: 'fixed64', id: 3 },
        count: { type: 'fixed64', id: 4 },
        sum: { type: 'double', id: 5 },
        attributes: repeated('KeyValue', 7),
        flags: { type: 'uint32', id: 8 },
      },
    },
    KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
    // Lists and maps of values are no labels: they are skipped.
    AnyValue: {
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue'] } },
      fields: {
        stringValue: { type: 'string', id: 1 },
        boolValue: { type: 'bool', id: 2 },
        intValue: { type: 'int64', id: 3 },
        doubleValue: { type: 'double', id: 4 },
      },
    },
    Response: { fields: { partialSuccess: { type: 'PartialSuccess', id: 1 } } },
    PartialSuccess: { fields: { rejectedDataPoints: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
  },
});

const REQUEST = ROOT.lookupType('Request');
const RESPONSE = ROOT.lookupType('Response');

/** An ExportMetricsServiceRequest of protobuf in the form that it has as JSON. @throws where it is none */
export function decodeRequest(bytes: Buffer): unknown {
  return REQUEST.toObject(REQUEST.decode(bytes), { longs: String });
}

/** An ExportMetricsServiceResponse. */
export function encodeResponse(response: object): Uint8Array {
  return RESPONSE.encode(RESPONSE.fromObject(response)).finish();
}
