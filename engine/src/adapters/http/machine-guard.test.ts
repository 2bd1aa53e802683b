import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { MachineGuard } from './machine-guard.js';

const statusOf = (guard: MachineGuard, headers: Record<string, string>) => {
  const admission = guard.admit({ headers: { host: '127.0.0.1:9464', ...headers } } as unknown as IncomingMessage);
  return admission.admitted ? 200 : admission.status;
};
const [OURS, OTHER, PAGES] = ['a-token-of-some-length', 'another-token-of-some-length', 'the-token-of-the-pages'];

describe('which machines may come in', () => {
  it('on loopback are those on this machine, however often, and nobody by a name that was pointed here', () => {
    const guard = new MachineGuard({ loopback: true }, { tokens: [] });
    for (let i = 0; i < 5_000; i++) expect(statusOf(guard, {})).toBe(200);
    for (const host of ['localhost', '[::1]:9464']) expect(statusOf(guard, { host })).toBe(200);
    for (const host of ['evil.example:9464', '']) expect(statusOf(guard, { host })).toBe(403);
  });

  it('are never pages of browsers', () => {
    for (const tokens of [[], [OURS]]) {
      const guard = new MachineGuard({ loopback: true }, { tokens });
      for (const origin of ['http://evil.example', 'null', ''])
        expect(statusOf(guard, { origin, authorization: `Bearer ${OURS}` })).toBe(403);
    }
  });

  it('are those with one of the tokens, which are not those of the pages', () => {
    const guard = new MachineGuard({ loopback: false, token: PAGES }, { tokens: [OURS, OTHER] });
    for (const token of [OURS, OTHER])
      for (const scheme of ['Bearer', 'Token'])
        expect(statusOf(guard, { host: 'edge.example', authorization: `${scheme} ${token}` })).toBe(200);
    for (const authorization of [`Bearer ${PAGES}`, 'Bearer ', `Basic ${OURS}`, `Bearer ${OURS}x`, OURS])
      expect(statusOf(guard, { host: 'edge.example', authorization })).toBe(401);
    expect(statusOf(guard, { host: 'edge.example', cookie: `quantstream_9464=${PAGES}` })).toBe(401);
  });

  it('elsewhere without tokens of their own are those with the token of the pages, and nobody where there is none', () => {
    const guard = new MachineGuard({ loopback: false, token: PAGES }, { tokens: [] });
    expect(statusOf(guard, { host: 'edge.example' })).toBe(401);
    expect(statusOf(guard, { host: 'edge.example', authorization: `Bearer ${PAGES}` })).toBe(200);
    expect(statusOf(new MachineGuard({ loopback: false, userHeader: 'x-user' }, { tokens: [] }), { 'x-user': 'ada' })).toBe(401);
  });

  it('guess slowly, and keep nobody out by that', () => {
    let now = 0;
    const guard = new MachineGuard({ loopback: false }, { tokens: [OURS] }, () => now);
    const answers = Array.from({ length: 100 }, () => statusOf(guard, { authorization: 'Bearer no' }));
    expect([answers[0], answers.at(-1)]).toEqual([401, 429]);
    expect(statusOf(guard, { authorization: `Bearer ${OURS}` })).toBe(200);
    now += 61_000;
    expect(statusOf(guard, { authorization: 'Bearer no' })).toBe(401);
  });
});
