import type { HttpHandler } from '@quantstream/engine';
import { sinkLaws, type TestHosts } from '@quantstream/engine/testing';
import plugin from '../src/index.js';
import type { Lanes } from '../src/wire.js';
import { Asking } from './asking.js';

/** By place, all that somebody who looks has seen there: what is kept in memory ends with the sink, what was seen does not. */
const seen = new Map<number, Map<string, unknown>>();
const mounted = new Map<HttpHandler, number>();
let place = -1;

async function look(n: number, hosts: TestHosts): Promise<unknown[]> {
  const all = seen.get(n) ?? new Map<string, unknown>();
  seen.set(n, all);
  const handler = hosts.mounted.get('page');
  if (handler && !mounted.has(handler)) mounted.set(handler, place);
  if (!handler || mounted.get(handler) !== n) return [...all.values()];
  const asking = new Asking(handler);
  try {
    const { lanes } = await asking.get<Lanes>('api/lanes?bins=1');
    for (const { key, episodes, missing } of lanes) {
      for (const episode of episodes) all.set(`episode ${episode.id}`, episode);
      for (const gap of missing) all.set(`missing ${key} ${JSON.stringify(gap)}`, { key, ...gap });
      const csv = await (await asking.fetch(`api/key.csv?key=${encodeURIComponent(key)}`)).text();
      for (const line of csv.split('\n').slice(1)) if (line !== '') all.set(`row ${line}`, line);
    }
  } finally {
    await asking.close();
  }
  return [...all.values()];
}

sinkLaws(plugin, {
  config: (n) => {
    place = n;
    return { memory: 16 };
  },
  read: look,
});
