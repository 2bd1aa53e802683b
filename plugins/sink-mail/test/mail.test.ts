import { createServer } from 'node:net';
import type { Episode, Incident } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { mailServer, refusal } from './server.js';

let hosts: TestHosts;
/** What was logged. */
let logged: string[];
const say = (_: object, message: string) => void logged.push(message);
const log = { debug: say, info: say, warn: say, error: say };
const servers: { close(): Promise<void> }[] = [];
beforeEach(() => {
  hosts = new TestHosts();
  logged = [];
});
afterEach(async () => {
  hosts.dispose();
  for (const server of servers.splice(0)) await server.close();
});

async function listening(...given: Parameters<typeof mailServer>) {
  const server = await mailServer(...given);
  servers.push(server);
  return server;
}

/** A clock whose seconds are milliseconds, so that pauses are short. */
function quick() {
  const begun = Date.now();
  return {
    now: () => begun + (Date.now() - begun) * 1_000,
    sleep: (ms: number, signal?: AbortSignal) => hosts.outside().clock.sleep(Math.ceil(ms / 1_000), signal),
  };
}

const [template] = testBatch(0, 40).episodes as [Episode];
const episode = (n: number, more: Partial<Episode> = {}): Episode => ({
  ...template,
  id: `test/pump/${n}`,
  key: 'pump',
  start: Date.now() - 1_000,
  end: Date.now(),
  status: 'open',
  ...more,
});
const batch = (...episodes: Episode[]) => ({ observations: [], verdicts: [], missing: [], episodes });
const people = { from: 'quantstream@example.org', to: ['ops@example.org', 'night@example.org'] };
const open = async (config: object, clock?: ReturnType<typeof quick>) => {
  const host = { ...hosts.sink(testSchema), log };
  const sink = await plugin.create(plugin.config.parse({ ...people, ...config }), clock ? { ...host, clock } : host);
  await sink.open!();
  return sink;
};
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};
const counted = (result: string) => hosts.metrics.get(`mail_messages_total${JSON.stringify({ sink: 'sink', result })}`) ?? 0;

