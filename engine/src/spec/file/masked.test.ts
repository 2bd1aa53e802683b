import { describe, expect, it } from 'vitest';
import { withoutPasswords } from './echoed.js';
import { fingerprinted, maskedOf } from './masked.js';
import { parse } from './read.js';
import { fillVariables } from './variables.js';

const mask = (text: string, environment: Record<string, string> = {}) =>
  maskedOf(fillVariables(parse(text, 'x.yaml'), environment, '.').tree);

describe('a configuration for people to read', () => {
  it('hides what keys call a secret, wherever it came from', () => {
    expect(mask('sasl: { username: me, password: hunter2 }\napiKey: abc\nauthToken: 5')).toEqual({
      sasl: { username: 'me', password: '(hidden)' },
      apiKey: '(hidden)',
      authToken: '(hidden)',
    });
  });

  it('hides the login in an address, and the path of one that came from outside', () => {
    const environment = { A: 'mysql://me:hunter2@db:5432/quant', B: 'https://hooks.example.org/T0/xyz' };
    expect(mask('a: ${A}\nb: ${B}\nc: "https://user:pw@example.org/path?x=1"\nd: http://example.org/path', environment)).toEqual({
      a: 'mysql://…@db:5432/…',
      b: 'https://hooks.example.org/…',
      c: 'https://…@example.org/path?x=1',
      d: 'http://example.org/path',
    });
  });

  it('shows what came from outside only where it can hardly be a secret', () => {
    const environment = { A: 'live', B: '2h', C: 'a:1,b.c:65535', D: 'Tr0ub4dor&3', E: '17', F: 'correcthorsebattery' };
    expect(mask('list: ["${A}", "${B}", "${C}", "${D}", "${E}", "${F}"]', environment)).toEqual({
      list: ['live', '2h', 'a:1,b.c:65535', '(hidden)', '17', '(hidden)'],
    });
  });
});

describe('a configuration to be stored and compared', () => {
  it('holds no secret, and yet shows that one has changed', () => {
    const of = (apiKey: string, login: string) =>
      fingerprinted({ apiKey, deep: [{ proxy: `http://${login}@host:1` }], size: 3, on: true, gone: undefined });
    const stored = JSON.stringify(of('abc', 'me:pw'));
    expect(stored).toMatch(/^\{"apiKey":"hidden:[0-9a-f]{8}","deep":\[\{"proxy":"hidden:[0-9a-f]{8}"\}\],"size":3,"on":true\}$/);
    expect(JSON.stringify(of('abc', 'me:pw'))).toBe(stored);
    expect(JSON.stringify(of('abd', 'me:pw'))).not.toBe(stored);
    expect(JSON.stringify(of('abc', 'me:px'))).not.toBe(stored);
  });
});

describe('text that is echoed', () => {
  it('has no passwords, and is as long as it was', () => {
    for (const [text, expected] of [
      ['  url: broker://me:hunter2@host/db', '  url: broker://me:*******@host/db'],
      ['  url: broker://me:p@ss3cr3t@host/db', '  url: broker://me:*********@host/db'],
      ["  Authorization: 'Bearer hunter2'", "  Authorization: '**************'"],
      ['  password: hunter2', '  password: *******'],
      ['--set sinks.db.with.password=hunter2', '--set sinks.db.with.password=*******'],
      ['  apiKey: "hunter2", retries: 3', '  apiKey: "*******", retries: 3'],
      ['  token: ${TOKEN:-x}', '  token: ${TOKEN:-x}'],
      ['  url: https://host/path', '  url: https://host/path'],
      ['  passengers: 12', '  passengers: 12'],
    ] as const)
      expect(withoutPasswords(text)).toBe(expected);
  });
});
