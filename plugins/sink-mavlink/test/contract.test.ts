import { setTimeout as sleep } from 'node:timers/promises';
import { sinkLaws } from '@quantstream/engine/testing';
import plugin from '../src/index.js';
import { groundStation } from './ground.js';

const stations: Awaited<ReturnType<typeof groundStation>>[] = [];
sinkLaws(plugin, {
  async config(n) {
    stations[n] ??= await groundStation();
    return {
      connect: stations[n].connect,
      on: ['opened', 'closed'],
      maxAge: '10000d',
      values: { level: 'level_mean' },
      valuesEvery: '0ms',
    };
  },
  async read(n) {
    // Datagrams are on their way for a moment.
    await sleep(200);
    return stations[n]!.heard.filter(({ name }) => name !== 'HEARTBEAT').map(({ name, system, fields }) =>
      JSON.stringify([name, system, fields.value, fields.text]),
    );
  },
  close: async () => void (await Promise.all(stations.map((station) => station?.close()))),
});
