// A server of the page that invents what it tells, for tests of the page and for work on it. It speaks what `wire.ts` says, nothing else.

import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type {
  About,
  EpisodeBar,
  Frame,
  LabelInfo,
  Lanes,
  Rank,
  SaidBefore,
  Say,
  State,
  WhatIf,
  WhatIfLimit,
} from '../../src/wire.js';
import { COLUMNS, STEP, World } from './world.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};
const UNITS: Readonly<Record<string, string>> = {
  volume: '1',
  return: '%',
  volatility: '%',
  spread: 'bp',
  mode: '',
  north: 'deg',
  east: 'deg',
};

export interface FakeOptions {
  readonly keys: number;
  /** What the first keys are called. */
  readonly names?: readonly string[];
  readonly live?: boolean;
  /** The folder of the bundled page. */
  readonly web: string;
  readonly state?: Partial<State>;
}

export class FakePage {
  readonly world: World;
  readonly #options: FakeOptions;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #said: SaidBefore[] = [];
  /** What the state says instead of all being well. */
  state: Partial<State>;
  /** While false, no frames are sent. */
  talking = true;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.world = new World(options.keys, options.names);
    this.state = options.state ?? {};
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get about(): About {
    const features = ['return', 'volatility', 'imbalance', 'spread'];
    return {
      pipeline: 'invented',
      live: this.#options.live ?? true,
      kind: 'bar',
      columns: COLUMNS.map((name) => ({
        name,
        unit: UNITS[name] ?? 'EUR',
        about: `The ${name} of the bar.`,
        formula: name === 'return' ? 'ln(close / open)' : '',
        role: features.includes(name) ? 'feature' : name === 'volume' ? 'condition' : 'context',
      })),
      views: [
        {
          title: 'Price',
          kind: 'candle',
          columns: ['open', 'high', 'low', 'close', 'volume'],
          about: 'The bars as they closed.',
        },
        { title: 'Movement', kind: 'lines', columns: ['return', 'volatility'] },
        { title: 'Regime', kind: 'states', columns: ['mode'] },
        { title: 'Place', kind: 'map', columns: ['north', 'east', 'volume'] },
      ],
      models: [
        { name: 'forest', plugin: 'model-isolation-forest', columns: features, decides: false },
        { name: 'tails', plugin: 'model-tails', columns: features, decides: false },
        { name: 'rules', plugin: 'model-rules', columns: ['spread'], decides: true },
      ],
      limits: [{ column: 'spread', is: 'above', value: 8, severity: 'warning', text: 'wide: spread > 8 for 15 s' }],
      alarms: {
        perDay: 10,
        of: 'key',
        cooldownMs: 60_000,
        minimumMs: 0,
        about: 'of each key, 10 rows a day may be called anomalous while nothing is wrong',
      },
      links: [{ title: 'Dashboard', url: 'http://localhost:3000/' }],
      history: 'The last 8 hours of every key, in memory.',
    };
  }

