import { describe, expect, it } from 'vitest';
import { configSchema } from './config.js';
import { wildcardsOf } from './filters.js';

describe('what stands for the wildcards of a filter', () => {
  it.each([
    ['home/+/temperature', 'home/kitchen/temperature', 'kitchen'],
    ['home/+/+/state', 'home/up/bath/state', 'up/bath'],
    ['zigbee2mqtt/#', 'zigbee2mqtt/a/b', 'a/b'],
    ['zigbee2mqtt/#', 'zigbee2mqtt', ''],
    ['#', 'a/b', 'a/b'],
    ['$share/three/home/+', 'home/hall', 'hall'],
    ['home/hall', 'home/hall', ''],
    ['home/+', 'home/', ''],
    ['home/+', 'home', undefined],
    ['home/+', 'home/a/b', undefined],
    ['home/hall', 'home/Hall', undefined],
    ['home/+/state', 'home/a/other', undefined],
  ])('%s in %s', (filter, topic, found) => {
    expect(wildcardsOf(filter, topic)).toBe(found);
  });
});

describe('a configuration', () => {
  const good = { url: 'mqtt://broker', topics: ['a/+'], values: ['x'] };
  it.each([
    [{ topics: ['a/b+'] }, /whole levels/],
    [{ topics: ['a/#/b'] }, /whole levels/],
    [{ topics: [] }, /expected topics, or numbers/],
    [{ numbers: { 'a/+': 'y' } }, /"y" is not among values/],
    [{ url: 'http://broker' }, /mqtt:\/\/broker:1883/],
    [{ keyFrom: 'field' }, /keyFrom: field needs key/],
    [{ keyFrom: 'topic', key: 'x' }, /leave key out/],
  ])('%j is refused', (wrong, why) => {
    expect(configSchema.safeParse(good).success).toBe(true);
    const { error } = configSchema.safeParse({ ...good, ...wrong });
    expect(error?.issues.map(({ message }) => message).join('\n')).toMatch(why);
  });
});
