// What must be said of labels, by their kind: a file for `engine evaluate --topics`.

import { parse } from 'yaml';
import { messageOf, QuantStreamError, readBounded, Unreadable } from '../../api/index.js';

/** Names of topics or of their subsystems, by kind of label. */
export type TopicsByKind = Readonly<Record<string, readonly string[]>>;

/** Largest file of topics, bytes. */
const LARGEST = 1024 * 1024;

const refuse = (message: string) => new QuantStreamError('QS_CONFIG_VALUE', message);

/** Reads what must be said, by kind of label: YAML or JSON. @throws QS_CONFIG_VALUE naming the file and the kind */
export function readTopics(file: string): TopicsByKind {
  let content: unknown;
  try {
    content = parse(readBounded(file, LARGEST).toString(), { maxAliasCount: 0 });
  } catch (error) {
    throw refuse(`the topics ${file} cannot be read: ${error instanceof Unreadable ? 'it ' : ''}${messageOf(error)}`);
  }
  const expected = 'a list of topics by kind of label: gps_loss: [gps]';
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw refuse(`${file}: found ${JSON.stringify(content)?.slice(0, 60) ?? 'nothing'}, expected ${expected}`);
  for (const [kind, topics] of Object.entries(content))
    if (!Array.isArray(topics) || topics.length === 0 || topics.some((topic) => typeof topic !== 'string' || topic === ''))
      throw refuse(`${file}: found ${JSON.stringify(topics)?.slice(0, 60) ?? 'nothing'} under ${kind}, expected ${expected}`);
  return content as TopicsByKind;
}
