import { afterAll, describe, expect, it } from 'vitest';
import { diagnose, readableDiagnosis } from '../src/cli/commands/doctor.js';
import { Workshop } from './support.js';

const shop = new Workshop();
process.env.QUANTSTREAM_DATA = `${shop.directory}/data`;
afterAll(() => shop.dispose());

describe('the doctor', () => {
  it('finds nothing bad where nothing is, and looks at the machine, the file, the disk and the state', async () => {
    const path = shop.write('good.yaml', shop.pipeline());
    const before = await diagnose('1.2.3', path, []);
    expect(before.findings.every(({ state }) => state === 'good')).toBe(true);
    expect(before.findings.map(({ subject }) => subject)).toEqual(['node', 'engine', 'pipeline file', 'disk']);
    expect(before.findings[1]!.detail).toContain('1.2.3');
    await shop.run(shop.pipeline());
    const after = await diagnose('1.2.3', path, []);
    expect(after.findings.at(-1)).toMatchObject({ subject: 'state', detail: expect.stringMatching(/saved \d+m?s ago, 1 key$/) });
    expect(readableDiagnosis(after)).toContain('nothing bad was found');
    const changed = await diagnose('1.2.3', path, ['features.with.every=5000']);
    expect(changed.findings.at(-1)).toMatchObject({
      state: 'doubtful',
      detail: expect.stringMatching(/another configuration of features; a run refuses it without --reset-state/),
    });
  });

  it('says what cannot be reached and what to do, and never shows a password', async () => {
    const sasl = { mechanism: 'plain', username: 'me', password: 'hunter2' };
    const channel = { use: 'kafka', with: { brokers: '127.0.0.1:1', topic: 't', sasl } };
    const found = await diagnose('1', shop.write('bad.yaml', shop.pipeline({ channel })), []);
    expect(found.findings.filter(({ state }) => state === 'bad')).toMatchObject([
      { subject: 'broker 127.0.0.1:1', detail: expect.stringMatching(/ECONNREFUSED.*see that the broker runs/) },
    ]);
    // Of each half only what it needs.
    const unreachable = { sinks: { base: { use: 'timescale', with: { url: 'postgresql://x:hunter2@127.0.0.1:1/x' } } } };
    const both = shop.write('both.yaml', shop.pipeline({ channel, ...unreachable }));
    const subjects = async (role: 'all' | 'ingest' | 'detect') =>
      (await diagnose('1', both, [], role)).findings
        .filter(({ state }) => state === 'bad')
        .map(({ subject }) => subject.split(' ')[0]);
    expect(await subjects('all')).toEqual(['broker', 'sink']);
    expect(await subjects('ingest')).toEqual(['broker']);
    const text = readableDiagnosis(found);
    expect(text).toContain('password: (hidden)');
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/BAD {3}broker[\s\S]*1 bad$/);
  });

  it('refuses a file with mistakes as every other command does', async () => {
    await expect(diagnose('1', shop.write('wrong.yaml', 'name: 5'), [])).rejects.toMatchObject({ name: 'ConfigError' });
  });
});
