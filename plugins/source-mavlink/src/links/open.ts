import type { Target } from './connections.js';
import type { Link } from './link.js';
import { SerialLink } from './serial.js';
import { TcpLink } from './tcp.js';
import { UdpLink } from './udp.js';

/** Where a link leads to. */
export type NetworkTarget = Exclude<Target, { kind: 'file' | 'simulator' }>;

/** The link of a connection that is neither a file nor a simulator. It is not opened yet. */
export function linkTo(target: NetworkTarget): Link {
  switch (target.kind) {
    case 'tcp':
      return new TcpLink(target.host, target.port);
    case 'serial':
      return new SerialLink(target.path, target.baud);
    default:
      return new UdpLink(target.kind, target.host, target.port);
  }
}