  #state(): State {
    const now = this.world.now;
    return {
      now: Date.now(),
      first: this.world.timeOf(0),
      ready: true,
      reasons: [],
      eventTime: this.world.timeOf(now),
      keys: this.world.keys.length,
      waiting: 3,
      counts: { observations: now * 40, verdicts: now * 12, anomalies: 131, late: 4, missing: 60 },
      unscored: { uncalibrated: 4_320 },
      dropped: { 'price: not a number': 3 },
      sinks: [{ name: 'console', retries: 0 }],
      checkpoint: { at: Date.now() - 4_000, ms: 12, bytes: 184_320 },
      latency: { p50: 4, p99: 25 },
      doubts: [],
      models: [{ name: 'forest', versions: [{ version: '2', keys: this.world.keys.length }] }],
      calibrating: { keys: 0, least: null },
      ...this.state,
    };
  }

  #lanes(from: number, to: number, bins: number): Lanes {
    const { world } = this;
    const counts = { info: 0, warning: 0, critical: 0 };
    const lanes = world.keys.map((key, k) => {
      const heat = Array.from({ length: bins }, () => null as number | null);
      const [a, b] = [world.rowOf(from), world.rowOf(to)];
      let rows = 0;
      let judged = 0;
      for (let row = a; row <= b; row += 1) {
        if (world.missing(k, row)) continue;
        rows += 1;
        const odd = world.score(k, row) / world.threshold(k, row);
        if (Number.isNaN(odd)) continue;
        judged += 1;
        const bin = Math.min(bins - 1, Math.max(0, Math.floor(((world.timeOf(row) - from) / (to - from)) * bins)));
        heat[bin] = Math.max(heat[bin] ?? 0, odd);
      }
      const episodes = world.episodesOf(k).filter((one) => one.end >= from && one.start <= to);
      for (const one of episodes) counts[one.severity] += 1;
      const best = heat.reduce<number | null>((most, one) => (one !== null && one > (most ?? 0) ? one : most), null);
      return {
        key,
        first: world.timeOf(0),
        last: world.timeOf(world.now),
        rows,
        judged,
        raised: episodes.length,
        allowed: judged / 1_728,
        ...(k === 1 ? { young: true as const } : {}),
        ...(k === 2 ? { young: true as const, borrows: true as const } : {}),
        odd: best,
        heat,
        episodes,
        missing: world.gapsOf(k),
      };
    });
    const incidents = world.incidents().filter((one) => one.end >= from && one.start <= to);
    return { from, to, first: world.timeOf(0), last: world.timeOf(world.now), lanes, counts, incidents };
  }

  #ghosts(n: number): { key: string; start: number; end: number }[] {
    const all = this.#episodes().sort((x, y) => (y.score ?? 0) - (x.score ?? 0));
    return all.slice(0, n).map(({ key, start, end }) => ({ key, start, end }));
  }
  #episodes(): EpisodeBar[] {
    return this.world.keys.flatMap((_, k) => this.world.episodesOf(k));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const { world } = this;
    const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
    const from = number('from', world.timeOf(0));
    const to = number('to', world.timeOf(world.now));
    const k = world.keys.indexOf(url.searchParams.get('key') ?? '');
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    switch (url.pathname) {
      case '/api/about':
        return void json(this.about);
      case '/api/state':
        return void json(this.#state());
      case '/api/episode': {
        const found = this.#episodes().find(({ id }) => id === url.searchParams.get('id'));
        return void json(found ?? null);
      }
      case '/api/lanes':
        return void json(this.#lanes(from, to, number('bins', 100)));
      case '/api/key':
      case '/api/key.csv': {
        if (k < 0) return void json({ error: 'there is no such key' }, 404);
        const [a, b] = [world.rowOf(from), world.rowOf(to)];
        const history = world.history(k, a, b, Math.max(1, Math.ceil((b - a) / number('points', 600))));
        if (url.pathname === '/api/key') return void json(history);
        const lines = history.time.map((time, i) => [time, ...COLUMNS.map((name) => history.columns[name]!.last[i])].join(','));
        return void response
          .writeHead(200, { 'content-type': 'text/csv' })
          .end(`time,${COLUMNS.join(',')}\n${lines.join('\n')}\n`);
      }
      case '/api/moment': {
        const row = world.rowOf(number('time', 0));
        const around = Array.from({ length: 11 }, (_, i) => row - 5 + i).filter(
          (one) => one >= 0 && one <= world.now && !world.missing(k, one),
        );
        return void json(
          world.missing(k, row)
            ? { row: null, around: [] }
            : { row: world.row(k, row), around: around.map((one) => world.row(k, one)) },
        );
      }
      case '/api/rank': {
        const columns = ['volatility', 'return', 'spread', 'imbalance'].map((column, i) => ({
          column,
          key: world.keys[k < 0 ? i % world.keys.length : k]!,
          away: 6 - i * 1.4,
          peak: (i % 2 ? -1 : 1) * (9 - i),
        }));
        const keys = world.keys.slice(0, 12).map((key, i) => ({ key, odd: 2.4 - i * 0.15, column: 'volatility' }));
        return void json({ columns, keys: k < 0 ? keys : [] } satisfies Rank);
      }
      case '/api/whatif': {
        const budgets = url.searchParams
          .get('perDay')!
          .split(',')
          .map((text) => {
            const episodes = Math.round(this.#episodes().length * Math.min(3, (Number(text) / 10) ** 0.6));
            return {
              perDay: Number(text),
              episodes,
              rows: episodes * 7,
              shown: this.#ghosts(Math.min(200, episodes)),
              yaml: `alarms: { perDay: ${text} }`,
            };
          });
        return void json({ from, to, rows: world.now * world.keys.length, now: 10, always: 0, budgets } satisfies WhatIf);
      }
      case '/api/whatif-limit': {
        const episodes = Math.max(0, Math.round(60 - number('value', 8) * 4));
        return void json({
          episodes,
          rows: episodes * 5,
          shown: this.#ghosts(episodes),
          yaml: `- spread > ${url.searchParams.get('value')}`,
        } satisfies WhatIfLimit);
      }
      case '/api/labels':
      case '/api/labels/undo':
      case '/api/labels/past':
        if (request.method === 'POST') return void json(await this.#hear(url.pathname, request));
        return void json([...world.labels.values()] satisfies LabelInfo[]);
      case '/api/events':
        return this.#talk(response, k);
    }
    const file = join(this.#options.web, url.pathname === '/' ? 'index.html' : url.pathname.slice(1));
    if (url.pathname.includes('..') || !existsSync(file)) return void json({ error: 'there is nothing here' }, 404);
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'text/plain',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
    });
    createReadStream(file).pipe(response);
  }

  async #hear(path: string, request: IncomingMessage): Promise<unknown> {
    let body = '';
    for await (const part of request) body += part;
    const { mute, ...said } = JSON.parse(body) as Say;
    const { labels } = this.world;
    const before = this.#said.filter((one) => one.episode === said.episode);
    if (path.endsWith('past')) return before;
    labels.delete(said.episode);
    if (path.endsWith('undo')) {
      this.#said = this.#said.map((one) => (before.includes(one) ? { ...one, takenBack: true } : one));
      return {};
    }
    const { key, start: from, end: to } = this.#episodes().find((one) => one.id === said.episode)!;
    const at = Date.now();
    const label: LabelInfo = { ...said, key, from, to, at, ...(mute ? { muteUntil: at + mute } : {}) };
    labels.set(said.episode, label);
    this.#said.push(label);
    return label;
  }

  #talk(response: ServerResponse, k: number): void {
    const { world } = this;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let told = world.now;
    const send = () => {
      const now = world.now;
      if (!this.talking || response.writableNeedDrain) return;
      const since = world.timeOf(told);
      const oddOf = (k: number) => world.score(k, now) / world.threshold(k, now);
      const fresh = (k: number): Frame['last'][string] => [
        world.timeOf(now),
        Number.isNaN(oddOf(k)) ? null : oddOf(k),
        1,
        1,
        0,
        1 / 1_728,
      ];
      const last = now > told ? Object.fromEntries(world.keys.map((key, k) => [key, fresh(k)])) : {};
      const episodes = now > told ? this.#episodes().filter((one) => one.end >= since) : [];
      const frame: Frame = {
        state: this.#state(),
        episodes,
        incidents: [],
        last,
        labels: false,
        ...(k >= 0 && now > told ? { key: world.history(k, told + 1, now, 1) } : {}),
      };
      told = now;
      response.write(`event: frame\ndata: ${JSON.stringify(frame)}\n\n`);
    };
    send();
    const timer = setInterval(send, STEP / 10);
    response.on('close', () => clearInterval(timer));
  }
}