describe('a mail', () => {
  it('says once that an episode opened, and in an answer to it that it is over', async () => {
    const server = await listening();
    const sink = await open({ server: server.url });
    await sink.write(batch(episode(1), episode(1, { rows: 2 })));
    await until(() => server.mails.length === 1);
    await sink.write(batch(episode(1, { rows: 3, status: 'closed' })));
    await until(() => counted('sent') === 2);
    await sink.close();
    const [opened, closed] = server.mails.map(({ parsed }) => parsed);
    expect(server.mails.map(({ to }) => to)).toEqual([people.to, people.to]);
    expect(opened!.subject).toBe('pump is odd (test), critical: level_change is 9 m');
    expect(opened!.text).toMatch(
      /^🚨 critical: pump \(test\) since 20.* UTC: level_change is 9 m\n\nkey: pump\npipeline: test\nseverity: critical\nsince: 20/,
    );
    expect(opened!.headers.get('auto-submitted')).toBe('auto-generated');
    expect(opened!.headers.get('priority')).toBe('high');
    expect(opened!.attachments).toEqual([]);
    expect(closed!.subject).toBe('Re: pump is odd (test)');
    expect(closed!.inReplyTo).toBe(opened!.messageId);
    expect(closed!.text).toMatch(/^✅ pump is ordinary again/);
  });

  it('is one for an incident, and an answer for what is new in it', async () => {
    const server = await listening();
    const sink = await open({ server: server.url });
    const incident: Incident = {
      ...episode(7),
      id: 'test/incident/1',
      keys: 3,
      names: ['pump', 'valve', 'fan'],
      topics: [],
      severity: 'warning',
    } as unknown as Incident;
    await sink.write({ ...batch(), incidents: [incident] });
    await until(() => server.mails.length === 1);
    await sink.write({ ...batch(), incidents: [{ ...incident, severity: 'critical' }] });
    await until(() => server.mails.length === 2);
    await sink.close();
    const [first, news] = server.mails.map(({ parsed }) => parsed);
    expect(first!.text).toContain('keys: 3, among them pump, valve, fan');
    expect(news!.text).toContain('new: it is critical now');
    expect(news!.references).toBe(first!.messageId);
  });

  it('is one for an incident, and none for each of its episodes, of which nothing is said before that is known', async () => {
    const server = await listening();
    const incidents = { withinMs: 120_000, longestMs: 3_600_000, settleMs: 30_000 };
    const schema = { ...testSchema, alarms: { ...testSchema.alarms, incidents } };
    const sink = await plugin.create(plugin.config.parse({ ...people, server: server.url }), { ...hosts.sink(schema), log });
    await sink.open!();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const episodes = keys.map((key, n) => episode(n, { id: `test/${key}/1`, key, severity: 'warning', reason: `${key} is odd` }));
    for (const one of episodes) await sink.write(batch(one));
    const id = 'test/incident/1/a';
    const incident = {
      ...episodes[0]!,
      id,
      keys: keys.length,
      names: keys,
      episodes: episodes.map((one) => one.id),
      topics: [],
    } as unknown as Incident;
    const joined = (more: Partial<Episode> = {}) => episodes.map((one) => ({ ...one, incident: id, ...more }));
    await sink.write({ ...batch(...joined()), incidents: [incident] });
    await sink.write(batch(...joined({ rows: 9 })));
    await until(() => counted('sent') === 1);
    await sink.write({ ...batch(...joined({ status: 'closed' })), incidents: [{ ...incident, status: 'closed' }] });
    await until(() => counted('sent') === 2);
    await sink.close();
    expect(server.mails.map(({ parsed }) => parsed.subject)).toEqual([
      expect.stringContaining('several keys together, a first is odd'),
      'Re: several keys together, a first is odd (test)',
    ]);
    expect(counted('joined')).toBe(6);
  });

  it('holds texts of the stream as texts: no header, no HTML, no end of the mail, and no more than fits', async () => {
    const server = await listening();
    const sink = await open({ server: server.url });
    const hostile = '<b onload=x>\r\n.\r\nBcc: all@example.org\r\n\r\n\u0000\ud800 "quoted" =?utf-8?q?x?=';
    await sink.write(batch(episode(1, { key: hostile, reason: `${hostile}${'x'.repeat(100_000)}`, columns: [hostile] })));
    await until(() => counted('sent') === 1);
    await sink.close();
    const [{ parsed, raw, to }] = server.mails as [(typeof server.mails)[0]];
    expect(to).toEqual(people.to);
    expect([...parsed.headers.keys()]).not.toContain('bcc');
    expect(raw).not.toMatch(/^Bcc:/m);
    expect(parsed.subject).toMatch(/^<b onload=x> \. Bcc: all@example\.org/);
    expect(parsed.subject!.length).toBeLessThan(200);
    expect(parsed.html).toContain('&lt;b onload=x&gt;');
    expect(parsed.html).not.toContain('<b ');
    expect(raw.length).toBeLessThan(50_000);
  });

  it('holds all that waits where that is more than may be sent singly', async () => {
    const server = await listening();
    const sink = await open({ server: server.url, perMinute: 2 });
    await sink.write(batch(...Array.from({ length: 80 }, (_, n) => episode(n))));
    await until(() => counted('sent') === 80);
    await sink.close();
    expect(server.mails.length).toBeLessThan(4);
    const { subject, text } = server.mails.at(-1)!.parsed;
    expect(subject).toMatch(/^(79|80) episodes in a short time \(test\)$/);
    expect(text).toContain('pump ×');
  });
});

