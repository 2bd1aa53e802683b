import { sinkLaws } from '@quantstream/engine/testing';
import { afterAll, beforeAll, vi } from 'vitest';
import plugin from '../src/index.js';

// Standard output is one place for all: what is printed between two readings belongs to the reading that follows.
let printed = '';
let place = -1;
beforeAll(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation(((text: string, done?: () => void) => {
    printed += text;
    done?.();
    return true;
  }) as typeof process.stdout.write);
});
afterAll(() => vi.restoreAllMocks());

sinkLaws(plugin, {
  config: (n) => {
    if (n !== place) printed = '';
    place = n;
    return { show: 'anomalies' };
  },
  read: async () => printed.split('\n').filter(Boolean),
});
