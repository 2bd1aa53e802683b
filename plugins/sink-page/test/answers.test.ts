import type { Incident, Verdict } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { PageSink } from '../src/sink.js';
import type {
  About,
  EpisodeBar,
  Frame,
  KeyHistory,
  LabelInfo,
  Lanes,
  Moment,
  Rank,
  State,
  WhatIf,
  WhatIfLimit,
} from '../src/wire.js';
import { Asking } from './asking.js';
import { episodeOf, START, schemaOf } from './samples.js';

const HOSTILE = '<img src=x onerror="alert(1)">';
const schema = schemaOf({
  columns: [{ name: 'hour', unit: 'h', about: 'hour', formula: 'hour', role: 'context' }],
  models: [
    { name: 'm', plugin: 'tails', columns: ['level', 'flow'], decides: false },
    { name: 'rules', plugin: 'rules', columns: ['level'], decides: true },
  ],
  views: [{ title: 'Level', kind: 'lines', columns: ['level'] }],
  limits: [
    { column: 'level', is: 'above', value: 90, severity: 'critical', text: 'full: level > 90' },
    {
      ...{ column: 'flow', is: 'above', value: 7, severity: 'critical', text: 'fast: flow > 7 and level < 10' },
      ...{ part: 'flow > 7', also: [{ column: 'level', sign: '<', value: 10 }] },
    },
  ],
});

/** Row n of a key: level about 10, flow about 1; from 600 to 619 the flow is 5, which is odd; the first 300 are not calibrated. */
function verdictOf(key: string, n: number): Verdict {
  const odd = n >= 600 && n < 620;
  const calibrated = n >= 300;
  const pValue = odd ? 1e-6 : 0.2 + (0.5 * ((n * 7919) % 101)) / 101;
  const flow = odd ? 5 : 1 + 0.1 * Math.sin(n);
  const anomalous = odd && calibrated;
  const score = -Math.log10(pValue);
  return {
    id: `test/${key}/sample/${START + n * 1_000}/0`,
    pipeline: 'test',
    key,
    kind: 'sample',
    time: START + n * 1_000,
    n: 0,
    values: { level: 10 + Math.cos(n), flow, hour: Number.NaN },
    models: {
      m: {
        score: odd ? 9 : 1,
        threshold: 5,
        pValue,
        version: n < 500 ? 'v1' : 'v2',
        anomalous,
        ...(anomalous ? { contributions: { level: 0.1, flow: 2 } } : {}),
      },
      rules: { score: 0, threshold: Number.NaN, pValue: Number.NaN, version: 'r', anomalous: false },
    },
    leading: 'm',
    score,
    threshold: 3,
    pValue,
    calibrated,
    anomalous,
    raised: n === 600,
    ...(anomalous ? { severity: 'warning', reason: `flow is ${HOSTILE}`, episode: `e-${key}` } : {}),
    ...(calibrated ? {} : { reason: `uncalibrated (${Math.floor(n / 3)} %)` }),
  };
}

const KEYS = ['a', 'b', HOSTILE, '__proto__'];
const hosts = new TestHosts();
const host = hosts.sink(schema);
const sink = new PageSink(plugin.config.parse({ memory: 8 }), host);
let asking: Asking;

beforeAll(async () => {
  await sink.open();
  asking = new Asking(hosts.mounted.get('page')!);
  for (let n = 0; n < 1_000; n += 50) {
    const verdicts = Array.from({ length: 50 }, (_, i) => KEYS.map((key) => verdictOf(key, n + i))).flat();
    await sink.write({
      observations: [],
      verdicts,
      episodes: n === 600 ? KEYS.map((key) => episodeOf(key, 600, `flow is ${HOSTILE}`)) : [],
      missing: [],
    });
  }
  const gap = { key: 'a', from: START + 900_000, to: START + 910_000, reason: 'lost', count: 7 };
  await sink.write({ observations: [], verdicts: [], episodes: [], missing: [gap] });
});
afterAll(async () => {
  await sink.close();
  await asking.close();
  hosts.dispose();
});

