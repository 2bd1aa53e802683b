import { sinkLaws } from '@quantstream/engine/testing';
import plugin from '../src/index.js';
import { mailServer } from './server.js';

const place = mailServer();
sinkLaws(plugin, {
  defers: true,
  config: async (n) => ({
    server: (await place).url,
    from: 'quantstream@example.org',
    to: [`n${n}@example.org`],
    perMinute: 600,
    maxAge: '10000d',
    attach: true,
  }),
  read: async (n) =>
    (await place).mails
      .filter(({ to }) => to.includes(`n${n}@example.org`))
      .flatMap(({ parsed }) =>
        parsed.attachments.flatMap(({ content }) =>
          JSON.parse(content.toString()).map((one: { episode?: unknown }) => one.episode),
        ),
      ),
  close: async () => (await place).close(),
});
