// Brokers that want a login, that encrypt, and that have more to say than is judged.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestHosts } from '@quantstream/engine/testing';
import mqtt from 'mqtt';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Mosquitto } from '../../../scripts/lib/mosquitto.mjs';
import plugin from '../src/index.js';
import { fresh, INSTALLED, publish, reading, WITHOUT } from './broker.js';

const TOOLS = ['openssl', 'mosquitto_passwd'].filter((tool) => spawnSync(tool, ['version']).error !== undefined);
const LACKING = INSTALLED && TOOLS.length > 0 ? ` (skipped: there is no ${TOOLS.join(', no ')})` : WITHOUT;
const PASSWORD = 'näh:er/@#1';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-mqtt-test-'));
const hosts = new TestHosts();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => {
  hosts.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

/** A certificate of a name, signed by an authority of the test. */
function certify(name: string, authority: string): void {
  const days = ['-days', '2'];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...days,
    '-subj',
    `/CN=${authority}`,
    '-keyout',
    `${authority}.key`,
    '-out',
    `${authority}.pem`,
  );
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', 'broker.key', '-out', 'broker.csr');
  writeFileSync(path('names'), `subjectAltName=DNS:${name}\n`);
  openssl(
    'x509',
    '-req',
    ...days,
    '-in',
    'broker.csr',
    '-CA',
    `${authority}.pem`,
    '-CAkey',
    `${authority}.key`,
    '-CAcreateserial',
    '-extfile',
    'names',
    '-out',
    'broker.pem',
  );
}

async function brokerWith(...settings: string[]): Promise<Mosquitto> {
  const broker = await Mosquitto.create(settings);
  ends.push(() => broker.dispose());
  return broker;
}

/** Reads a source. @param held what each batch is waited for with @returns how many observations have come */
async function read(config: object, held: () => Promise<void> | void = () => {}) {
  const given = {
    topics: ['plant/+'],
    time: 'at',
    key: 'host',
    values: { cpu: 'system.cpu.pct' },
    clientId: 'secured',
    ...config,
  };
  const source = await plugin.create(plugin.config.parse(given), hosts.source());
  const abort = new AbortController();
  const inside = source as unknown as { waiting: unknown[]; listens: boolean };
  const come = { rows: 0, waiting: () => inside.waiting.length, listens: () => inside.listens };
  const done = (async () => {
    for await (const { observations, cursor } of source.read(null, abort.signal)) {
      come.rows += observations.length;
      if (observations.length === 0) continue;
      await held();
      await source.commit!(cursor!);
    }
  })();
  ends.push(() => {
    abort.abort();
    return done;
  });
  return come;
}

const until = async (condition: () => boolean) => {
  for (let i = 0; i < 3_000 && !condition(); i++) await sleep(10);
  expect(condition(), hosts.trouble ?? '').toBe(true);
};

const COUNT = 2_000;
/** Leaves messages with a broker for the client of `read`. */
async function flood(url: string): Promise<void> {
  await fresh(url, 'secured', 'plant/+');
  await publish(
    url,
    Array.from({ length: COUNT }, (_, i) => ['plant/a', JSON.stringify(reading(i))] as const),
  );
}

describe.skipIf(LACKING !== '')(`a broker that encrypts and wants a login${LACKING}`, () => {
  it('is read with both; without the right one it is said why, never what the password was', async () => {
    certify('localhost', 'ours');
    execFileSync('mosquitto_passwd', ['-c', '-b', path('passwords'), 'ada', PASSWORD], { stdio: 'pipe' });
    const files = [`cafile ${path('ours.pem')}`, `certfile ${path('broker.pem')}`, `keyfile ${path('broker.key')}`];
    const { port } = await brokerWith(...files, `password_file ${path('passwords')}`);
    const url = (password: string, host = 'localhost') => `mqtts://ada:${encodeURIComponent(password)}@${host}:${port}`;
    const ca = path('ours.pem');
    const authority = openssl('x509', '-in', 'ours.pem');

    const come = await read({ url: url(PASSWORD), ca });
    await until(come.listens);
    const publisher = await mqtt.connectAsync(`mqtts://localhost:${port}`, {
      username: 'ada',
      password: PASSWORD,
      ca: authority,
    });
    for (let i = 0; i < 5; i++) await publisher.publishAsync('plant/a', JSON.stringify(reading(i)), { qos: 1 });
    await publisher.endAsync();
    await until(() => come.rows === 5);

    const said: string[] = [];
    for (const [config, why] of [
      [{ url: url('wrong'), ca }, /cannot be read \(13[45]\): .*(not authori[sz]ed|bad user name or password)/i],
      [{ url: url('wrong'), ca, protocol: '3.1.1' }, /cannot be read \([45]\): .*(not authori[sz]ed|bad user name or password)/i],
      [{ url: url(PASSWORD) }, /cannot be read \((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)/],
      [{ url: url(PASSWORD, '127.0.0.1'), ca }, /cannot be read \(ERR_TLS_CERT_ALTNAME_INVALID\)/],
    ] as const) {
      await read({ ...config, clientId: `wrong-${said.length}` });
      await until(() => why.test(hosts.trouble ?? ''));
      said.push(hosts.trouble!);
      await ends.pop()!();
    }
    expect(said.join('\n')).not.toMatch(/näh|n%C3%A4h|ada:/);
  });
});

describe.skipIf(!INSTALLED)(`a broker that has more than is judged${WITHOUT}`, () => {
  it('with ack: checkpoint waits itself, and all of it is judged', async () => {
    // This one keeps to what it is asked for where it is set so itself.
    const broker = await brokerWith('max_inflight_messages 50');
    await flood(broker.url);
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const come = await read({ url: broker.url, inflight: 50, batch: 1 }, () => held);
    ends.push(go);
    await until(() => come.rows === 1 && come.waiting() === 49);
    await sleep(200);
    expect(come.waiting()).toBe(49);
    go();
    await until(() => come.rows === COUNT);
  });

  it('with ack: receipt keeps what has not been handed on, but for as much as may wait here', async () => {
    const broker = await brokerWith();
    await flood(broker.url);
    const url = broker.url;
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const first = await read({ url, ack: 'receipt', inflight: 50, batch: 1 }, () => held);
    ends.push(go);
    await until(() => first.rows === 1 && first.waiting() >= 49);
    go();
    await ends.at(-2)!();
    ends.splice(-2);
    const second = await read({ url, ack: 'receipt', inflight: 50 });
    await until(() => first.rows + second.rows >= COUNT - 50);
    await sleep(200);
    expect(second.rows).toBeLessThan(COUNT);
  });
});
