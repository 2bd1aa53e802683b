// Answers what the page asks, and keeps what people say.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { barOf } from '../asked/bars.js';
import { BEFORE, keyOf, stepOf, usualBefore, usualOf } from '../asked/key.js';
import { lanesOf, stretchOf } from '../asked/lanes.js';
import { AROUND, momentOf } from '../asked/moment.js';
import { rankOf } from '../asked/rank.js';
import { whatIf, whatIfLimit } from '../asked/what-if.js';
import type { KeyHistory, Lanes, Moment, Say } from '../wire.js';
import { csvOf } from './csv.js';
import { SAFE } from './files.js';
import type { Page } from './page.js';

/** What cannot be answered, and why. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Bytes of what somebody says, and characters of a note and of a name. */
const BODY = 16_384;
const NOTE = 2_000;
const NAME = 100;
/** Parts of a lane, points of a key, budgets that are asked for at once. */
const BINS = 2_000;
const POINTS = 5_000;
const BUDGETS = 60;
/** Rows of a table at most. */
const TABLE = 200_000;

type Answer = (page: Page, query: Query, request: IncomingMessage) => unknown;

const GET: Readonly<Record<string, Answer>> = {
  about: (page) => page.about(),
  state: (page) => page.state(),
  lanes: async (page, query): Promise<Lanes> => {
    const [asked, bins] = [query.someStretch(), query.number('bins', { least: 1, most: BINS, otherwise: 200 })];
    const { atLeastMs } = page.schema.alarms;
    const { found, lack } = await page.older((before) => before.lanes(stretchOf(page.past, asked), bins));
    return {
      ...(await lanesOf(page.past, page.labels, stretchOf(page.past, asked), bins, atLeastMs ?? 0, page.breathing(), found)),
      ...lack,
    };
  },
  key: async (page, query): Promise<KeyHistory> => {
    const { past, host } = page;
    const asked = {
      key: query.text('key'),
      ...query.stretch(page),
      points: query.number('points', { least: 2, most: POINTS, otherwise: 600 }),
    };
    const { found, lack } = await page.older(async (before) => {
      const parts = await before.parts(asked.key, asked, stepOf(past, asked, true));
      return parts && { parts, rows: await before.last(asked.key, asked.from, BEFORE) };
    });
    const last = past.lastOf(asked.key);
    const { expected, outlines } = await page.outlook(asked.key, asked.from, asked.to, last);
    const usual = found ? usualOf(found.rows, host.hindsight) : usualBefore(past.ring, host.hindsight, asked.key, asked.from);
    const history = keyOf(past, page.schema, page.labels, asked, usual, expected, found?.parts);
    const ahead = expected.ahead(last);
    return { ...history, outlines, ...(ahead && { ahead }), ...lack };
  },
  episode: (page, query) => {
    const found = page.past.episodes.get(query.text('id'));
    return found ? barOf(found, page.labels) : null;
  },
  moment: async (page, query): Promise<Moment> => {
    const [key, time] = [query.text('key'), query.number('time')];
    const { found = page.past.ring } = await page.older(async (before) => {
      const rows = await before.last(key, time, BEFORE);
      const behind = rows.length > 0 ? rows.at(-1)!.time - (rows.at(-2 * AROUND) ?? rows[0]!).time : 0;
      const ring = await before.ring(key, { from: rows[0]?.time ?? time, to: time + behind }, 2 * BEFORE);
      return ring;
    });
    return momentOf(found, page.schema, page.host.hindsight, key, time);
  },
  rank: async (page, query) => {
    const key = query.maybeText('key');
    const asked = { ...query.stretch(page), ...(key === undefined ? {} : { key }) };
    return {
      ...(await rankOf(page.past, page.schema, page.host.hindsight, asked, page.breathing())),
      ...(await page.since(asked.from)),
    };
  },
  whatif: async (page, query) => {
    const budgets = query.text('perDay').split(',').map(Number);
    if (budgets.length > BUDGETS || !budgets.every((one) => one > 0 && Number.isFinite(one)))
      throw new Refused(400, `perDay is up to ${BUDGETS} numbers above 0 with commas between them`);
    const stretch = query.stretch(page);
    return {
      ...(await whatIf(page.past, page.host.hindsight, stretch, budgets, page.breathing())),
      ...(await page.since(stretch.from)),
    };
  },
  'whatif-limit': async (page, query) => {
    const column = query.text('column');
    if (!page.schema.row.columns.some(({ name }) => name === column)) throw new Refused(404, `there is no column ${column}`);
    const is = query.text('is');
    if (is !== 'above' && is !== 'below') throw new Refused(400, 'is: expected above or below');
    const was = query.maybeText('was') === undefined ? {} : { was: query.number('was') };
    const asked = { column, is, value: query.number('value'), ...was, ...query.stretch(page) } as const;
    return {
      ...(await whatIfLimit(page.past, page.host.hindsight, page.schema, asked, page.breathing())),
      ...(await page.since(asked.from)),
    };
  },
  labels: async (page) => {
    await page.hear();
    return [...page.labels.values()];
  },
};

