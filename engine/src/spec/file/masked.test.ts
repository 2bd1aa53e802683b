import { describe, expect, it } from 'vitest';
import { z } from '../../api/index.js';
import { check } from './check.js';
import { withoutPasswords } from './echoed.js';
import { fingerprinted, maskedOf } from './masked.js';
import { ConfigError } from './problems.js';
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

  it('hides passwords with slashes, logins without a scheme, parameters, and what stands below a sensitive key', () => {
    expect(
      mask(
        [
          'models: { passes: { use: tails } }',
          'with:',
          '  a: "mqtt://me:hun/t@er2@host:1/x"',
          '  b: me:hunter2@host:1',
          '  c: "http://host/x?user=me&api_key=hunter2&sig=hunter2#y"',
          '  d: host=a user=b password=hunter2',
          '  tokens: { plant: hunter2, list: [hunter2] }',
          '  headers: { X-Mine: hunter2 }',
          '  e: a@b.example.org',
          '  f: "http://host/@me"',
        ].join('\n'),
      ),
    ).toEqual({
      models: { passes: { use: 'tails' } },
      with: {
        a: 'mqtt://…@host:1/x',
        b: 'me:*******@host:1',
        c: 'http://host/x?user=me&api_key=(hidden)&sig=(hidden)#y',
        d: 'host=a user=b password=*******',
        tokens: { plant: '(hidden)', list: ['(hidden)'] },
        headers: { 'X-Mine': '(hidden)' },
        e: 'a@b.example.org',
        f: 'http://host/@me',
      },
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

describe('what is wrong with a secret', () => {
  const schema = z.strictObject({
    token: z.string().min(16).optional(),
    tokens: z.record(z.string(), z.string().min(16)).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    url: z
      .string()
      .refine(() => false, 'expected another address')
      .optional(),
    password: z.string().optional(),
  });

  it.each([
    ['token: hunter2 x', 'token: expected at least 16 characters, found a hidden value.'],
    ['token: [hunter2]', 'token: expected text, found a list.'],
    ['tokens: { plant: hunter2 }', 'tokens.plant: expected at least 16 characters, found a hidden value.'],
    ['tokens:\n    plant: hunter2', 'tokens.plant: expected at least 16 characters, found a hidden value.'],
    ['headers: { X-Mine: [hunter2] }', 'headers.X-Mine: expected text, found a list.'],
    ['url: me:hunter2@host', 'url: expected another address; found "me:*******@host"'],
    ['passwrd: hunter2', 'unknown key "passwrd" in with'],
    ['password: 5, token: [hunter2], v: 1', 'password: expected text, found a hidden value.'],
  ])('%s: is said without it', (text, message) => {
    const tree = parse(`with: ${text.includes('\n') ? `\n  ${text}` : `{ ${text} }`}\n`, 'x.yaml');
    const error = new ConfigError(check(schema, tree, ['with'], 'with').problems);
    expect(error.message).toContain(message);
    expect(JSON.stringify([error.message, error.problems])).not.toContain('hunter2');
  });
});

describe('text that is echoed', () => {
  it('is read in a time that grows with its length', () => {
    const long = 200_000;
    for (const text of ['a'.repeat(long), 'a.'.repeat(long), 'token: ['.repeat(long)])
      expect(withoutPasswords(text)).toHaveLength(text.length);
  });

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
      ['  url: me:hunter2@host:1', '  url: me:*******@host:1'],
      ['  url: broker://me:hun/t@er2@host/db', '  url: broker://me:*********@host/db'],
      ['  passwrd: hunter2', '  passwrd: *******'],
      ["  token: ['hunter2', x], v: 1", '  token: *************], v: 1'],
      ['  tokens: { a: ${A}, b: hunter2 }', '  tokens: **********************}'],
      ['  url: http://host/x?user=me&password=hunter2', '  url: http://host/x?user=me&password=*******'],
      ['sasl.password: expected text, found a list', 'sasl.password: expected text, found a list'],
      ['  passage: 5, passport: 12, compass: 3', '  passage: 5, passport: 12, compass: 3'],
      ['  from: ops@example.org, at: 12:30', '  from: ops@example.org, at: 12:30'],
    ] as const)
      expect(withoutPasswords(text)).toBe(expected);
  });
});
