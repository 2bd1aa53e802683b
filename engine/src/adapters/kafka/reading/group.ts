// Whether a consumer group is one pipeline's alone, and shares out all of its topic.

import { type Admin, AssignerProtocol } from 'kafkajs';

interface Member {
  readonly name: string;
  readonly topics: readonly string[];
  readonly assigned: Readonly<Record<string, readonly number[]>>;
}

/** What is wrong with the way in which a group shares a topic out, in a sentence; `undefined`: nothing, or it is just being dealt. */
export async function mixedGroup(admin: Admin, group: string, topic: string, partitions: number): Promise<string | undefined> {
  const { groups } = await admin.describeGroups([group]);
  const [found] = groups;
  if (found?.state !== 'Stable') return undefined;
  const members = found.members.map(({ clientId, clientHost, memberMetadata, memberAssignment }): Member => {
    const name = `${clientId} at ${clientHost}`;
    try {
      const topics = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [];
      return { name, topics, assigned: AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {} };
    } catch {
      return { name, topics: [], assigned: {} };
    }
  });
  const read = new Set(members.flatMap(({ assigned }) => assigned[topic] ?? []));
  const unread = Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => !read.has(partition));
  const strangers = members.filter(({ topics }) => !topics.includes(topic));
  if (strangers.length === 0 && unread.length === 0) return undefined;
  const what = unread.length === 0 ? '' : `partitions ${unread.join(', ')} of ${topic} are read by nobody; `;
  const who = strangers.map(({ name, topics }) => `${name} (${topics.join(', ') || 'no topic'})`).join(', ');
  const why = who === '' ? `the group ${group} has not dealt them` : `the group ${group} is shared with ${who}`;
  return `${what}${why}: give each pipeline a group of its own (channel.with.group)`;
}
