import { sinkLaws } from '@quantstream/engine/testing';
import plugin from '../src/index.js';
import { receiver } from './receiver.js';

const place = receiver();
sinkLaws(plugin, {
  defers: true,
  config: async (n) => ({ url: `${(await place).url}/${n}`, on: ['opened', 'closed'], perMinute: 600, maxAge: '10000d' }),
  read: async (n) => (await place).received.filter(({ path }) => path === `/${n}`).map(({ body }) => body.episode),
  close: async () => (await place).close(),
});
