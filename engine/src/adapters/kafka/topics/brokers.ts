// How brokers are named in a pipeline file, by sources and sinks of topics.

import { HOST_AND_PORT, type OutsideHost, QuantStreamError, z } from '../../../api/index.js';
import { KafkaConnection } from '../connection.js';

/** Fields of a configuration: where the brokers are, and who comes. */
export const brokerFields = {
  brokers: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((given) => [given].flat().flatMap((one) => one.split(',').map((broker) => broker.trim())))
    .refine((list) => list.every((one) => HOST_AND_PORT.test(one)), { message: 'expected host:port each, such as kafka:9092' })
    .describe('Addresses to ask first, `host:port`: a list, or one text with commas.'),
  tls: z.boolean().default(false).describe('Whether the brokers speak TLS.'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How the login is told.'),
      username: z.string().describe('The name of the user.'),
      password: z.string().describe('The password; write `${NAME}` to take it from the environment.'),
    })
    .optional()
    .describe('The login that the brokers ask for.'),
} as const;

export interface BrokerSettings {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
}

/** A connection for a topic of somebody else's. @param group of those who read it */
export function connectionTo(
  { brokers, tls, sasl }: BrokerSettings,
  topic: string,
  group: string,
  { pipeline, part, clock, log }: Pick<OutsideHost, 'pipeline' | 'part' | 'clock' | 'log'>,
): KafkaConnection {
  // What is said of making a topic is for channels: nothing is made here.
  const settings = { brokers, tls, sasl, topic, group, partitions: 1, replication: 1, retention: -1 };
  return new KafkaConnection({ pipeline, settings, clock, log, whose: part }, part);
}

/** Says with a code of sources or sinks what the connection said with one of channels. */
export function saidBy(code: 'QS_SOURCE_FAILED' | 'QS_SINK_FAILED', error: unknown): unknown {
  if ((error as { code?: unknown }).code !== 'QS_CHANNEL') return error;
  return new QuantStreamError(code, (error as Error).message, { cause: error });
}