const POST: Readonly<Record<string, Answer>> = {
  labels: async (page, _, request) => {
    const said = sayOf(await bodyOf(request));
    const found = page.past.episodes.get(said.episode);
    if (!found) throw new Refused(404, 'there is no such episode here any more');
    const { id: episode, key, start: from, end: to } = found;
    const user = request.headers['x-quantstream-user'];
    const by = typeof user === 'string' ? user : said.by;
    const label = await page.host.labels.put({
      episode,
      key,
      from,
      to,
      label: said.label,
      ...(said.note === undefined ? {} : { note: said.note }),
      ...(said.mute === undefined ? {} : { muteUntil: page.host.clock.now() + said.mute }),
      ...(said.muteOnly ? { muteOnly: true } : {}),
      ...(by === undefined ? {} : { by }),
    });
    await page.hear();
    return label;
  },
  'labels/undo': async (page, _, request) => {
    const { episode } = (await bodyOf(request)) as { episode?: unknown };
    if (typeof episode !== 'string') throw new Refused(400, 'expected { "episode": "…" }');
    const left = await page.host.labels.undo(episode);
    await page.hear();
    return left ?? {};
  },
  'labels/past': async (page, _, request) => {
    const { episode } = (await bodyOf(request)) as { episode?: unknown };
    if (typeof episode !== 'string') throw new Refused(400, 'expected { "episode": "…" }');
    return page.host.labels.past(episode);
  },
};

/** Answers one question under `api/`. */
export async function answer(
  page: Page,
  name: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = new Query(url.searchParams);
  try {
    if (request.method === 'GET' && name === 'key.csv') {
      const [key, stretch] = [query.text('key'), query.stretch(page)];
      const { found: table = page.past.ring, lack } = await page.older((before) => before.ring(key, stretch, TABLE + 1));
      if (lack) throw new Refused(503, lack.lack);
      if (table.count(key, stretch) > TABLE)
        throw new Refused(413, `there are more than ${TABLE.toLocaleString('en')} rows: choose a shorter stretch`);
      response.writeHead(200, {
        ...SAFE,
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${key.replace(/[^\w.-]+/g, '_')}.csv"`,
      });
      response.end(csvOf(table, page.schema, key, stretch));
      return;
    }
    const answers = request.method === 'GET' ? GET : request.method === 'POST' ? POST : undefined;
    if (!answers) throw new Refused(405, 'this can be read with GET and told with POST');
    const found = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (!found) throw new Refused(404, `there is no api/${name}`);
    await sendAll(response, await found(page, query, request), page.breathing());
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    send(response, error.status, { error: error.message });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, JSON_HEAD);
  response.end(JSON.stringify(body));
}

/** Elements of a list that are written at once. */
const PIECE = 100;

