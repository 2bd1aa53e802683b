// Receivers that are not what they should be.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { post } from '../src/post.js';

const hosts = new TestHosts();
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answering(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const settings = (url: string) => plugin.config.parse({ url, timeout: '5s' });
const message = { body: '{}', key: 'a' };

describe('a receiver', () => {
  it.each([200, 500])('whose answer (%i) has no end is taken at its word, and not read on', async (status) => {
    let written = 0;
    const place = await answering((_, response) => {
      let gone = false;
      response.writeHead(status);
      const piece = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (!gone && response.write(piece)) written += piece.length;
      };
      response.on('drain', more);
      response.on('close', () => {
        gone = true;
      });
      more();
    });
    const outcome = await post(message, settings(`http://${place}/`), new AbortController().signal);
    expect(outcome.kind).toBe(status === 200 ? 'sent' : 'later');
    const [finding] = await plugin.diagnose!(settings(`http://${place}/`), hosts.outside());
    expect(finding).toMatchObject({ state: 'good' });
    expect(written).toBeLessThan(50_000_000);
  });

  it('is told the login of its address as a header, and nobody else is', async () => {
    const seen: (string | undefined)[] = [];
    const place = await answering(({ headers, url }, response) => {
      seen.push(headers.authorization, url);
      response.end();
    });
    const given = settings(`http://me:p%40ss@${place}/hook?x=1`);
    expect(await post(message, given, new AbortController().signal)).toEqual({ kind: 'sent' });
    const findings = await plugin.diagnose!(given, hosts.outside());
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(seen).toEqual([basic, '/hook?x=1', basic, '/hook?x=1']);
    expect(JSON.stringify(findings)).not.toMatch(/p%40ss|p@ss/);
  });
});
