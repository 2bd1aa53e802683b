import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../src/spec/file/problems.js';
import { planPipeline } from '../src/spec/plan.js';
import { Workshop } from './support.js';

const GOOD = `name: test
source: { use: ./counter-source, with: { count: 100 } }
features: { use: ./mean-features }
models:
  z: { use: ./deviation-model, columns: [mean_level, mean_change] }
alarms: { threshold: 4, cooldown: 60s }
sinks:
  lines: { use: ./lines-sink, with: { path: ./out.jsonl } }
`;
const but = (from: string | RegExp, to: string): string => {
  if (!(from instanceof RegExp) && !GOOD.includes(from)) throw new Error(`the good file has no ${from}`);
  return GOOD.replace(from, () => to);
};
const columns = '[mean_level, mean_change]';

/** What a user did wrong → the file. The exact messages are in the snapshot beside this file: read them when they change. */
const MISTAKES: Record<string, string> = {
  'a brace too many': but('source: {', 'source: {{'),
  'a tab as indentation': but('  z:', '\tz:'),
  'an empty file': '',
  'a list at the top': '- name: test\n',
  'a key twice': `${GOOD}name: again\n`,
  'an alias without an anchor': but('count: 100', 'count: *many'),
  'a date': but('count: 100', 'count: !!binary aGk='),
  'a variable without quotes inside braces': but('./out.jsonl', '${OUT}'),
  'an unknown key at the top': but('alarms:', 'alarm:'),
  'an unknown key of a part': but('with: { count', 'wiht: { count'),
  'an unknown key of a plugin': but('count: 100', 'cuont: 100'),
  'no name': but('name: test\n', ''),
  'no plugin': but('use: ./mean-features', ''),
  'a required key of a plugin left out': but('with: { path: ./out.jsonl }', 'with: {}'),
  'a required key of a plugin left out, with the whole section': but(', with: { path: ./out.jsonl }', ''),
  'text for a number': but('count: 100', 'count: many'),
  'a number out of range': but('count: 100', 'count: -1'),
  'a fraction': but('count: 100', 'count: 1.5'),
  'a unit that is none': but('60s', '60 parsecs'),
  'a duration without a unit': but('60s', '60'),
  'a half-life of nothing': but('threshold: 4', 'perDay: 10, calibration: { halfLife: 0s }'),
  'a standardisation by nothing': but(`${columns} }`, `${columns}, transform: { standardize: 0s } }`),
  'a time zone that is none': but('alarms:', 'time: { zone: Europe/Berlyn }\nalarms:'),
  'holidays that are no dates': but('alarms:', 'time: { holidays: [2026-12-25, 25.12.2026] }\nalarms:'),
  'holidays of no country': but('alarms:', 'time: { holidays: [2026-12-25, DE-BAY] }\nalarms:'),
  'a rhythm of nothing': but(`${columns} }`, `${columns}, transform: { rhythm: month } }`),
  'a name with a space': but('name: test', 'name: Test Pipeline'),
  'a model with a capital letter': but('  z:', '  Z:'),
  'two alarm rules': but('threshold: 4', 'threshold: 4, contamination: 0.1'),
  'a contamination above one half': but('threshold: 4', 'contamination: 0.9'),
  'a word that is no choice': but('threshold: 4', 'threshold: 4, combine: some'),
  'an address without a host': `${GOOD}http: { listen: 9464 }\n`,
  'a plugin that is not installed': but('./mean-features', 'marekt'),
  'a plugin file that is not there': but('./mean-features', './mean-featurs'),
  'a plugin of another kind': but('./mean-features', './lines-sink'),
  'a module that is no plugin': but('./mean-features', './nothing.mjs'),
  'a module that throws': but('./mean-features', './throws.mjs'),
  'a plugin of another version': but('./mean-features', './old.mjs'),
  'another unit than the source emits': but('./mean-features', './mean-features, with: { unit: ft }'),
  'another type than the source emits': but('./mean-features', './mean-features, with: { type: readings }'),
  'a column whose input is not emitted': but('./mean-features', './mean-features, with: { needs: reading.pressure }'),
  'a misspelt column': but(columns, '[mean_levle]'),
  'a context column for a model': but(columns, '[readings]'),
  'a column twice': but(columns, '[mean_level, mean_level]'),
  'no columns': but(columns, '[]'),
  'no models': but(/models:[\s\S]*?alarms/, 'models: {}\nalarms'),
  'a variable that is not set': but('name: test', 'name: ${PIPELINE_NAME}'),
  'a secret file that is not there': but('./out.jsonl', "'${file:./no-such-secret}'"),
  'a secret in the wrong place, which is not shown': but('count: 100', "count: '${PASSWORD}'"),
  'extends a file that is not there': `extends: base.yaml\n${GOOD}`,
  'extends itself': `extends: pipeline.yaml\n${GOOD}`,
  'a model file that is not there': but(columns, `${columns}, artifact: none.json`),
  'a shared model that nobody trained': but(columns, `${columns}, scope: shared`),
  'a YAML bomb': `${'abcdefgh'
    .split('')
    .map((name, i, all) => `${name}: &${name} [${Array(9).fill(i ? `*${all[i - 1]}` : 'x')}]\n`)
    .join('')}${GOOD}`,
  'a wrong setting of a model and a wrong column of it': but(columns, '[mean_levle], with: { warmUp: 1 }'),
  'five mistakes at once': but('name: test', 'nmae: test')
    .replace('count: 100', 'cuont: 100')
    .replace('60s', 'soon')
    .replace('mean_change', 'mean_chnage'),
};