/** An answer as JSON; of long lists one piece after the other, so that others work in between. */
async function sendAll(response: ServerResponse, body: unknown, breathe: () => Promise<void>): Promise<void> {
  const long = Object.entries((body ?? {}) as object).find(([, value]) => Array.isArray(value) && value.length > PIECE);
  if (!long || Array.isArray(body)) return send(response, 200, body);
  const [name, list] = long as [string, unknown[]];
  const rest = JSON.stringify({ ...(body as object), [name]: undefined }).slice(0, -1);
  const pieces = [`${rest}${rest === '{' ? '' : ','}${JSON.stringify(name)}:[`];
  for (let at = 0; at < list.length; at += PIECE) {
    pieces.push(`${at === 0 ? '' : ','}${JSON.stringify(list.slice(at, at + PIECE)).slice(1, -1)}`);
    await breathe();
  }
  pieces.push(']}');
  response.writeHead(200, JSON_HEAD);
  for (const piece of pieces) response.write(piece);
  response.end();
}

const JSON_HEAD = { ...SAFE, 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** What stands behind the question mark. */
class Query {
  private readonly given: URLSearchParams;

  constructor(given: URLSearchParams) {
    this.given = given;
  }

  maybeText(name: string): string | undefined {
    return this.given.get(name) ?? undefined;
  }

  text(name: string): string {
    const text = this.maybeText(name);
    if (text === undefined) throw new Refused(400, `${name} is missing`);
    return text;
  }

  number(
    name: string,
    { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, otherwise = Number.NaN } = {},
  ): number {
    const text = this.maybeText(name);
    const value = text === undefined || text === '' ? otherwise : Number(text);
    if (!Number.isFinite(value)) throw new Refused(400, `${name}: expected a number`);
    return Math.min(most, Math.max(least, value));
  }

  /** A stretch whose ends may be left out. */
  someStretch(): { from?: number; to?: number } {
    const ends = ['from', 'to'].filter((name) => this.given.has(name)).map((name) => [name, this.number(name)]);
    return Object.fromEntries(ends);
  }

  /** A stretch; all that is kept where its ends are left out. */
  stretch(page: Page): { from: number; to: number } {
    const { first = 0, last = 1 } = page.past.ring.span ?? {};
    const { from = first, to = last } = this.someStretch();
    if (from > to) throw new Refused(400, 'from is behind to');
    return { from, to };
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  // What a form of another page can send is not JSON.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new Refused(415, 'expected content-type: application/json');
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > BODY) throw new Refused(413, `expected at most ${BODY} bytes`);
    parts.push(part as Buffer);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new Refused(400, 'this is no JSON');
  }
  if (typeof body !== 'object' || body === null) throw new Refused(400, 'expected a JSON object');
  return body;
}

/** @throws {Refused} what is wrong with it */
function sayOf(body: unknown): Say {
  const { episode, label, note, mute, by, muteOnly } = body as Partial<Record<keyof Say, unknown>>;
  if (typeof episode !== 'string') throw new Refused(400, 'episode: expected a text');
  if (label !== 'anomaly' && label !== 'normal') throw new Refused(400, 'label: expected anomaly or normal');
  if (note !== undefined && (typeof note !== 'string' || note.length > NOTE))
    throw new Refused(400, `note: expected up to ${NOTE} characters`);
  if (by !== undefined && (typeof by !== 'string' || by.length > NAME))
    throw new Refused(400, `by: expected up to ${NAME} characters`);
  if (mute !== undefined && !(typeof mute === 'number' && mute > 0 && mute <= 366 * 86_400_000))
    throw new Refused(400, 'mute: expected milliseconds, a year at most');
  return {
    episode,
    label,
    ...(note === undefined || note === '' ? {} : { note }),
    ...(mute === undefined ? {} : { mute }),
    ...(mute !== undefined && muteOnly === true ? { muteOnly } : {}),
    ...(by === undefined || by === '' ? {} : { by }),
  };
}
