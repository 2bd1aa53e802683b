// A broker, those who publish to it, and a way to it that can be cut.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import mqtt from 'mqtt';
import { mosquittoInstalled } from '../../../scripts/lib/mosquitto.mjs';

export const INSTALLED = mosquittoInstalled();
if (process.env.QUANTSTREAM_TEST_MOSQUITTO && !INSTALLED) throw new Error('mosquitto is named, and is not installed');
export const WITHOUT = INSTALLED ? '' : ' (skipped: there is no mosquitto)';

export const EPOCH = Date.UTC(2026, 0, 1);
export const reading = (i: number, time = EPOCH + i * 1_000) => ({
  at: time,
  host: `wéb-${i % 3}`,
  system: { cpu: { pct: i % 17 } },
  up: i % 2 === 0,
});

/** Publishes with QoS 1, one after the other; resolves when the broker has all. */
export async function publish(
  url: string,
  messages: readonly (readonly [topic: string, payload: string | Buffer])[],
  more: object = {},
) {
  const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
  await Promise.all(messages.map(([topic, payload]) => client.publishAsync(topic, payload, { qos: 1, ...more })));
  await client.endAsync();
}

/** Makes the broker keep what comes for a client that is not there, and forget what it kept for it before. */
export async function fresh(url: string, clientId: string, filter: string) {
  await (await mqtt.connectAsync(url, { clientId, clean: true, protocolVersion: 5 })).endAsync();
  const client = await mqtt.connectAsync(url, {
    clientId,
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 3_600 },
  });
  await client.subscribeAsync(filter, { qos: 1 });
  await client.endAsync();
}

/** A way to a broker whose connections are counted, and can be cut. */
export async function wayTo(port: number) {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    cut,
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
