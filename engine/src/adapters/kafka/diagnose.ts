// Whether a broker and the topic of a pipeline can be reached.

import { type Finding, messageOf } from '../../api/index.js';
import { KafkaConnection, type KafkaParts } from './connection.js';
import { tooFew, tooMany } from './topic.js';

const PATIENCE = 6_000;

/** Whether the broker answers and has the topic as the pipeline wants it. Makes nothing there, and never throws. */
export async function diagnoseKafka(parts: KafkaParts): Promise<Finding[]> {
  const { topic, partitions } = parts.settings;
  const connection = new KafkaConnection(parts, 'doctor');
  const admin = connection.client.admin();
  const subject = `broker ${connection.name}`;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no answer within ${PATIENCE / 1_000} s`)), PATIENCE);
  });
  const look = async (): Promise<Finding[]> => {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    const answers: Finding = {
      subject,
      state: 'good',
      detail: `answers, ${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'}`,
    };
    const about = `topic ${topic}`;
    if (!(await admin.listTopics()).includes(topic))
      return [
        answers,
        { subject: about, state: 'good', detail: `is not there yet; the first start makes it with ${partitions} partitions` },
      ];
    const offsets = await admin.fetchTopicOffsets(topic);
    if (offsets.length < partitions)
      return [answers, { subject: about, state: 'bad', detail: tooFew(parts.settings, offsets.length, connection.name) }];
    if (offsets.length > partitions)
      return [answers, { subject: about, state: 'doubtful', detail: tooMany(parts.settings, offsets.length) }];
    const groupId = connection.group;
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const behind = offsets.reduce((sum, { partition, high, low }) => {
      const found = committed?.partitions.find((one) => one.partition === partition)?.offset;
      return sum + Number(high) - Math.max(Number(low), found === undefined || found === '-1' ? 0 : Number(found));
    }, 0);
    const records = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    const detail = `${partitions} partitions, ${records} records, group ${groupId} is ${behind} behind`;
    return [answers, { subject: about, state: 'good', detail }];
  };
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    const detail = `${messageOf(error)}; see that the broker runs, and that the addresses, tls and sasl are right`;
    return [{ subject, state: 'bad', detail }];
  } finally {
    clearTimeout(timer);
    await admin.disconnect().catch(() => {});
  }
}
