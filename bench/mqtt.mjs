/**
 * Topics of an MQTT broker: messages of JSON with QoS 1 that `source-mqtt` makes observations of, acknowledged in steps. Needs Mosquitto:
 * `node bench/mqtt.mjs` prints JSON; build first.
 */
import mqtt from 'mqtt';
import source from '../plugins/source-mqtt/dist/index.js';
import { Mosquitto, mosquittoInstalled } from '../scripts/lib/mosquitto.mjs';
import { isMain, machine, quietHost, row, skipped } from './lib.mjs';

const NAME = 'messages of an MQTT broker, QoS 1 → observations';
const EPOCH = Date.UTC(2026, 0, 1);
const host = quietHost();
const session = { clientId: 'bench', clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: 600 } };

/** Leaves messages with the broker for who comes by that name. */
async function fill(url, count) {
  const client = await mqtt.connectAsync(url, session);
  await client.subscribeAsync('plant/+', { qos: 1 });
  await client.endAsync();
  const publisher = await mqtt.connectAsync(url, { protocolVersion: 5 });
  for (let at = 0; at < count; at += 2_000)
    await Promise.all(
      Array.from({ length: Math.min(2_000, count - at) }, (_, i) => {
        const n = at + i;
        const text = `{"at":${EPOCH + n},"cpu":${(n % 97) / 97},"memory":${(n % 89) / 89},"region":"eu-central-1"}`;
        return publisher.publishAsync(`plant/host-${n % 100}`, text, { qos: 1 });
      }),
    );
  await publisher.endAsync();
}

/** Messages a second, and those a second of CPU time. */
async function read(url, count) {
  const config = { url, topics: ['plant/+'], clientId: 'bench', time: 'at', values: ['cpu', 'memory'] };
  const opened = await source.create(source.config.parse(config), host);
  const stop = new AbortController();
  const before = process.cpuUsage();
  let [rows, begun, committed] = [0, 0, 0];
  for await (const { observations, cursor } of opened.read(null, stop.signal)) {
    begun ||= performance.now();
    rows += observations.length;
    if (rows - committed >= 2_000 || rows === count) {
      await opened.commit(cursor);
      committed = rows;
    }
    if (rows === count) stop.abort();
  }
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { bySecond: rows / seconds, byCpu: rows / ((user + system) / 1e6) };
}

export async function run({ count = 50_000 } = {}) {
  if (!mosquittoInstalled()) return [skipped(NAME, 'no mosquitto is installed')];
  const broker = await Mosquitto.create();
  try {
    await fill(broker.url, count);
    const { bySecond, byCpu } = await read(broker.url, count);
    return [
      row({ name: NAME, value: bySecond, unit: 'messages/s' }),
      row({ name: `${NAME}, by CPU time`, value: byCpu, unit: 'messages/s' }),
    ];
  } finally {
    await broker.dispose();
  }
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