describe('a server', () => {
  it('that puts a mail off gets it again; what it refuses for good is put away, and the rest is sent', async () => {
    const server = await listening((n) => (n <= 2 ? refusal(451) : n === 4 ? refusal(554) : undefined));
    const sink = await open({ server: server.url, timeout: '10m', maxAge: '10000d', giveUpAfter: '10d' }, quick());
    await sink.write(batch(episode(1)));
    await until(() => counted('sent') === 1);
    await sink.write(batch(episode(2)));
    await sink.write(batch(episode(3)));
    await until(() => counted('sent') === 2 && counted('failed') === 1);
    await sink.close();
    expect(server.mails).toHaveLength(2);
    expect(hosts.deadLetters).toMatchObject([{ code: 'not_told', reason: 'nobody was told: the mail server answers 554' }]);
  });

  it('that is away, or never says a word, holds nothing up, and is told when it is there', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const sink = await open({ server: `smtp://127.0.0.1:${port}`, timeout: '200ms' });
    await sink.write(batch(episode(1)));
    await until(() => logged.some((message) => /waits? to be told: no answer of the mail server/.test(message)));
    await sink.close();
    await new Promise((resolve) => silent.close(resolve));
    const server = await listening(undefined, {});
    const moved = await open({ server: `smtp://127.0.0.1:${server.port}` });
    await moved.write(batch(episode(2)));
    await until(() => counted('sent') === 1);
    await moved.close();
  });

  it('that asks for a login gets it, and one that refuses it is waited for; no text tells what it was', async () => {
    const logins: string[] = [];
    const options = {
      authOptional: false,
      onAuth: ({ username = '', password = '' }, _: unknown, done: (error: Error | null, answer?: { user: string }) => void) => {
        logins.push(`${username}/${password}`);
        if (password === 'p@ss') done(null, { user: username });
        else done(new Error('no'));
      },
    };
    const server = await listening(undefined, options as never);
    const wrong = await open({ server: `smtp://ops:wrong-word@127.0.0.1:${server.port}` });
    await wrong.write(batch(episode(1)));
    await until(() => logged.some((message) => message.includes('refuses the login')));
    await wrong.close();
    const right = await open({ server: `smtp://ops:p%40ss@127.0.0.1:${server.port}` });
    await right.write(batch(episode(2)));
    await until(() => server.mails.length > 0);
    await right.close();
    expect(logins).toContain('ops/wrong-word');
    expect(logins.at(-1)).toBe('ops/p@ss');
    expect(JSON.stringify([logged, hosts.deadLetters])).not.toMatch(/wrong-word|p@ss|p%40ss/);
  });

  it('that cannot encrypt is refused where that is asked for', async () => {
    const server = await listening();
    const sink = await open({ server: server.url, tls: 'required' });
    await sink.write(batch(episode(1)));
    await until(() => logged.some((message) => /to be told: the mail server cannot encrypt/.test(message)));
    await sink.close();
    expect(server.mails).toEqual([]);
  });

  it('is looked at by engine doctor, and no mail is sent', async () => {
    const server = await listening();
    const config = plugin.config.parse({ ...people, server: server.url });
    expect(await plugin.diagnose!(config, hosts.outside())).toMatchObject([
      { state: 'good', detail: 'takes mail; none was sent' },
    ]);
    await server.close();
    servers.splice(0);
    expect(await plugin.diagnose!(config, hosts.outside())).toMatchObject([{ state: 'bad' }]);
    expect(server.mails).toEqual([]);
  });
});

it.each([
  { server: 'mail.example.org' },
  { server: 'http://mail.example.org' },
  { from: 'Ops <ops@example.org>' },
  { from: 'a@b\r\nBcc: c@example.org' },
  { to: [] },
  { to: ['a@b.org, c@d.org'] },
])('refuses %j', (wrong) => {
  expect(plugin.config.safeParse({ server: 'smtp://127.0.0.1', ...people, ...wrong }).success).toBe(false);
});

describe('what a mail must not lose', () => {
  it('a recipient that is put off gets it later, alone, and one that is refused is said once', async () => {
    let late = 0;
    const server = await listening(undefined, {
      onRcptTo: ({ address }, _, done) => {
        if (address === 'gone@example.org') return done(refusal(550));
        done(address === 'night@example.org' && ++late < 3 ? refusal(450) : null);
      },
    });
    const to = ['ops@example.org', 'night@EXAMPLE.org', 'gone@example.org'];
    const sink = await open({ server: server.url, to, giveUpAfter: '10h', maxAge: '100d' }, quick());
    await sink.write(batch(episode(1)));
    await until(() => counted('sent') === 1);
    await sink.close();
    expect(server.mails.map((mail) => mail.to)).toEqual([['ops@example.org'], ['night@example.org']]);
    expect(new Set(server.mails.map(({ parsed }) => parsed.messageId)).size).toBe(1);
    expect(logged.filter((line) => line.includes('refuses 1 of 3 recipients'))).toHaveLength(1);
    expect(hosts.deadLetters).toEqual([]);
  });

  it('with `on: [closed]` it says that something is over', async () => {
    const server = await listening();
    const sink = await open({ server: server.url, on: ['closed'] });
    await sink.write(batch(episode(1)));
    await sink.write(batch(episode(1, { status: 'closed' })));
    await sink.close();
    expect(server.mails).toHaveLength(1);
  });

  it('a login that is no text is refused before anything runs', () => {
    const { error } = plugin.config.safeParse({ ...people, server: 'smtp://%ff:x@mail.example.org' });
    expect(error?.issues[0]?.message).toMatch(/^expected an address such as smtp:/);
  });

  it('no text looks like another by signs that turn the direction of reading', async () => {
    const server = await listening();
    const sink = await open({ server: server.url });
    await sink.write(batch(episode(1, { key: 'a\u202egpj' })));
    await sink.close();
    expect(server.mails[0]!.parsed.subject).toMatch(/^a gpj is odd/);
  });
});
