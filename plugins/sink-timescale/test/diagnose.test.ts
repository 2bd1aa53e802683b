import { TestHosts, testSchema } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { ask, POSTGRES } from './places.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
const findings = (config: object) => plugin.diagnose!(plugin.config.parse(config), hosts.outside());

describe('what the doctor says', () => {
  it('has nothing to reach for the embedded database', async () => {
    expect(await findings({})).toEqual([expect.objectContaining({ subject: 'embedded database', state: 'good' })]);
  });

  it('names a server that does not answer, and never its password', async () => {
    const [found, ...more] = await findings({ url: 'postgresql://somebody:hush@127.0.0.1:1/market' });
    expect(more).toEqual([]);
    expect(found).toMatchObject({ subject: 'postgresql://127.0.0.1:1/market', state: 'bad' });
    expect(JSON.stringify(found)).not.toContain('hush');
  });
});

describe.skipIf(!POSTGRES)('on the PostgreSQL that QUANTSTREAM_TEST_POSTGRES names (skipped where it names none)', () => {
  const schema = `doctor_${process.pid}`;
  const role = `doctor_reader_${process.pid}`;
  afterAll(() =>
    ask(POSTGRES!, `DROP SCHEMA IF EXISTS ${schema} CASCADE`).then(() => ask(POSTGRES!, `DROP ROLE IF EXISTS ${role}`)),
  );

  it('is content with a server and a user that may do all, and makes nothing', async () => {
    const made = () => ask(POSTGRES!, `SELECT nspname FROM pg_namespace WHERE nspname = '${schema}'`);
    const found = await findings({ url: POSTGRES, schema });
    expect(found.map(({ state }) => state)).toEqual(['good', 'good', 'good']);
    expect(found[0]!.detail).toMatch(/^PostgreSQL \d+/);
    expect(await made()).toEqual([]);
  });

  it('doubts a server without TimescaleDB where something is to be dropped by age', async () => {
    const found = await findings({ url: POSTGRES, schema, dropAfter: '30d' });
    expect(found.at(-1)).toMatchObject({ subject: 'TimescaleDB', state: 'doubtful' });
  });

  it('sees that a user may not make tables, and that one may not write', async () => {
    await ask(POSTGRES!, `CREATE ROLE ${role} LOGIN`);
    const url = Object.assign(new URL(POSTGRES!), { username: role }).href;
    const rights = async () => (await findings({ url, schema })).find(({ subject }) => subject.startsWith('rights'));
    expect(await rights()).toMatchObject({ state: 'bad', detail: expect.stringContaining('may not make the schema') });
    const sink = await plugin.create(plugin.config.parse({ url: POSTGRES, schema }), hosts.sink(testSchema));
    await sink.open!();
    await sink.close();
    await ask(POSTGRES!, `GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    expect(await rights()).toMatchObject({ state: 'bad', detail: expect.stringContaining('may not write') });
  });
});
