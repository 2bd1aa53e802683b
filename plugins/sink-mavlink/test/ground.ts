import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { common, createMavLinkStream, type MavLinkPacket, minimal } from 'node-mavlink';

const REGISTRY = { ...minimal.REGISTRY, ...common.REGISTRY };

/** A message as a ground station reads it. */
export interface Heard {
  readonly name: string;
  readonly system: number;
  readonly component: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Listens on a free UDP port and decodes with node-mavlink's own reader. */
export async function groundStation() {
  const socket = createSocket('udp4');
  const heard: Heard[] = [];
  const bytes = new PassThrough();
  const packets = createMavLinkStream(bytes);
  packets.on('data', (packet: MavLinkPacket) => {
    const type = REGISTRY[packet.header.msgid as keyof typeof REGISTRY];
    if (!type) return;
    const fields = packet.protocol.data(packet.payload, type) as unknown as Record<string, unknown>;
    heard.push({ name: type.MSG_NAME, system: packet.header.sysid, component: packet.header.compid, fields });
  });
  socket.on('message', (datagram) => bytes.write(datagram));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    connect: `udpout:127.0.0.1:${socket.address().port}`,
    heard,
    /** Texts put together from their chunks. */
    texts() {
      const texts = new Map<string, string>();
      heard
        .filter(({ name }) => name === 'STATUSTEXT')
        .forEach(({ system, fields }, i) => {
          const id = fields.id === 0 ? `${system}/${i}` : `${system}/id ${fields.id}`;
          texts.set(id, (texts.get(id) ?? '') + fields.text);
        });
      return [...texts.values()];
    },
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
