// Whether a topic can be reached, for `engine doctor`.

import { type Finding, messageOf, type OutsideHost } from '../../../api/index.js';
import { orAbort } from '../../../ports/waiting.js';
import { type BrokerSettings, connectionTo } from './brokers.js';

const PATIENCE = 6_000;

/** Whether the brokers answer and have these topics. Makes nothing there, and never throws. */
export async function lookAt(
  settings: BrokerSettings,
  topics: readonly string[],
  host: OutsideHost,
  absent: 'bad' | 'good',
): Promise<Finding[]> {
  const connection = connectionTo(settings, topics[0] ?? '', '', host);
  connection.silent = true;
  const subject = `broker ${connection.name}`;
  const admin = connection.client.admin();
  const look = async (): Promise<Finding[]> => {
    await admin.connect();
    const known = await admin.listTopics();
    const found: Finding[] = [{ subject, state: 'good', detail: 'answers' }];
    for (const topic of topics) {
      if (!known.includes(topic)) {
        const detail = absent === 'good' ? 'is not there yet; it is made at the first start' : 'is not there';
        found.push({ subject: `topic ${topic}`, state: absent, detail });
        continue;
      }
      const offsets = await admin.fetchTopicOffsets(topic);
      const records = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
      found.push({ subject: `topic ${topic}`, state: 'good', detail: `${offsets.length} partitions, ${records} records` });
    }
    return found;
  };
  try {
    return await orAbort(look(), AbortSignal.timeout(PATIENCE));
  } catch (error) {
    return [{ subject, state: 'bad', detail: `${messageOf(error)}; check brokers, tls and sasl` }];
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
