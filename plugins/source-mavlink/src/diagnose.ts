// Whether the links and logs of a configuration are there.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Finding, messageOf, type OutsideHost } from '@quantstream/engine';
import type { Config } from './config.js';
import { connectionsOf, type Target } from './links/connections.js';
import type { Link } from './links/link.js';
import { loadSerialPort } from './links/serial.js';
import { TcpLink } from './links/tcp.js';
import { UdpLink } from './links/udp.js';
import { checkLog } from './recorded/kind-of-log.js';
import { openLog } from './recorded/open-log.js';

/** An answer that takes longer is none, ms. */
const WITHIN = 3_000;

/** Whether what a configuration needs is there. Nothing is sent, and no serial line is opened: that resets some boards. Never throws. */
export async function diagnose(config: Config, host: OutsideHost): Promise<readonly Finding[]> {
  const findings = await Promise.all(connectionsOf(config).map(({ connect, target }) => look(connect, target, host)));
  return [...findings, ...spoken(config)];
}

function spoken({ mode, active }: Config): Finding[] {
  if (mode === 'passive') return [];
  const detail = `speaks to vehicles as system ${active.system}, component ${active.component}: SYSID_MYGCS, or the range MAV_GCS_SYSID to MAV_GCS_SYSID_HI, of no vehicle may hold that; one that does is told nothing any more`;
  return [{ subject: 'mode', state: 'good', detail }];
}

async function look(subject: string, target: Target, host: OutsideHost): Promise<Finding> {
  try {
    switch (target.kind) {
      case 'file':
        return await lookAtFile(host.resolvePath(target.path));
      case 'serial':
        return await lookAtSerial(subject, target.path);
      case 'tcp':
        return await lookAtLink(subject, new TcpLink(target.host, target.port), 'answers', 'nothing listens there');
      case 'udpin':
        return await lookAtLink(
          subject,
          new UdpLink('udpin', target.host, target.port),
          'the port is free',
          'the port is not to be had',
        );
      case 'udpout':
        return await lookAtLink(
          subject,
          new UdpLink('udpout', target.host, target.port),
          'the address is known',
          'the address is not known',
        );
      default:
        return { subject, state: 'good', detail: 'needs nothing' };
    }
  } catch (error) {
    return { subject, state: 'bad', detail: messageOf(error) };
  }
}

async function lookAtFile(path: string): Promise<Finding> {
  const log = await openLog(path);
  try {
    const piece = await log.read();
    if (piece) await checkLog(path);
    if (piece) return { subject: path, state: 'good', detail: 'can be read' };
    return { subject: path, state: 'doubtful', detail: log.truncated ?? 'is empty' };
  } finally {
    await log.close();
  }
}

async function lookAtSerial(subject: string, path: string): Promise<Finding> {
  await loadSerialPort();
  // COM3 is no file.
  if (process.platform === 'win32') return { subject, state: 'good', detail: 'is opened when the pipeline starts' };
  await access(path, constants.R_OK | constants.W_OK);
  return { subject, state: 'good', detail: 'is there and may be used' };
}

async function lookAtLink(subject: string, link: Link, good: string, bad: string): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const finding = await new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve({ subject, state: 'bad', detail: `${bad}: no answer within ${WITHIN / 1_000} s` }), WITHIN);
    link.open({
      received() {},
      up: () => resolve({ subject, state: 'good', detail: good }),
      down: (why) => resolve({ subject, state: 'bad', detail: `${bad}: ${why}` }),
    });
  });
  clearTimeout(timer);
  await link.close();
  return finding;
}
