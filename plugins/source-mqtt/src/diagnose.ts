// Whether the broker can be reached and takes the login; nothing is subscribed to.

import { type Finding, type OutsideHost, printable, QuantStreamError } from '@quantstream/engine';
import mqtt from 'mqtt';
import { addressOf } from './address.js';
import { certificateAt } from './certificate.js';
import type { Settings } from './config.js';

const PATIENCE = 5_000;

export async function diagnose({ url, protocol, ca }: Settings, { resolvePath }: OutsideHost): Promise<Finding[]> {
  const { host: subject } = new URL(url);
  const { address, login } = addressOf(url);
  try {
    const client = await mqtt.connectAsync(
      address,
      {
        ...login,
        // A name of its own: the session of a pipeline that runs is not taken away.
        clientId: `quantstream-doctor-${process.pid}`,
        protocolVersion: protocol === '5' ? 5 : 4,
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: PATIENCE,
        ...(ca !== undefined && { ca: certificateAt(resolvePath(ca)) }),
      },
      false,
    );
    await client.endAsync(true);
    return [{ subject, state: 'good', detail: 'answers; nothing was subscribed to' }];
  } catch (error) {
    if (error instanceof QuantStreamError) return [{ subject, state: 'bad', detail: error.message }];
    const { code, message } = error as { code?: unknown; message?: unknown };
    const why = typeof code === 'string' || typeof code === 'number' ? code : printable(String(message)).slice(0, 100);
    return [{ subject, state: 'bad', detail: `cannot be read (${why}); look at the address, the login and \`protocol\`` }];
  }
}
