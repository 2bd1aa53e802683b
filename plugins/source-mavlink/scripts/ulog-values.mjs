// Reads a whole ULog with our own parser and writes every value of it, for `compare-ulog.py` to hold against pyulog's. Build first, then:
//   node scripts/ulog-values.mjs LOG.ulg OUT
// OUT.json has the topics, parameters and logged messages; OUT.bin the columns one after the other, as 64-bit floats.
import { readFileSync, writeFileSync } from 'node:fs';
import { columnOf, fieldOf, numberOf, textOf } from '../dist/ulog/layout.js';
import { UlogParser } from '../dist/ulog/parser.js';

const [, , log, out] = process.argv;
const bytes = readFileSync(log);
const parser = new UlogParser();
const topics = new Map();
const found = { parameters: {}, messages: [], tagged: [], dropouts: [], topics: [] };

const parameter = ({ view, at, length }) => {
  const size = view.getUint8(at);
  const field = fieldOf(textOf(view, at + 1, size));
  if (field) found.parameters[field.name] ??= numberOf(field.type, view, at + 1 + size, length - 1 - size);
};
const take = () => {
  while (parser.next()) {
    const { view, at, length } = parser;
    switch (String.fromCharCode(parser.type)) {
      case 'D': {
        const key = `${parser.topic.name}/${parser.topic.instance}`;
        let topic = topics.get(key);
        if (!topic) {
          const columns = [...parser.formats.places(parser.topic.name)];
          topic = { key, columns, read: columns.map((one) => columnOf(one, parser.topic.length)), rows: [] };
          topics.set(key, topic);
        }
        topic.rows.push(topic.read.map((read) => read(view, at)));
        break;
      }
      case 'P':
        parameter(parser);
        break;
      case 'L':
        found.messages.push([view.getUint8(at), Number(view.getBigUint64(at + 1, true)), textOf(view, at + 9, length - 9)]);
        break;
      case 'C':
        found.tagged.push([
          view.getUint8(at),
          view.getUint16(at + 1, true),
          Number(view.getBigUint64(at + 3, true)),
          textOf(view, at + 11, length - 11),
        ]);
        break;
      case 'O':
        found.dropouts.push(view.getUint16(at, true));
        break;
    }
  }
};
for (let at = 0; at < bytes.length; at += 4_099) {
  parser.push(bytes.subarray(at, at + 4_099));
  take();
}
parser.finish();
take();
found.losses = parser.takeLosses();
const parts = [];
for (const { key, columns, rows } of topics.values()) {
  found.topics.push({ key, rows: rows.length, columns: columns.map(({ name }) => name) });
  for (let c = 0; c < columns.length; c++) parts.push(Buffer.from(Float64Array.from(rows, (row) => row[c]).buffer));
}
writeFileSync(`${out}.json`, JSON.stringify(found));
writeFileSync(`${out}.bin`, Buffer.concat(parts));
