// Bodies as their senders write them: remote-write after its published messages, by protobufjs and snappyjs.

import protobuf from 'protobufjs';
import snappy from 'snappyjs';

/** prompb/remote.proto and prompb/types.proto of Prometheus, and io/prometheus/write/v2/types.proto, as far as tests say it. */
const { root } = protobuf.parse(`
syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; reserved 2; repeated MetricMetadata metadata = 3; }
message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message Histogram { uint64 count_int = 1; double sum = 3; int64 timestamp = 15; }
message Request2 { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
message TimeSeries2 {
  repeated uint32 labels_refs = 1; repeated Sample2 samples = 2; repeated Histogram histograms = 3; repeated Exemplar2 exemplars = 4;
  Metadata2 metadata = 5;
}
message Sample2 { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message Exemplar2 { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Metadata2 { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
`);
const REQUEST = root.lookupType('WriteRequest');
const REQUEST_2 = root.lookupType('Request2');

/** A series: its labels, and times in ms with values. */
export interface Said {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [time: number, value: number])[];
}

/** The value that says that a series is gone: a NaN of its own (model/value/value.go of Prometheus). */
export const STALE = staleNaN();
function staleNaN(): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(0x7ff0000000000002n);
  return bytes;
}

/** A WriteRequest of remote-write 1.0, not packed. */
export function writeRequest(series: readonly Said[]): Uint8Array {
  const timeseries = series.map(({ labels, samples }) => ({
    labels: Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value })),
    samples: samples.map(([timestamp, value]) => ({ timestamp, value })),
  }));
  return REQUEST.encode(REQUEST.fromObject({ timeseries, metadata: [{ type: 1, metricFamilyName: 'up', help: 'h' }] })).finish();
}

/** A Request of remote-write 2.0, not packed. */
export function writeRequest2(series: readonly Said[]): Uint8Array {
  const symbols = [''];
  const refer = (text: string) => {
    const at = symbols.indexOf(text);
    return at >= 0 ? at : symbols.push(text) - 1;
  };
  const timeseries = series.map(({ labels, samples }) => ({
    labelsRefs: Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value]) => [refer(name), refer(value)]),
    samples: samples.map(([timestamp, value]) => ({ timestamp, value, startTimestamp: 1 })),
    exemplars: [{ labelsRefs: [], value: 1, timestamp: 1 }],
    metadata: { type: 1, helpRef: 0, unitRef: 0 },
  }));
  return REQUEST_2.encode(REQUEST_2.fromObject({ symbols, timeseries })).finish();
}

export const packed = (body: Uint8Array): Buffer => Buffer.from(snappy.compress(body as never));

const VERSIONS = { 1: 'application/x-protobuf', 2: 'application/x-protobuf;proto=io.prometheus.write.v2.Request' } as const;

/** Sends a request as Prometheus does. */
export function sendWrite(
  address: string,
  body: Uint8Array,
  version: 1 | 2 = 1,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${address}/api/v1/write`, {
    method: 'POST',
    body: packed(body) as never,
    headers: {
      'content-encoding': 'snappy',
      'content-type': VERSIONS[version],
      'x-prometheus-remote-write-version': version === 1 ? '0.1.0' : '2.0.0',
      ...headers,
    },
  });
}
