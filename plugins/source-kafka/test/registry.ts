// A schema registry for tests: the part of Confluent's REST interface that readers ask, https://docs.confluent.io/platform/current/schema-registry/develop/api.html
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Registered {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[] | null;
}

export async function registry() {
  const asked: string[] = [];
  const one = {
    /** By path: `schemas/ids/7`, `subjects/place/versions/1`. */
    schemas: new Map<string, Registered>(),
    asked,
    /** What it answers instead of everything, as long as it stands. */
    status: undefined as number | undefined,
    login: undefined as string | undefined,
    url: '',
    close: () => server.close(),
  };
  const server = createServer((request, response) => {
    const path = request.url!.slice(1);
    asked.push(path);
    const say = (status: number, body: object | string) => {
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (one.status !== undefined) return say(one.status, 'no');
    if (one.login !== undefined && request.headers.authorization !== `Basic ${Buffer.from(one.login).toString('base64')}`)
      return say(401, { error_code: 401, message: 'Unauthorized' });
    const found = one.schemas.get(path);
    if (found) say(200, found);
    else say(404, { error_code: path.startsWith('schemas') ? 40403 : 40401, message: 'not found' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  one.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return one;
}

/** A value as Confluent's serializers frame it. */
export function framed(id: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, bytes]);
}
