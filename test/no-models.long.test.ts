// A pipeline as short as it can be: no model is named, or a set of them, and it judges within a budget nevertheless.

import { afterAll, describe, expect, it } from 'vitest';
import { gaussian } from '../engine/src/api/index.js';
import { planPipeline } from '../engine/src/spec/plan.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const SHORT = {
  name: 'short',
  source: { use: 'file', with: { path: './hosts.csv', key: 'host', time: 'ts', values: ['cpu', 'latency'] } },
  features: { use: 'window', with: { columns: ['cpu', 'latency', 'hour_sin'] } },
};
const plan = (more: object = {}) => {
  bench.write('hosts.csv', 'ts,host,cpu,latency\n');
  return planPipeline(bench.write('short.yaml', { ...SHORT, ...more }), {
    dataRoot: bench.path('data'),
    set: [],
    environment: {},
  });
};

it('has a baseline and a distance over all features, each hour against its like, and one odd row a day', async () => {
  const { models, alarms } = await plan();
  const said = models.map(({ name, columns, transform }) => [
    name,
    columns.map((column) => column.name).join(),
    transform?.rhythm,
  ]);
  expect(said).toEqual([
    ['baseline', 'cpu,latency', 'auto'],
    ['distance', 'cpu,latency', 'auto'],
  ]);
  expect(alarms.rule).toMatchObject({ perDay: 1, combine: 'any' });
});

it.each([1, 2])('says what explains which column, in the log of %d threads and in a backtest', async (workers) => {
  const file = (await plan()).file;
  const normal = gaussian(5);
  const lines = ['ts,host,cpu,latency'];
  for (let minute = 0; minute < 9 * 1_440; minute++) {
    const cpu = 20 + normal() + (minute % 1_440 < 480 ? 30 : 0);
    lines.push(`${new Date(Date.UTC(2026, 2, 2, 0, minute)).toISOString()},web,${cpu.toFixed(3)},${(40 + normal()).toFixed(3)}`);
  }
  bench.write('hosts.csv', `${lines.join('\n')}\n`);
  const { stderr } = await bench.run(
    ['-p', file, '--lenient', '--log-level', 'info', '--set', `workers=${workers}`],
    `run-${workers}`,
  );
  expect(stderr.match(/the time of the day explains cpu of web/g)).toHaveLength(1);
  expect(stderr.match(/nothing explains latency of web/g)).toHaveLength(1);
  if (workers > 1) return;
  const { stdout } = await bench.run(['backtest', '-p', file, '--lenient']);
  expect(stdout).toContain('explained: cpu by day; latency by nothing');
});

it('calls nothing odd because an hour begins to explain a column of a key that is calibrated', async () => {
  const { file } = await plan();
  const normal = gaussian(6);
  const lines = ['ts,host,cpu,latency'];
  // Two days of the same life: on the second midnight the hour is found to explain it, a day behind the calibration.
  for (let minute = 0; minute < 4 * 1_440; minute++) {
    const hill = Math.cos((2 * Math.PI * (minute % 1_440)) / 1_440);
    const [cpu, latency] = [50 - 30 * hill + normal(), 40 - 20 * hill + normal()];
    lines.push(`${new Date(Date.UTC(2026, 2, 2, 0, minute)).toISOString()},web,${cpu.toFixed(3)},${latency.toFixed(3)}`);
  }
  bench.write('hosts.csv', `${lines.join('\n')}\n`);
  const { stdout } = await bench.run(['backtest', '-p', file, '--lenient', '--json']);
  const { rhythm, episodes } = JSON.parse(stdout) as { rhythm: Record<string, { day: number }>; episodes: { start: number }[] };
  expect(rhythm.cpu!.day).toBe(1);
  expect(episodes.filter(({ start }) => start % 86_400_000 < 300_000)).toEqual([]);
});

it('keeps what is said of alarms', async () => {
  const told = await plan({ alarms: { cooldown: '10m' } });
  expect(told.alarms).toMatchObject({ cooldownMs: 600_000, rule: { perDay: 1 } });
  expect((await plan({ alarms: { perDay: 3 } })).alarms.rule).toMatchObject({ perDay: 3 });
  expect((await plan({ alarms: { threshold: 5 } })).alarms.rule).toEqual({ threshold: 5 });
});

it('is told what is wrong with a rule, by its place', async () => {
  const models = { limits: { use: 'rules', columns: ['cpu'], with: { rules: { hot: 'cpu > 90' } } } };
  await expect(plan({ models })).rejects.toThrow(/short\.yaml:\d+:\d+: error QS_CONFIG_VALUE[\s\S]*rules\.hot: expected a map/);
});

it('complains of the features alone where they have a mistake, and of models where they are none', async () => {
  await expect(plan({ features: { use: 'window', with: { columns: ['cpus'] } } })).rejects.toThrow(/^(?![\s\S]*models)/);
  await expect(plan({ models: {} })).rejects.toThrow('expected at least one model');
});

describe('a set of models', () => {
  const setOf = async (more: object) => {
    const { models, config, namesModels } = await plan(more);
    return { uses: models.map(({ use }) => use), alarms: config.alarms, namesModels };
  };

  it('is the default one where none is named, which can be asked for by name too', async () => {
    const absent = await setOf({});
    expect(absent).toMatchObject({ uses: ['baseline', 'mahalanobis'], namesModels: false });
    expect(await setOf({ models: 'default' })).toEqual(absent);
  });

  it('that is thorough looks at shapes too, and is added up where there is a budget', async () => {
    const thorough = await setOf({ models: 'thorough' });
    expect(thorough).toMatchObject({ uses: ['baseline', 'mahalanobis', 'discord'], namesModels: false });
    expect(thorough.alarms).toMatchObject({ perDay: 1, combine: 'sum' });
    const alarmsOf = async (alarms: object) => (await setOf({ models: 'thorough', alarms })).alarms;
    expect(await alarmsOf({ perDay: 5 })).toMatchObject({ perDay: 5, combine: 'sum' });
    expect(await alarmsOf({ contamination: 0.01 })).toMatchObject({ combine: 'any' });
    expect(await alarmsOf({ perDay: 5, combine: 'max' })).toMatchObject({ combine: 'max' });
  });

  it.each(['fast', 'constructor', ['thorough']])(
    'that there is not is refused, with those that there are: %j',
    async (models) => {
      await expect(plan({ models })).rejects.toThrow(
        /models: expected models by name, or one of the sets `default` and `thorough`/,
      );
    },
  );
});
