/**
 * Topics of one's own: records of JSON that `source-kafka` makes observations of, and verdicts that `sink-kafka` writes. Needs a broker:
 * `node scripts/with-kafka.mjs node bench/topics.mjs` prints JSON; build first.
 */
import { Kafka, logLevel } from 'kafkajs';
import sink from '../plugins/sink-kafka/dist/index.js';
import source from '../plugins/source-kafka/dist/index.js';
import { isMain, machine, quietHost, row, skipped } from './lib.mjs';

const BROKER = process.env.QUANTSTREAM_TEST_KAFKA;
const PARTITIONS = 4;
const EPOCH = Date.UTC(2026, 0, 1);

const host = quietHost({ schema: { pipeline: 'bench' } });

/** Makes a topic of readings of hosts, in order of time. */
async function fill(topic, count) {
  const client = new Kafka({ brokers: [BROKER], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();
  for (let at = 0; at < count; at += 5_000) {
    const messages = Array.from({ length: Math.min(5_000, count - at) }, (_, i) => {
      const n = at + i;
      const value = `{"at":${EPOCH + n},"cpu":${(n % 97) / 97},"memory":${(n % 89) / 89},"region":"eu-central-1"}`;
      return { key: `host-${n % 100}`, value };
    });
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

/** Records a second, and those a second of CPU time. */
async function read(topic, count) {
  const config = { brokers: BROKER, topic, time: 'at', values: ['cpu', 'memory'], follow: false };
  const opened = await source.create(source.config.parse(config), host);
  const before = process.cpuUsage();
  let [rows, begun] = [0, 0];
  for await (const { observations } of opened.read(null, new AbortController().signal)) {
    begun ||= performance.now();
    rows += observations.length;
  }
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(before);
  if (rows !== count) throw new Error(`${rows} of ${count} records came`);
  return { bySecond: rows / seconds, byCpu: rows / ((user + system) / 1e6) };
}

/** Verdicts a second. */
async function write(prefix, count) {
  const opened = await sink.create(
    sink.config.parse({ brokers: BROKER, prefix, write: ['verdicts'], partitions: PARTITIONS }),
    host,
  );
  await opened.open();
  const verdict = {
    pipeline: 'bench',
    kind: 'window',
    n: 1,
    score: 1,
    threshold: 2,
    anomalous: false,
    values: { cpu: 0.5, memory: 0.25 },
  };
  const begun = performance.now();
  for (let at = 0; at < count; at += 1_000) {
    const verdicts = Array.from({ length: 1_000 }, (_, i) => ({
      ...verdict,
      id: `bench/${at + i}`,
      key: `host-${i % 100}`,
      time: EPOCH + at + i,
    }));
    await opened.write({ observations: [], verdicts, episodes: [], missing: [] });
  }
  const seconds = (performance.now() - begun) / 1_000;
  await opened.close();
  return count / seconds;
}

export async function run({ count = 500_000 } = {}) {
  if (!BROKER) return [skipped('records of a topic', 'needs a broker; node scripts/with-kafka.mjs npm run bench')];
  const topic = `bench-topics-${process.pid}`;
  await fill(topic, count);
  await read(topic, count);
  const rounds = [];
  for (let i = 0; i < 3; i++) rounds.push(await read(topic, count));
  const best = (name) => Math.max(...rounds.map((one) => one[name]));
  const worst = (name) => Math.min(...rounds.map((one) => one[name]));
  return [
    row({
      name: 'records of a topic into observations',
      value: best('bySecond'),
      unit: 'records/s',
      worst: Math.round(worst('bySecond')),
    }),
    row({
      name: 'records of a topic into observations, one core',
      value: best('byCpu'),
      unit: 'records/s of CPU',
      worst: Math.round(worst('byCpu')),
    }),
    row({
      name: 'verdicts into a topic',
      value: await write(`bench-out-${process.pid}`, Math.min(100_000, count)),
      unit: 'records/s',
    }),
  ];
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