describe('the page answers', () => {
  it('that a key is judged by what others have shown, until it has a past of its own', async () => {
    const apart = new TestHosts();
    const page = new PageSink(plugin.config.parse({ memory: 8 }), apart.sink(schema));
    await page.open();
    try {
      const of = new Asking(apart.mounted.get('page')!);
      const laneBehind = async (from: number, to: number, borrowed: boolean) => {
        const verdicts = Array.from({ length: to - from }, (_, i) => verdictOf('new', from + i));
        await page.write({
          observations: [],
          verdicts: borrowed ? verdicts.map((verdict) => ({ ...verdict, borrowed })) : verdicts,
          episodes: [],
          missing: [],
        });
        const { lanes } = await of.get<Lanes>('api/lanes?bins=4');
        return [lanes[0]!.young, lanes[0]!.borrows];
      };
      expect(await laneBehind(0, 300, false)).toEqual([undefined, undefined]);
      expect(await laneBehind(300, 500, true)).toEqual([true, true]);
      // A budget is promised of a past of its own only: that is as old as was asked for.
      expect(await laneBehind(500, 600, false)).toEqual([true, undefined]);
    } finally {
      await page.close();
      apart.dispose();
    }
  });

  it('what it is about, from the declarations alone', async () => {
    const about = await asking.get<About>('api/about');
    expect(about).toMatchObject({ pipeline: 'test', kind: 'sample', views: schema.views, limits: schema.limits });
    expect(about.columns.map(({ name }) => name)).toEqual(['level', 'flow', 'hour']);
    expect(about.alarms).toMatchObject({ perDay: 100, cooldownMs: 10_000 });
  });

  it('with a lane for every key, whatever it is called, and counts that agree with the bars', async () => {
    const lanes = await asking.get<Lanes>('api/lanes?bins=10');
    expect(lanes.lanes.map(({ key }) => key).sort()).toEqual([...KEYS].sort());
    expect(lanes.counts).toEqual({ info: 0, warning: KEYS.length, critical: 0 });
    for (const lane of lanes.lanes) {
      expect(lane).toMatchObject({ rows: 1_000, judged: 700, episodes: [{ start: START + 600_000, rows: 20 }] });
      // A threshold of 3 allows one row in a thousand; of 300 s before the first of them no budget can be promised.
      expect([lane.raised, lane.young]).toEqual([20, true]);
      expect(lane.allowed).toBeCloseTo(0.7, 9);
      expect(lane.heat[6]).toBe(2);
      expect(lane.heat.filter((heat) => heat !== null && heat > 1)).toHaveLength(1);
    }
    expect(lanes.lanes.some(({ borrows }) => borrows)).toBe(false);
    const part = await asking.get<Lanes>(`api/lanes?bins=4&from=${START}&to=${START + 99_000}`);
    expect(part.lanes[0]).toMatchObject({ rows: 100, judged: 0, raised: 0, allowed: 0, episodes: [] });
    expect(part.counts.warning).toBe(0);
  });

  it('with what several keys began together, and tells it when it changes', async () => {
    const incident: Incident = {
      ...{ id: 'i', pipeline: 'test', status: 'open', start: START + 600_000, end: START + 619_000, key: 'a', keys: 2 },
      ...{ names: ['a', 'b'], episodes: ['e-a', 'e-b'], columns: ['flow'], severity: 'warning', topics: [], reason: HOSTILE },
    };
    const silent = { observations: [], verdicts: [], episodes: [], missing: [] };
    await sink.write({ ...silent, incidents: [incident] });
    const joined = episodeOf('b', 600, `flow is ${HOSTILE}`);
    await sink.write({ ...silent, episodes: [{ ...joined, incident: 'i' }], incidents: [{ ...incident, status: 'closed' }] });
    const all = await asking.get<Lanes>('api/lanes?bins=1');
    expect(all.incidents).toMatchObject([{ id: 'i', status: 'closed', keys: 2, names: ['a', 'b'], episodes: ['e-a', 'e-b'] }]);
    expect(all.lanes.map(({ key, episodes }) => [key, episodes[0]!.incident]).filter(([, of]) => of)).toEqual([['b', 'i']]);
    expect((await asking.get<Lanes>(`api/lanes?bins=1&from=${START}&to=${START + 99_000}`)).incidents).toEqual([]);
  });

  it('with a key in parts whose extremes are those of its rows, and what is usual without what is odd', async () => {
    const all = await asking.get<KeyHistory>('api/key?key=a&points=5000');
    expect([all.step, all.time.length]).toEqual([0, 1_000]);
    expect(all.columns.flow!.last[605]).toBe(5);
    const [low, high] = [all.usual.flow!.low[700]!, all.usual.flow!.high[700]!];
    expect(low).toBeGreaterThan(0.8);
    expect(high).toBeLessThan(1.2);
    expect(all.usual.hour).toBeUndefined();
    expect(all.columns.hour!.last.every((value) => value === null)).toBe(true);
    const few = await asking.get<KeyHistory>('api/key?key=a&points=20');
    expect(few.time.length).toBeLessThanOrEqual(21);
    expect(Math.max(...few.columns.flow!.max.map(Number))).toBe(5);
    expect(Math.max(...few.columns.level!.max.map(Number))).toBe(Math.max(...all.columns.level!.last.map(Number)));
    expect(few.state.filter((state) => state === 'anomalous').length).toBeGreaterThan(0);
    expect(few.state[0]).toBe('unjudged');
    expect(few).toMatchObject({ episodes: [{ id: 'e-a' }], missing: [{ reason: 'lost', count: 7 }] });
    expect(few.notes).toEqual([
      expect.objectContaining({ kind: 'model', time: START + 500_000, text: expect.stringMatching(/m is v2/) }),
    ]);
  });

  it('with one episode, whatever is shown', async () => {
    expect(await asking.get<EpisodeBar>(`api/episode?id=${encodeURIComponent(`e-${HOSTILE}`)}`)).toMatchObject({ key: HOSTILE });
    expect(await asking.get('api/episode?id=nobody')).toBeNull();
  });

  it('why, and why not', async () => {
    const why = await asking.get<Moment>(`api/moment?key=a&time=${START + 605_200}`);
    expect(why.row).toMatchObject({ time: START + 605_000, anomalous: true, judged: true, reason: `flow is ${HOSTILE}` });
    expect(why.row!.models[0]).toMatchObject({
      name: 'm',
      pValue: 1e-6,
      contributions: [{ column: 'flow' }, { column: 'level' }],
    });
    expect(why.row!.away.flow).toBeGreaterThan(10);
    expect(why.row!.often).toMatch(/rarer than anything|about once in/);
    expect(why.around.length).toBe(17);
    const not = await asking.get<Moment>(`api/moment?key=a&time=${START + 150_000}`);
    expect(not.row).toMatchObject({ anomalous: false, judged: false, reason: 'uncalibrated (50 %)' });
    expect((await asking.get<Moment>('api/moment?key=nobody&time=1')).row).toBeNull();
  });

  it('what a stretch was odd in', async () => {
    const rank = await asking.get<Rank>(`api/rank?from=${START + 600_000}&to=${START + 619_000}`);
    expect(rank.columns.slice(0, KEYS.length).every(({ column }) => column === 'flow')).toBe(true);
    expect(rank.keys.map(({ key }) => key).sort()).toEqual([...KEYS].sort());
    const one = await asking.get<Rank>(`api/rank?key=b&from=${START + 600_000}&to=${START + 619_000}`);
    expect(new Set(one.columns.map(({ key }) => key))).toEqual(new Set(['b']));
  });

  it('what another budget or limit would have raised', async () => {
    const { budgets, rows, now, always } = await asking.get<WhatIf>('api/whatif?perDay=0.01,100,100000');
    expect([now, always]).toEqual([100, 0]);
    expect(rows).toBe(1_000 * KEYS.length);
    expect(budgets.map(({ episodes }) => episodes)).toEqual([0, KEYS.length, KEYS.length]);
    expect(budgets[1]).toMatchObject({ rows: 20 * KEYS.length, yaml: 'alarms: { perDay: 100 }' });
    const limit = await asking.get<WhatIfLimit>('api/whatif-limit?column=flow&is=above&value=3');
    expect(limit).toMatchObject({ episodes: KEYS.length, rows: 20 * KEYS.length });
    expect(limit.yaml).toContain('flow > 3');
    // In place of a rule's own limit what the rule asks for besides has to hold as well.
    const changed = await asking.get<WhatIfLimit>('api/whatif-limit?column=flow&is=above&value=3&was=7');
    const low = Array.from({ length: 20 }, (_, i) => 10 + Math.cos(600 + i)).filter((level) => level < 10).length;
    expect(changed.rows).toBe(low * KEYS.length);
    expect(changed.yaml).toBe('fast: { when: "flow > 3 and level < 10", severity: critical }');
  });

  it('keeps what people say, knows who said it, and takes it back', async () => {
    const said = await asking.post('api/labels', { episode: 'e-a', label: 'normal', note: HOSTILE, by: 'ada', mute: 60_000 });
    expect(said).toMatchObject({ status: 200, body: { episode: 'e-a', key: 'a', label: 'normal', note: HOSTILE, by: 'ada' } });
    const lanes = await asking.get<Lanes>('api/lanes?bins=1');
    expect(lanes.lanes.find(({ key }) => key === 'a')!.episodes[0]!.label).toMatchObject({ label: 'normal', by: 'ada' });
    expect(await asking.get<LabelInfo[]>('api/labels')).toHaveLength(1);
    expect(await host.labels.list()).toHaveLength(1);
    const proxied = await asking.post(
      'api/labels',
      { episode: 'e-a', label: 'anomaly', by: 'ada' },
      { 'content-type': 'application/json', 'x-quantstream-user': 'grace' },
    );
    expect(proxied.body.by).toBe('grace');
    expect((await asking.post('api/labels/undo', { episode: 'e-a' })).body.label).toBe('normal');
    expect((await asking.post('api/labels/undo', { episode: 'e-a' })).body).toEqual({});
    expect((await asking.post('api/labels/past', { episode: 'e-a' })).body).toHaveLength(2);
    expect(await asking.get<LabelInfo[]>('api/labels')).toEqual([]);
  });

  it('says how it is, and frames go on', async () => {
    const state = await asking.get<State>('api/state');
    expect(state).toMatchObject({ ready: true, calibrating: { keys: 0, least: null } });
    expect(state.models[0]).toEqual({ name: 'm', versions: [{ version: 'v2', keys: KEYS.length }] });
    const answer = await asking.fetch('api/events?key=a');
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const next = async (): Promise<Frame> => {
      while (!text.includes('\n\n')) text += (await reader.read()).value;
      const [event, ...rest] = text.split('\n\n');
      text = rest.join('\n\n');
      return JSON.parse(event!.slice(event!.indexOf('data: ') + 6)) as Frame;
    };
    await next();
    const incidents: Incident[] = [
      {
        ...{ id: 'later', pipeline: 'test', status: 'open', start: START, end: START, key: 'a', keys: 2, names: ['a', 'b'] },
        ...{ episodes: ['e-a', 'e-b'], columns: [], severity: 'info', topics: [], reason: '' },
      },
    ];
    const verdicts = [verdictOf('a', 1_000), verdictOf('b', 1_000)];
    await sink.write({ observations: [], verdicts, episodes: [], missing: [], incidents });
    const frame = await next();
    const news = [
      START + 1_000_000,
      expect.closeTo(-Math.log10(verdictOf('a', 1_000).pValue) / 3, 9),
      1,
      1,
      0,
      expect.closeTo(0.001, 9),
    ];
    expect(frame.last).toEqual({ a: news, b: news });
    expect(frame.incidents.map(({ id }) => id)).toEqual(['later']);
    expect(frame.key!.time).toEqual([START + 1_000_000]);
    await reader.cancel();
  });

  it.each([
    ['api/nothing', 404],
    ['api/__proto__', 404],
    ['api/constructor', 404],
    ['api/key?points=3', 400],
    ['api/key?key=a&from=x', 400],
    ['api/key?key=a&from=2&to=1', 400],
    ['api/moment?key=a', 400],
    ['api/whatif?perDay=0', 400],
    ['api/whatif?perDay=a', 400],
    [`api/whatif?perDay=${Array(100).fill(1)}`, 400],
    ['api/whatif-limit?column=nobody&is=above&value=1', 404],
    ['api/whatif-limit?column=flow&is=beside&value=1', 400],
    ['../package.json', 404],
    ['%2e%2e/package.json', 404],
    ['..%2f..%2fpackage.json', 404],
    ['nothing.js', 404],
  ])('refuses %s with %i', async (path, status) => {
    expect((await asking.fetch(path)).status).toBe(status);
  });

  it.each([
    [{ episode: 'nobody', label: 'normal' }, 404],
    [{ episode: 'e-a', label: 'odd' }, 400],
    [{ episode: 7, label: 'normal' }, 400],
    [{ episode: 'e-a', label: 'normal', note: 'x'.repeat(3_000) }, 400],
    [{ episode: 'e-a', label: 'normal', mute: -1 }, 400],
    [{ episode: 'e-a', label: 'normal', note: 'x'.repeat(30_000) }, 413],
    ['no json', 400],
    ['null', 400],
  ])('refuses to be told %j with %i', async (body, status) => {
    expect((await asking.post('api/labels', body)).status).toBe(status);
  });

  it('is not told anything by a form, and has no other ways', async () => {
    expect((await asking.post('api/labels', '{"episode":"e-a","label":"normal"}', { 'content-type': 'text/plain' })).status).toBe(
      415,
    );
    expect((await asking.fetch('api/labels', { method: 'DELETE' })).status).toBe(405);
    const { headers } = await asking.fetch('api/about');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('gives a table in which no cell is a formula', async () => {
    const answer = await asking.fetch(
      `api/key.csv?key=${encodeURIComponent(HOSTILE)}&from=${START + 600_000}&to=${START + 600_000}`,
    );
    const [head, row] = (await answer.text()).split('\n');
    expect(head).toBe('time,key,level,flow,hour,score,threshold,p_value,anomalous,reason');
    expect(row).toMatch(/^2026-01-01T00:10:00\.000Z,"<img src=x onerror=""alert\(1\)"">",/);
  });
});
