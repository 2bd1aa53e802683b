// Prometheus remote-write 1.0: what a WriteRequest holds. https://prometheus.io/docs/specs/prw/remote_write_spec/ (message in prompb/remote.proto)

import protobuf from 'protobufjs/minimal.js';
import { BadBody, type Directory, type Samples } from './intake.js';

type Reader = protobuf.Reader;

/** Tags of the fields: the number, and how it is written. */
const TIMESERIES = (1 << 3) | 2;
const [LABEL, SAMPLE, EXEMPLAR, HISTOGRAM] = [(1 << 3) | 2, (2 << 3) | 2, (3 << 3) | 2, (4 << 3) | 2];
const [VALUE, TIMESTAMP] = [(1 << 3) | 1, 2 << 3];
const [NAME, TEXT] = [(1 << 3) | 2, (2 << 3) | 2];
const METRIC = Buffer.from('__name__');

/**
 * Reads the samples of a WriteRequest. A series is known again by the bytes of its labels, so that they are taken apart once.
 * @throws BadBody where it is none
 */
export function readWriteRequest<Series>(bytes: Buffer, directory: Directory<Series>, out: Samples<Series>): void {
  const reader = new protobuf.BufferReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === TIMESERIES) timeSeries(bytes, reader, reader.uint32() + reader.pos, directory, out);
      else reader.skipType(tag & 7);
    }
  } catch (error) {
    throw error instanceof BadBody ? error : new BadBody(`no WriteRequest of remote-write 1.0: ${(error as Error).message}`);
  }
}

function timeSeries<Series>(
  bytes: Buffer,
  reader: Reader,
  end: number,
  directory: Directory<Series>,
  out: Samples<Series>,
): void {
  if (end > reader.len) throw new BadBody('a time series ends behind the end of the body');
  const begin = reader.pos;
  // Labels stand in front, mostly.
  let labels = begin;
  let [others, behind] = [false, false];
  let [samples, histograms] = [0, 0];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === LABEL) {
      reader.skip(reader.uint32());
      if (others) behind = true;
      else labels = reader.pos;
      continue;
    }
    others = true;
    if (tag === SAMPLE) samples++;
    else if (tag === HISTOGRAM) histograms++;
    else if (tag === EXEMPLAR) out.exemplars++;
    reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new BadBody('a time series ends within one of its fields');
  out.histograms += histograms;
  if (samples === 0) return;
  const texts = behind ? gathered(bytes, begin, end) : bytes.subarray(begin, labels);
  const metric = metricIn(texts);
  if (metric === undefined) {
    out.refuse('missing_name', 'a series has no __name__', samples);
    return;
  }
  if (!directory.wants(metric)) {
    out.leaveOut(metric, samples);
    return;
  }
  const identity = texts.toString('latin1');
  let series = directory.find(identity);
  if (series === undefined) series = directory.make(identity, metric, labelsIn(texts));
  if (!series) {
    if (series === null) out.leaveOut(metric, samples);
    return;
  }
  reader.pos = labels;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === SAMPLE) sample(reader, reader.uint32() + reader.pos, series, out);
    else reader.skipType(tag & 7);
  }
}

function sample<Series>(reader: Reader, end: number, series: Series, out: Samples<Series>): void {
  let [time, value] = [0, 0];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === VALUE) value = reader.double();
    else if (tag === TIMESTAMP) time = wholeOf(reader);
    else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new BadBody('a sample ends within one of its fields');
  out.add(series, time, value);
}

/** A 64-bit integer as a number. */
export function wholeOf(reader: Reader): number {
  const read: number | protobuf.Long = reader.int64();
  return typeof read === 'number' ? read : (read.low >>> 0) + read.high * 2 ** 32;
}

/** The fields of the labels, one behind the other, wherever they stand. */
function gathered(bytes: Buffer, begin: number, end: number): Buffer {
  const reader = new protobuf.BufferReader(bytes.subarray(begin, end));
  const parts: Buffer[] = [];
  while (reader.pos < reader.len) {
    const at = reader.pos;
    const tag = reader.uint32();
    reader.skipType(tag & 7);
    if (tag === LABEL) parts.push(bytes.subarray(begin + at, begin + reader.pos));
  }
  return Buffer.concat(parts);
}

/** The metric's name: the first label, mostly. */
function metricIn(texts: Buffer): string | undefined {
  // LABEL, length, NAME, 8, `__name__`, TEXT, length: where both lengths are one byte, which is nearly always.
  const length = texts[13]!;
  if (
    texts[2] === NAME &&
    texts[3] === 8 &&
    texts[1]! < 128 &&
    texts[12] === TEXT &&
    length === texts[1]! - 12 &&
    texts.compare(METRIC, 0, 8, 4, 12) === 0
  )
    return texts.toString('utf8', 14, 14 + length);
  return labelsIn(texts).get('__name__');
}

function labelsIn(texts: Buffer): Map<string, string> {
  const reader = new protobuf.BufferReader(texts);
  const labels = new Map<string, string>();
  while (reader.pos < reader.len) {
    reader.uint32();
    const end = reader.uint32() + reader.pos;
    let [name, value] = ['', ''];
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === NAME) name = reader.string();
      else if (tag === TEXT) value = reader.string();
      else reader.skipType(tag & 7);
    }
    labels.set(name, value);
  }
  return labels;
}
