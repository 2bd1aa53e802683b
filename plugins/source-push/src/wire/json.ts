// JSON: an object a line, or an array of objects. Numbers in an object are metrics by their path, what else stands in it are labels.

import { BadBody } from './intake.js';

type Found = Readonly<Record<string, unknown>>;

/**
 * The objects of a body; what is no object is refused one by one, where the rest can be told apart from it.
 * @throws BadBody where an array is not whole
 */
export function* objectsIn(bytes: Buffer, refuse: (detail: string) => void): Generator<Found> {
  const text = bytes.toString('utf8');
  const array = /^\s*\[/.test(text);
  const items = array ? arrayOf(text) : lines(text);
  let number = 0;
  for (const item of items) {
    number++;
    const value = array ? item : item === '' ? undefined : parsed(item as string);
    if (value === undefined && !array && item === '') continue;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield value as Found;
    else refuse(`${array ? 'item' : 'line'} ${number} is no JSON object`);
  }
}

function arrayOf(text: string): readonly unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (error) {
    throw new BadBody(`no JSON array: ${(error as Error).message.slice(0, 200)}`);
  }
}

function* lines(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end).trim();
    at = end < 0 ? text.length : end + 1;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
