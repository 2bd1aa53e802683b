/** What a connection is made of. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'udpin' | 'udpout' | 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'serial'; readonly path: string; readonly baud: number }
  | { readonly kind: 'simulator' };

/** One connection, and the name of its vehicle if it has one. */
export interface Connection {
  readonly name: string | undefined;
  /** As written. */
  readonly connect: string;
  readonly target: Target;
}

const FORMS = 'file:PATH, udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT, serial:PATH:BAUD or simulator';
const BAUDS = { least: 1_200, most: 12_000_000 };

/** What a connection string says. @returns a sentence where it says nothing that is known */
export function parseConnection(connect: string): Target | string {
  if (connect.trim() === 'simulator') return { kind: 'simulator' };
  const [, kind = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(connect) ?? [];
  switch (kind) {
    case 'file':
      return fileOf(rest.trim());
    case 'udpin':
    case 'udpout':
    case 'tcp':
      return networkOf(kind, rest.trim());
    case 'serial':
      return serialOf(rest.trim());
    case 'udp':
      return 'say udpin:HOST:PORT to listen, or udpout:HOST:PORT to speak first';
    default:
      return `expected ${FORMS}`;
  }
}

function fileOf(path: string): Target | string {
  if (path === '') return 'expected file:PATH of a .tlog, a .bin, a .ulg or a .log';
  return { kind: 'file', path };
}

function networkOf(kind: 'udpin' | 'udpout' | 'tcp', address: string): Target | string {
  // The last colon parts the port: an IPv6 address has more, and stands in brackets.
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (!match || port > 65_535 || (port === 0 && kind !== 'udpin')) {
    return `expected ${kind}:HOST:PORT, such as ${kind}:${kind === 'udpin' ? '0.0.0.0:14550' : '127.0.0.1:5760'}`;
  }
  return { kind, host: match[1] ?? match[2], port };
}

function serialOf(rest: string): Target | string {
  const match = /^(\S.*):(\d+)$/.exec(rest);
  const baud = Number(match?.[2]);
  if (!match || baud < BAUDS.least || baud > BAUDS.most) {
    return 'expected serial:PATH:BAUD, such as serial:/dev/ttyUSB0:57600 or serial:COM3:57600';
  }
  return { kind: 'serial', path: match[1], baud };
}

/** The connections of a configuration that was checked. */
export function connectionsOf({ connect }: { connect: string | readonly { vehicle: string; connect: string }[] }): Connection[] {
  const given = typeof connect === 'string' ? [{ vehicle: undefined, connect }] : connect;
  return given.map((one) => ({ name: one.vehicle, connect: one.connect, target: parseConnection(one.connect) as Target }));
}

/** Whether a configuration reads recordings. They and links do not mix. */
export const isRecorded = (connections: readonly Connection[]): boolean =>
  connections.every(({ target }) => target.kind === 'file');

/** How the name of an on-board log ends. */
export const ONBOARD = /\.bin(?:\.gz)?$/i;
/** How the name of one ends that was written as text. */
export const ONBOARD_TEXT = /\.log(?:\.gz)?$/i;
/** How the name of a ULog of PX4 ends. */
export const ULOG = /\.ulg(?:\.gz)?$/i;

/** Whether a configuration reads an on-board log, of which not every field of a message is known. */
export const hasOnboard = (connections: readonly Connection[]): boolean =>
  connections.some(
    ({ target }) => target.kind === 'file' && [ONBOARD, ONBOARD_TEXT, ULOG].some((ending) => ending.test(target.path)),
  );

/** Whether a configuration listens to simulated vehicles. They come alone. */
export const isSimulated = (connections: readonly Connection[]): boolean =>
  connections.some(({ target }) => target.kind === 'simulator');
