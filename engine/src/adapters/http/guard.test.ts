import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Guard, isLoopback } from './guard.js';

const asked = (headers: Record<string, string>, url = '/p/page/', method = 'GET') =>
  ({ headers: { host: '127.0.0.1:9464', ...headers }, url, method }) as unknown as IncomingMessage;
const statusOf = (guard: Guard, ...request: Parameters<typeof asked>) => {
  const admission = guard.admit(asked(...request), 9464);
  return admission.admitted ? 200 : admission.status;
};

describe('who may come in', () => {
  it.each(['localhost', '127.0.0.1', '127.8.0.1', '::1', '[::1]'])('%s is an address of this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['0.0.0.0', '10.0.0.1', '::', 'localhost.evil.example', '127.0.0.1.evil.example', ''])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it('on loopback is whoever asks by a name of this machine, and nobody by a name that was pointed here', () => {
    const guard = new Guard({ loopback: true });
    for (const host of ['localhost:9464', '127.0.0.1', '[::1]:9464', 'LOCALHOST:1', '127.8.0.1:9464'])
      expect(statusOf(guard, { host })).toBe(200);
    for (const host of ['evil.example:9464', 'localhost.evil.example', '', '10.0.0.1:9464', '127.0.0.1.evil.example'])
      expect(statusOf(guard, { host })).toBe(403);
  });

  it('is nobody who comes from another page', () => {
    const guard = new Guard({ loopback: true });
    expect(statusOf(guard, { origin: 'http://127.0.0.1:9464' })).toBe(200);
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:9465', 'http://127.0.0.1', ''])
      expect(statusOf(guard, { origin }, '/p/page/api/labels', 'POST')).toBe(403);
  });

  it('elsewhere is whoever has the token: asked for once, then by a cookie that scripts cannot read', () => {
    const token = 'a-token-of-some-length';
    const guard = new Guard({ loopback: false, token });
    expect(statusOf(guard, { host: 'edge.example' })).toBe(401);
    expect(statusOf(guard, { host: 'edge.example' }, '/p/page/?token=wrong')).toBe(401);
    const admission = guard.admit(asked({ host: 'edge.example' }, `/p/page/?token=${token}&key=a`), 9464);
    expect(admission).toMatchObject({ admitted: false, status: 302, headers: { location: '/p/page/?key=a' } });
    const cookie = (admission as { headers: Record<string, string> }).headers['set-cookie']!;
    expect(cookie).toMatch(/^quantstream_9464=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(cookie).not.toContain(token);
    const given = cookie.split(';')[0]!;
    expect(statusOf(guard, { host: 'edge.example', cookie: `other=1; ${given}` })).toBe(200);
    expect(statusOf(guard, { host: 'edge.example', cookie: `${given}0` })).toBe(401);
    expect(statusOf(guard, { host: 'edge.example', authorization: `Bearer ${token}` })).toBe(200);
    // A token opens nothing that is told by POST through an address.
    expect(statusOf(guard, { host: 'edge.example' }, `/p/page/api/labels?token=${token}`, 'POST')).toBe(401);
  });

  it('behind a proxy is whoever it names', () => {
    const guard = new Guard({ loopback: false, userHeader: 'X-Forwarded-User' });
    expect(guard.admit(asked({ host: 'x', 'x-forwarded-user': 'ada' }), 1)).toEqual({ admitted: true, user: 'ada' });
    expect(statusOf(guard, { host: 'x' })).toBe(401);
    expect(statusOf(guard, { host: 'x', 'x-forwarded-user': '' })).toBe(401);
  });

  it('guesses slowly, and asks slowly', () => {
    let now = 0;
    const guard = new Guard({ loopback: false, token: 'a-token-of-some-length' }, () => now);
    const wrong = () => statusOf(guard, { authorization: 'Bearer no' });
    const answers = Array.from({ length: 30 }, wrong);
    expect(answers.filter((status) => status === 401).length).toBeLessThan(25);
    expect(answers.at(-1)).toBe(429);
    // Who is in already stays in.
    const cookie = `quantstream_9464=${createHash('sha256').update('a-token-of-some-length').digest('hex')}`;
    expect(statusOf(guard, { cookie })).toBe(200);
    now += 60_000;
    expect(wrong()).toBe(401);
    const open = new Guard({ loopback: true }, () => now);
    const statuses = Array.from({ length: 1_000 }, () => statusOf(open, {}));
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
    now += 1_000;
    expect(statusOf(open, {})).toBe(200);
  });
});
