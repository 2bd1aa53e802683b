// Prometheus remote-write 2.0: what a Request holds, whose texts stand in one table. https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
// (message in io/prometheus/write/v2/types.proto)

import protobuf from 'protobufjs/minimal.js';
import { BadBody, type Directory, type Samples } from './intake.js';
import { wholeOf } from './remote-write.js';

type Reader = protobuf.Reader;

const [SYMBOL, TIMESERIES] = [(4 << 3) | 2, (5 << 3) | 2];
const [LABELS, SAMPLE, HISTOGRAM, EXEMPLAR] = [(1 << 3) | 2, (2 << 3) | 2, (3 << 3) | 2, (4 << 3) | 2];
/** References of labels that are not packed. */
const ONE_LABEL = 1 << 3;
const [VALUE, TIMESTAMP] = [(1 << 3) | 1, 2 << 3];

/** @throws BadBody where it is no Request of 2.0 */
export function readRequest2<Series>(bytes: Buffer, directory: Directory<Series>, out: Samples<Series>): void {
  try {
    const symbols = symbolsIn(bytes);
    const reader = new protobuf.BufferReader(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === TIMESERIES) timeSeries(reader, reader.uint32() + reader.pos, symbols, directory, out);
      else reader.skipType(tag & 7);
    }
  } catch (error) {
    throw error instanceof BadBody ? error : new BadBody(`no Request of remote-write 2.0: ${(error as Error).message}`);
  }
}

/** The table of texts; it may stand anywhere. */
function symbolsIn(bytes: Buffer): string[] {
  const reader = new protobuf.BufferReader(bytes);
  const symbols: string[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === SYMBOL) symbols.push(reader.string());
    else reader.skipType(tag & 7);
  }
  if (symbols.length > 0 && symbols[0] !== '') throw new BadBody('the first symbol is not empty');
  return symbols;
}

function timeSeries<Series>(
  reader: Reader,
  end: number,
  symbols: readonly string[],
  directory: Directory<Series>,
  out: Samples<Series>,
): void {
  if (end > reader.len) throw new BadBody('a time series ends behind the end of the body');
  const references: number[] = [];
  const times: number[] = [];
  const values: number[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === LABELS) {
      const stop = reader.uint32() + reader.pos;
      if (stop > end) throw new BadBody('labels end behind the end of their series');
      while (reader.pos < stop) references.push(reader.uint32());
    } else if (tag === ONE_LABEL) references.push(reader.uint32());
    else if (tag === SAMPLE) sample(reader, reader.uint32() + reader.pos, times, values);
    else {
      if (tag === HISTOGRAM) out.histograms++;
      else if (tag === EXEMPLAR) out.exemplars++;
      reader.skipType(tag & 7);
    }
  }
  if (reader.pos !== end) throw new BadBody('a time series ends within one of its fields');
  if (references.length % 2 !== 0) throw new BadBody('labels are pairs of references, and one is alone');
  if (times.length === 0) return;
  const labels = new Map<string, string>();
  for (let i = 0; i < references.length; i += 2) {
    const [label, value] = [symbols[references[i]!], symbols[references[i + 1]!]];
    if (label === undefined || value === undefined) throw new BadBody(`a label refers to none of the ${symbols.length} symbols`);
    labels.set(label, value);
  }
  const metric = labels.get('__name__');
  if (metric === undefined) {
    out.refuse('missing_name', 'a series has no __name__', times.length);
    return;
  }
  if (!directory.wants(metric)) {
    out.leaveOut(metric, times.length);
    return;
  }
  const identity = JSON.stringify([...labels]);
  let series = directory.find(identity);
  if (series === undefined) series = directory.make(identity, metric, labels);
  if (!series) {
    if (series === null) out.leaveOut(metric, times.length);
    return;
  }
  for (let i = 0; i < times.length; i++) out.add(series, times[i]!, values[i]!);
}

function sample(reader: Reader, end: number, times: number[], values: number[]): void {
  let [time, value] = [0, 0];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === VALUE) value = reader.double();
    else if (tag === TIMESTAMP) time = wholeOf(reader);
    else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new BadBody('a sample ends within one of its fields');
  times.push(time);
  values.push(value);
}