describe('a broken pipeline file', () => {
  const shop = new Workshop();
  afterAll(() => shop.dispose());
  shop.write('nothing.mjs', 'export const nothing = 1;\n');
  shop.write('throws.mjs', 'throw new Error("no luck");\n');
  shop.write('old.mjs', 'export default { kind: "features", name: "old", api: 0 };\n');

  /** The message, with the folder of the test taken out. */
  async function messageFor(text: string, set: string[] = []): Promise<string> {
    shop.write('pipeline.yaml', text);
    const options = { dataRoot: shop.directory, environment: { PASSWORD: 'hunter2' }, set };
    const error = await planPipeline(join(shop.directory, 'pipeline.yaml'), options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as Error;
    expect(message).not.toContain('hunter2');
    return message.replaceAll(`${shop.directory}/`, '').replaceAll(shop.directory, '.').replaceAll('\\', '/');
  }

  it('is none without a mistake', async () => {
    shop.write('pipeline.yaml', GOOD);
    await expect(planPipeline(join(shop.directory, 'pipeline.yaml'), { dataRoot: shop.directory })).resolves.toBeDefined();
  });

  it.each(Object.keys(MISTAKES))('with %s gets its exact message', async (name) => {
    expect(await messageFor(MISTAKES[name]!)).toMatchSnapshot();
  });

  it('names every mistake of --set', async () => {
    expect(await messageFor(GOOD, ['threshold', '.a=1', 'alarms.x=[1', 'alarms.threshold=high'])).toMatchSnapshot();
  });

  it('is refused unread when it is huge, absent, a folder or not text', async () => {
    const refusal = (file: string) =>
      planPipeline(join(shop.directory, file), { dataRoot: shop.directory }).catch((error: Error) => error.message);
    shop.write('huge.yaml', 'x'.repeat(100_000_000));
    writeFileSync(join(shop.directory, 'binary.yaml'), Buffer.from([0xff, 0xfe, 0x00]));
    expect(await refusal('huge.yaml')).toContain('has more than 1,048,576 bytes');
    expect(await refusal('none.yaml')).toContain('none.yaml does not exist');
    expect(await refusal('.')).toContain('is a folder');
    expect(await refusal('binary.yaml')).toContain('is not text in UTF-8');
  });
});

describe('a good pipeline file', () => {
  const shop = new Workshop();
  afterAll(() => shop.dispose());

  it('lays itself over the one that it extends: maps merge, lists and scalars replace, null removes', async () => {
    shop.write('base.yaml', GOOD);
    const plan = await shop.plan(
      'extends: base.yaml\nname: other\nalarms: { threshold: null, contamination: 0.01 }\nmodels: { z: { columns: [mean_level] } }\nsinks: null\n',
    );
    expect(plan.config).toMatchObject({ name: 'other', alarms: { contamination: 0.01, cooldown: 60_000 }, sinks: {} });
    expect(plan.models[0]!.columns.map(({ name }) => name)).toEqual(['mean_level']);
    expect(plan.source.config).toMatchObject({ count: 100 });
  });

  it('takes numbers and truth values from variables where the schema wants them, and text where it wants text', async () => {
    shop.write(
      'pipeline.yaml',
      GOOD.replace('count: 100', "count: '${COUNT:-250}', resumable: '${RESUME}'").replace('./out.jsonl', "'${OUT}'"),
    );
    const plan = await planPipeline(join(shop.directory, 'pipeline.yaml'), {
      dataRoot: shop.directory,
      environment: { RESUME: 'false', OUT: '42' },
    });
    expect(plan.source.config).toMatchObject({ count: 250, resumable: false });
    expect(plan.sinks[0]!.config).toMatchObject({ path: '42' });
  });

  it('reads secrets from files, and keeps them out of the saved signature', async () => {
    shop.write('secret', 'hunter2\n');
    const plan = await shop.plan(GOOD.replace('count: 100', "count: 100, connect: '${file:./secret}'"));
    expect(plan.source.config).toMatchObject({ connect: 'hunter2' });
    expect(JSON.stringify(plan.signature)).not.toContain('hunter2');
  });
});
