// Both halves as commands, out of the bundle.

import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { startEngine } from '../../../test/command-line.js';
import { Workshop } from '../support.js';
import { BROKER, WITHOUT } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());

const write = (brokers: string) =>
  shop.write('p.yaml', shop.pipeline({ channel: { use: 'kafka', with: { brokers, topic: `t-${randomUUID()}` } } }));

describe('the halves of a pipeline as commands', () => {
  it.each(['ingest', 'detect'])('wait for a broker that is not there: %s', async (role) => {
    const { child, exit, says } = startEngine(shop.directory, ['-p', write('127.0.0.1:1'), '--role', role, '--lenient']);
    await says('trying again');
    child.kill();
    const { code, stderr } = await exit;
    expect(stderr).toMatch(/the broker 127\.0\.0\.1:1 .*trying again/);
    expect(stderr).not.toMatch(/Error/);
    expect(code).toBe(0);
  });

  it.skipIf(!BROKER)(`read and judge to the end (${WITHOUT})`, async () => {
    const file = write(BROKER!);
    for (const role of ['ingest', 'detect']) {
      const { code, stderr } = await shop.engine('-p', file, '--role', role);
      expect(code, stderr).toBe(0);
    }
    expect(shop.lines().filter(({ what }) => what === 'verdict')).toHaveLength(100);
  });
});
