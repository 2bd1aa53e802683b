import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileNotebook } from '../src/adapters/file-notebook.js';
import type { BacktestReport, EvaluationReport } from '../src/evaluate/index.js';
import { KeptLabels } from '../src/ports/labels.js';
import { Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const engine = (...args: string[]) => shop.engine(...args);

// A reading a second of two keys; every 337th jumps by far more than the noise.
const START = 1_700_000_000_000;
const ROWS = 4_000;
const jumps = Array.from({ length: Math.floor(ROWS / 337) }, (_, i) => START + (337 * i + 336) * 1_000);
const base = shop.pipeline({
  source: { use: './counter-source', with: { count: ROWS, keys: 2 } },
  features: { use: './mean-features', with: { every: 1_000 } },
  models: { z: { use: './deviation-model', columns: ['mean_level', 'mean_change'], with: { warmUp: 400 } } },
  alarms: { threshold: 6, cooldown: '10s' },
});
shop.write('own.yaml', base);
shop.write('deaf.yaml', { ...base, name: 'deaf', alarms: { threshold: 1_000 } });
// All jumps of the first key but the last, most of the second by a kind of their own, and what cannot be placed.
const labels = [
  ...jumps.slice(0, -1).map((at) => ({ key: 'key-0', kind: 'jump', from: at, to: at + 2_000 })),
  ...jumps.map((at) => ({ key: 'key-1', kind: 'other jump', from: at, to: at })),
  { key: 'key-1', kind: 'nothing', from: START + 1_100_000, to: START + 1_110_000 },
  { key: 'key-7', kind: 'jump', from: START, to: START },
  { key: 'key-0', kind: 'jump', from: START - 20_000, to: START - 10_000 },
];
shop.write('labels.jsonl', labels.map((label) => JSON.stringify(label)).join('\n'));

shop.write('named.yaml', {
  ...base,
  models: {
    limits: {
      use: 'rules',
      columns: ['mean_level'],
      with: { rules: { far: { when: 'mean_level > 3', subsystem: 'feed' } } },
    },
  },
  alarms: { cooldown: '10s' },
});
shop.write('topics.yaml', 'jump: [high, feed]\nother jump: [low]\n');
shop.write('topics-wrong.yaml', 'jump: hot\n');
shop.write('topics-none.yaml', '# nothing\n');

const evaluate = (...args: string[]) => engine('evaluate', '-p', 'own.yaml', '--labels', 'labels.jsonl', ...args);

describe('engine evaluate', () => {
  it('counts what is named for what it is, where it is said what must be said', async () => {
    const done = await engine('evaluate', '-p', 'named.yaml', '--labels', 'labels.jsonl', '--topics', 'topics.yaml', '--json');
    expect(done.code, done.stderr).toBe(0);
    const { told } = (JSON.parse(done.stdout) as EvaluationReport).detectors[0]!.configured!;
    // Both keys jump alike; what is said is right for the one kind and wrong for the other. Of `nothing` nobody says what must be said.
    expect(told!.kinds).toEqual([
      { kind: 'other jump', events: 11, recall: [0] },
      { kind: 'jump', events: 10, recall: [1] },
    ]);
    expect(told).toMatchObject({ events: 21, found: 10, firstRight: 10, unfitting: 11 });
    expect(told!.list[0]!.topics[0]).toMatchObject({
      name: 'limits/far',
      subsystem: 'feed',
      fits: told!.list[0]!.kind === 'jump',
    });
    const text = await engine('evaluate', '-p', 'named.yaml', '--labels', 'labels.jsonl', '--topics', 'topics.yaml');
    expect(text.stdout).toContain(
      'named for what they are: 10 of 21 events, the first sentence is right in 10, 11 sentences about',
    );
  });

  it('says what is found at fixed numbers of false episodes a day, beside baselines, and touches no state', async () => {
    const done = await evaluate('--json', '--rates', '20,5', '--z', 'mean_change', '--out', 'report.json');
    expect(done.code, done.stderr).toBe(0);
    const report: EvaluationReport = JSON.parse(done.stdout);
    expect(JSON.parse(readFileSync(join(shop.directory, 'report.json'), 'utf8'))).toEqual(report);
    expect(report.detectors.map(({ name, role }) => [name, role])).toEqual([
      ['test', 'pipeline'],
      ['|z|', 'baseline'],
      ['random', 'baseline'],
    ]);
    expect(report.labels).toMatchObject({
      files: [{ format: 'json lines', labels: labels.length }],
      placed: labels.length - 2,
      unknown: [{ key: 'key-7', labels: 1 }],
      outside: [{ key: 'key-0', labels: 1 }],
    });
    const [own, , random] = report.detectors;
    // The first jump of each key comes while the model learns: it cannot be found. Neither can what never happened.
    expect(own).toMatchObject({ rows: 2 * ROWS, events: 22, judgedEvents: 20 });
    expect(own!.points[0]).toMatchObject({ perDay: 20, falseEpisodes: 1, found: 19 });
    expect(own!.points[0]!.recall).toBeCloseTo(19 / 22, 9);
    expect(own!.kinds.map(({ kind, events }) => [kind, events])).toEqual([
      ['other jump', 11],
      ['jump', 10],
      ['nothing', 1],
    ]);
    // The jump that nobody labelled is a false episode.
    expect(own!.falseEpisodes.map(({ key, start }) => [key, start])).toContainEqual(['key-0', jumps.at(-1)]);
    expect(own!.configured).toMatchObject({ falseEpisodes: 1, found: 19 });
    // Labels are longer than the jumps in them, and a jump is rarer than 250 thresholds tell apart.
    expect(own!.vusPr).toBeGreaterThan(0.45);
    expect(own!.vusPr).toBeGreaterThan(20 * random!.vusPr);
    expect(random!.aucRoc).toBeGreaterThan(0.2);
    expect(random!.aucRoc).toBeLessThan(0.8);
    expect(existsSync(join(shop.directory, 'data'))).toBe(false);
    expect(existsSync(join(shop.directory, 'out.jsonl'))).toBe(false);
  });

  it('prints tables that fit a hundred columns, and what could not be placed', async () => {
    const { code, stdout } = await evaluate('--against', 'deaf.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('warning: no row has the key key-7; 1 label left out');
    expect(stdout).toContain('warning: 1 label of key-0 outside of the recording left out');
    expect(stdout).toMatch(/^detector\s+judged\s+10\/d: recall\s+by key\s+precision\s+delay\s+1\/d: recall\s+by key/m);
    expect(stdout).toMatch(/^deaf {2}.*$/m);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('lists the episodes that only one of two pipelines raises, with label and reason', async () => {
    const report: EvaluationReport = JSON.parse((await evaluate('--against', 'deaf.yaml', 'own.yaml', '--json')).stdout);
    expect(report.detectors.map(({ name }) => name)).toEqual(['test', 'deaf', 'test 2', '|z|', 'random']);
    const [deaf, same] = report.differences;
    expect([deaf!.onlyThere, same!.onlyHere, same!.onlyThere]).toEqual([[], [], []]);
    expect(deaf!.onlyHere).toHaveLength(20);
    expect(deaf!.onlyHere.find(({ standing }) => standing === 'true')).toMatchObject({
      kind: expect.stringContaining('jump'),
      reason: expect.stringContaining('mean_'),
    });
  });

  it('counts kinds that are to be ignored neither as events nor, where alarms fall into them, as false', async () => {
    const given = await evaluate('--json');
    const ignoring: EvaluationReport = JSON.parse((await evaluate('--ignore', 'other jump', 'nothing', '--json')).stdout);
    const all: EvaluationReport = JSON.parse(given.stdout);
    expect(ignoring.detectors[0]!.kinds.map(({ kind, events }) => [kind, events])).toEqual([['jump', 10]]);
    expect(ignoring.labels.files).toEqual(all.labels.files);
    // Its true episodes within the ignored kind are now nothing at all.
    const standings = (report: EvaluationReport) => report.detectors[0]!.configured!.list.map(({ standing }) => standing);
    expect(standings(ignoring).filter((standing) => standing === 'false')).toEqual(
      standings(all).filter((standing) => standing === 'false'),
    );
    expect(standings(ignoring)).toContain('neither');
  });

  it('measures against what people said where it is given no labels', async () => {
    const nobody = await engine('evaluate', '-p', 'own.yaml');
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain('nobody has called an episode of own.yaml an anomaly yet: give --labels FILE');
    const said = new KeptLabels(new FileNotebook(join(shop.directory, 'data', 'test', 'labels.jsonl')), Date.now);
    const say = (key: string, from: number, label: 'anomaly' | 'normal') =>
      said.put({ episode: `${key} ${from}`, key, from, to: from + 1_000, label });
    for (const at of jumps.slice(2, 8)) await say('key-0', at, 'anomaly');
    for (const at of jumps.slice(2, 4)) await say('key-1', at, 'normal');
    await said.undo(`key-0 ${jumps[7]}`);
    const report: EvaluationReport = JSON.parse((await engine('evaluate', '-p', 'own.yaml', '--json')).stdout);
    expect(report.labels).toMatchObject({ files: [{ file: 'what people said', labels: 5 }], placed: 5 });
    expect(report.detectors[0]!.configured).toMatchObject({ found: 5 });
  });

  it('takes thresholds from a clean run where it is told how to make one', async () => {
    const report: EvaluationReport = JSON.parse(
      (await evaluate('--quiet', 'source.with.count=336', 'models.z.with.warmUp=100', '--json')).stdout,
    );
    const own = report.detectors[0]!;
    expect(own.days).toBeCloseTo((2 * 235) / 86_400, 5);
    expect(own.points[0]).toMatchObject({ falseEpisodes: 0, found: 19 });
    expect(report.options.quiet).toEqual(['source.with.count=336', 'models.z.with.warmUp=100']);
  });

  it('writes a page that needs nothing else', async () => {
    const { code } = await evaluate('--html', 'page.html', '--against', 'deaf.yaml');
    const page = readFileSync(join(shop.directory, 'page.html'), 'utf8');
    expect(code).toBe(0);
    // Curves; of two runs and two keys the scores, and folded the two columns that the model looks at.
    expect(page.match(/<svg/g)).toHaveLength(1 + 2 * 2 * (1 + 2));
    expect(page).toMatch(
      /<h1>Finds 16 of 22 events at 10 false episodes a day, deaf 16, \|z\| 13; of 2 events no row was judged; 10 % /,
    );
    expect(page).toMatch(/<details><summary>Its columns<\/summary>.*class="shade label".*class="trace c0"/s);
    expect(page).not.toMatch(/<script|<link|src=|url\(|https?:|NaN|undefined|Infinity/);
    expect(page).toContain('prefers-color-scheme');
    expect(page).toContain('Raised only by test, not by deaf: 20');
  });

  it.each([
    [['--z', 'level'], '--z names the column level, which own.yaml does not have; it has readings, mean_level, mean_change'],
    [['--rates', '10,none'], '--rates expects false episodes a day such as 10,1, found "10,none"'],
    [['--grace', 'long'], 'expected a duration'],
    [['--html', 'no/such/folder.html'], '--html'],
    [['--set', 'features.with.every=soon'], 'features'],
    [['--quiet', 'source.with.count=none'], 'source.with.count=none'],
    [['--labels', 'nowhere.csv'], 'the labels nowhere.csv cannot be read'],
    [['--labels', '/dev/zero'], 'the labels /dev/zero cannot be read: it is no file but a pipe or a device'],
    [['--topics', '/dev/zero'], 'the topics /dev/zero cannot be read: it is no file but a pipe or a device'],
    [['--topics', 'nowhere.yaml'], 'the topics nowhere.yaml cannot be read'],
    [['--topics', 'topics-wrong.yaml'], 'topics-wrong.yaml: found "hot" under jump, expected a list of topics by kind of label'],
    [['--topics', 'topics-none.yaml'], 'topics-none.yaml: found null, expected a list of topics'],
  ])('refuses %j and says why', async (args, message) => {
    const { code, stderr } = await evaluate(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('refuses labels that are wrong before it runs anything', async () => {
    shop.write('wrong.csv', 'key,kind,from,to\nkey-0,jump,yesterday,1\n');
    const { code, stderr } = await engine('evaluate', '-p', 'own.yaml', '--labels', 'wrong.csv');
    expect([code, stderr]).toEqual([2, expect.stringContaining('wrong.csv:2: found "yesterday" as from, expected a time')]);
  });
});

describe('engine backtest', () => {
  it('says what a pipeline would have raised', async () => {
    const done = await engine('backtest', '-p', 'own.yaml', '--json', '--html', 'back.html');
    expect(done.code, done.stderr).toBe(0);
    const report: BacktestReport = JSON.parse(done.stdout);
    expect(report).toMatchObject({ pipeline: 'test', rows: 2 * ROWS, unjudged: { 'missing: mean_change': 2, learning: 800 } });
    expect(report.judged).toBeCloseTo(1 - 802 / (2 * ROWS), 3);
    const [days, odd] = [report.keys.map((key) => key.days), report.keys.map((key) => key.anomaliesPerDay * key.days)];
    const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
    expect(report.odd.rows).toBeCloseTo(sum(odd), 6);
    expect(report.odd.rows).toBeGreaterThanOrEqual(20);
    expect(report.odd.perKey).toBeCloseTo(sum(odd) / sum(days), 6);
    expect(report.odd.together).toBeCloseTo(sum(odd) / (sum(days) / 2), 6);
    expect(report.keys.map(({ key, episodes }) => [key, episodes])).toEqual([
      ['key-0', 10],
      ['key-1', 10],
    ]);
    expect(report.episodes[0]).toMatchObject({
      model: 'z',
      columns: expect.any(Array),
      reason: expect.stringContaining('mean_'),
    });
    expect(report.keys[0]!.scores.highest).toBeGreaterThan(report.keys[0]!.scores['99 %']!);
    expect(readFileSync(join(shop.directory, 'back.html'), 'utf8')).not.toMatch(/<script|https?:|NaN|undefined/);
    const { stdout } = await engine('backtest', '-p', 'own.yaml');
    expect(stdout.split('\n')[0]).toMatch(/^20 episodes in 66\.7 min of 2 keys; 1\d % of the time was not judged\.$/);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('measures what people said: what it changed since, and what it would have before', async () => {
    shop.write('said.yaml', { ...base, name: 'said' });
    const backtest = async (...more: string[]): Promise<BacktestReport> =>
      JSON.parse((await engine('backtest', '-p', 'said.yaml', '--json', ...more)).stdout);
    const before = await backtest();
    expect(before.taught).toEqual([]);
    const own = before.episodes.filter(({ key }) => key === 'key-0');
    const labels = new KeptLabels(new FileNotebook(join(shop.directory, 'data', 'said', 'labels.jsonl')), Date.now);
    const say = async ({ key, start, end }: (typeof own)[number], label: 'normal' | 'anomaly') => {
      await labels.put({ episode: `said/${key}/window/${start}/0`, key, from: start, to: end, label });
      // It was heard behind the sixth of ten.
      await labels.heard((await labels.changes()).at(-1)!, own[5]!.end);
    };
    await say(own[3]!, 'normal');
    const { taught, episodes } = await backtest();
    const since = before.episodes.length - episodes.length;
    expect(since).toBeGreaterThan(0);
    expect(taught).toMatchObject([{ key: 'key-0', label: 'normal' }]);
    expect(taught[0]!.rows).toBeGreaterThanOrEqual(since);
    expect(taught[0]!.from).toBeGreaterThan(own[5]!.end);
    // The one that it was said of is among them.
    expect(taught[0]!.past).toBeGreaterThan(1);
    expect(await backtest()).toMatchObject({ taught });
    expect((await engine('backtest', '-p', 'said.yaml')).stdout).toMatch(
      /What people said.*\n {2}\d+ rows made ordinary, .*; \d+ before it was said: said/,
    );
    // What was taken back would have changed nothing.
    await labels.undo(taught[0]!.episode);
    await labels.heard((await labels.changes()).at(-1)!, own[5]!.end);
    expect((await backtest()).taught).toEqual([]);
  });

  it.each([['backtest'], ['evaluate', '--labels', 'labels.jsonl'], ['train', '--out', 'model.json']])(
    '%s refuses a source that never comes to an end, with what to set',
    async (...command) => {
      shop.write('endless.yaml', { ...base, source: { use: './ticking-source' } });
      const { code, stderr } = await engine(...command, '-p', 'endless.yaml');
      expect([code, stderr]).toEqual([2, expect.stringMatching(/QS_PLAN_ENDLESS\n.*never comes to an end.*it ticks for ever/)]);
    },
  );

  it.each([['backtest'], ['evaluate', '--labels', 'labels.jsonl']])(
    '%s ends with 3 where a model had no say in what was measured, and with 0 if that is wanted',
    async (...command) => {
      shop.write('early.yaml', { ...base, name: 'early', source: { use: './counter-source', with: { count: 300, keys: 2 } } });
      const { code, stderr, stdout } = await engine(...command, '-p', 'early.yaml');
      expect([code, stderr]).toEqual([3, expect.stringMatching(/z scored none of \d+ rows \(learning\)/)]);
      expect(stdout).not.toBe('');
      expect((await engine(...command, '-p', 'early.yaml', '--lenient')).code).toBe(0);
    },
  );

  it('refuses a recording without rows', async () => {
    const { code, stderr } = await engine('backtest', '-p', 'own.yaml', '--set', 'source.with.count=0');
    expect([code, stderr]).toEqual([2, expect.stringContaining('own.yaml gave no rows')]);
  });
});
