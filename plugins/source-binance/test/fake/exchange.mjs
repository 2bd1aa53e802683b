// A fake Binance for tests and load runs: websocket streams, REST, archive, and faults on demand. Plain JavaScript, so that Node runs it
// as it is. It keeps every trade that it made, so all three tell the same story, and it counts what a client does wrong.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { archiveAt } from './archive.mjs';
import { AGGREGATE_OFFSET, seeded, Tape } from './tape.mjs';

const MINUTE = 60_000;
const MARKETS = {
  spot: {
    path: '/api/v3',
    perMinute: 6_000,
    weights: { aggTrades: 4, historicalTrades: 25, trades: 25, exchangeInfo: 20 },
    messages: 5,
  },
  usdm: {
    path: '/fapi/v1',
    perMinute: 2_400,
    weights: { aggTrades: 20, historicalTrades: 20, trades: 5, exchangeInfo: 1 },
    messages: 10,
  },
};
const MOST_STREAMS = 1_024;
const CONNECTIONS = { most: 300, span: 5 * MINUTE };

/** The wall clock. */
const realClock = {
  now: () => Date.now(),
  sleep: (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export class FakeExchange {
  /** @param {import('./exchange.mjs').FakeSettings} [settings] */
  constructor(settings = {}) {
    this.market = settings.market ?? 'spot';
    this.rules = { ...MARKETS[this.market], ...(settings.perMinute ? { perMinute: settings.perMinute } : {}) };
    this.clock = settings.clock ?? realClock;
    this.rate = settings.tradesPerSecond ?? 0;
    this.burst = settings.burst;
    this.tickMs = settings.tickMs ?? 5;
    this.pingMs = settings.pingMs ?? 20_000;
    this.pongMs = settings.pongMs ?? 60_000;
    this.ageMs = settings.ageMs ?? 86_400_000;
    this.random = seeded(settings.seed ?? 7);
    /** @type {Map<string, Tape>} */
    this.tapes = new Map(
      (settings.symbols ?? ['BTCUSDT']).map((symbol, i) => [
        symbol,
        new Tape(symbol, { keep: settings.keep ?? 1_000_000, seed: i + 1, price: 60_000 / (i + 1), firstId: 100_000 * (i + 1) }),
      ]),
    );
    /** @type {Set<import('./exchange.mjs').Client>} */
    this.clients = new Set();
    this.faults = {
      duplicate: 0,
      lose: 0,
      reorder: 0,
      delayMs: 0,
      silentUntil: 0,
      muteUntil: 0,
      refuseHandshakes: 0,
      refuseStatus: 503,
      restStatus: 0,
      restUntil: 0,
      restCount: 0,
      retryAfter: 0,
      restDelayMs: 0,
      corruptArchives: 0,
      cutDownloads: 0,
      restLag: 0,
    };
    this.counts = {
      trades: 0,
      frames: 0,
      connections: 0,
      requests: 0,
      overWeight: 0,
      banned: 0,
      tooManyMessages: 0,
      tooManyConnections: 0,
      aged: 0,
      notAlive: 0,
      mostWeight: 0,
      rangeRequests: 0,
    };
    /** Requests by path. @type {Record<string, number>} */
    this.asked = {};
    this.weight = { minute: 0, used: 0 };
    this.bannedUntil = 0;
    this.busy = 0;
    /** @type {number[]} */
    this.connectionTimes = [];
    this.closed = false;
    this.server = createServer((request, response) => void this.answer(request, response));
    this.sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536, perMessageDeflate: false, autoPong: false });
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  async listen(port = 0) {
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', () => resolve(undefined)));
    const address = /** @type {import('node:net').AddressInfo} */ (this.server.address());
    const host = `127.0.0.1:${address.port}`;
    this.started = this.clock.now();
    void this.run();
    this.urls = { websocket: `ws://${host}`, rest: `http://${host}`, archive: `http://${host}`, control: `http://${host}/fake` };
    return this.urls;
  }

  async close() {
    this.closed = true;
    for (const { socket } of this.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(() => resolve(undefined)));
  }

  // ---- the market ----

  /** Trades now. @returns {number} the id */
  trade(symbol = this.tapes.keys().next().value, time = Math.floor(this.clock.now())) {
    const tape = this.tapes.get(symbol);
    const id = tape.add(time);
    this.counts.trades++;
    this.send(tape, id);
    return id;
  }

  /** Writes a trade into the tape that nobody hears of. */
  record(/** @type {string} */ symbol, /** @type {number} */ time) {
    this.counts.trades++;
    return this.tapes.get(symbol).add(time);
  }

  /** Takes a recorded frame over into the tape, and sends it. Ids must follow one another. */
  play(/** @type {string} */ line) {
    const frame = JSON.parse(line);
    const { s, t, a, p, q, T, m } = frame.data ?? frame;
    const tape = this.tapes.get(s);
    const id = frame.data?.e === 'aggTrade' || frame.e === 'aggTrade' ? a + AGGREGATE_OFFSET : t;
    if (this.counts.trades === 0 || tape.nextId === tape.firstId) {
      tape.firstId = id;
      tape.nextId = id;
    }
    if (tape.nextId !== id) throw new Error(`the recording jumps to ${id}, expected ${tape.nextId}`);
    tape.add(T, +p, +q, m);
    this.counts.trades++;
    this.send(tape, id);
  }

  /** The frame of a trade, without its wrapper. */
  frameOf(/** @type {Tape} */ tape, /** @type {number} */ id, /** @type {string} */ stream) {
    const { price, quantity, time, maker } = tape.at(id);
    const aggregate = stream === 'aggTrade';
    const ids = aggregate ? `"a":${id - AGGREGATE_OFFSET}` : `"t":${id}`;
    const single = tape.single(id);
    const range = aggregate ? `,"f":${single},"l":${single}` : '';
    const spot = this.market === 'spot';
    const kind = spot || aggregate ? '' : ',"X":"MARKET"';
    const sent = Math.max(time, Math.floor(this.clock.now()));
    return `{"e":"${stream}","E":${sent},"s":"${tape.symbol}",${ids},"p":"${price}","q":"${quantity}"${range},"T":${time}${kind},"m":${maker}${spot ? ',"M":true' : ''}}`;
  }

  send(/** @type {Tape} */ tape, /** @type {number} */ id) {
    if (this.clock.now() < Math.max(this.faults.silentUntil, this.faults.muteUntil)) return;
    const cache = {};
    for (const client of this.clients) {
      for (const stream of ['aggTrade', 'trade']) {
        const name = `${tape.symbol.toLowerCase()}@${stream}`;
        if (!client.streams.has(name)) continue;
        cache[stream] ??= this.frameOf(tape, id, stream);
        this.deliver(client, client.combined ? `{"stream":"${name}","data":${cache[stream]}}` : cache[stream]);
      }
    }
  }

  /** Sends a frame to one client, with the faults that are on. */
  deliver(/** @type {import('./exchange.mjs').Client} */ client, /** @type {string} */ text) {
    const { duplicate, lose, reorder, delayMs } = this.faults;
    if (lose > 0 && this.random() < lose) return;
    if (reorder > 0 && client.pocket === undefined && this.random() < reorder) {
      client.pocket = text;
      return;
    }
    const put = (/** @type {string} */ frame) => {
      this.counts.frames++;
      client.socket.send(frame);
    };
    if (delayMs > 0) {
      void this.clock.sleep(delayMs).then(() => put(text));
      return;
    }
    put(text);
    if (duplicate > 0 && this.random() < duplicate) put(text);
    if (client.pocket !== undefined) {
      put(client.pocket);
      client.pocket = undefined;
    }
  }

  /** Trades at the rate that was asked for; pings, and ends connections that are too old or silent. */
  async run() {
    let last = this.clock.now();
    let due = 0;
    let turn = 0;
    let looked = last;
    const symbols = [...this.tapes.keys()];
    while (!this.closed) {
      await this.clock.sleep(this.tickMs);
      const now = this.clock.now();
      const { burst } = this;
      const bursting = burst && (now - this.started) % burst.everyMs < burst.lengthMs && now - this.started >= burst.everyMs;
      const rate = bursting ? burst.tradesPerSecond : this.rate;
      due += (rate * (now - last)) / 1_000;
      // A stalled process must not answer with a flood.
      due = Math.min(due, rate * 2 + 1);
      for (; due >= 1; due--) this.trade(symbols[turn++ % symbols.length], Math.floor(now));
      last = now;
      if (now - looked >= Math.min(1_000, this.pingMs / 4)) {
        looked = now;
        this.lookAfter(now);
      }
    }
  }

  lookAfter(/** @type {number} */ now) {
    for (const client of this.clients) {
      if (now - client.since >= this.ageMs) {
        this.counts.aged++;
        client.socket.close(1001);
        this.clients.delete(client);
      } else if (now - client.alive > this.pongMs) {
        this.counts.notAlive++;
        client.socket.terminate();
        this.clients.delete(client);
      } else if (now - client.pinged >= this.pingMs && now >= this.faults.silentUntil) {
        client.pinged = now;
        client.socket.ping(String(Math.floor(now)));
      }
    }
  }

  // ---- faults ----

  /** Cuts every connection. */
  disconnect() {
    for (const client of this.clients) client.socket.terminate();
    this.clients.clear();
  }

  /** Nothing is sent for a while: no frame, no ping, no answer to one. Trades go on. */
  silence(/** @type {number} */ ms) {
    this.faults.silentUntil = this.clock.now() + ms;
  }

  /** No frame is sent for a while, but signs of life are: a stream that is silent and not dead. Trades go on. */
  mute(/** @type {number} */ ms) {
    this.faults.muteUntil = this.clock.now() + ms;
  }

  oversized(bytes = 400_000) {
    for (const { socket } of this.clients) socket.send(`{"e":"${'x'.repeat(bytes)}"}`);
  }

  /** A frame of whatever content. */
  say(/** @type {string} */ text) {
    for (const { socket } of this.clients) socket.send(text);
  }

  shutdownNotice() {
    this.say(`{"e":"serverShutdown","E":${Math.floor(this.clock.now())}}`);
  }

  // ---- websocket ----

  upgrade(/** @type {import('node:http').IncomingMessage} */ request, /** @type {any} */ socket, /** @type {Buffer} */ head) {
    const now = this.clock.now();
    this.connectionTimes = this.connectionTimes.filter((time) => time > now - CONNECTIONS.span);
    this.connectionTimes.push(now);
    if (this.connectionTimes.length > CONNECTIONS.most) this.counts.tooManyConnections++;
    if (this.faults.refuseHandshakes > 0) {
      this.faults.refuseHandshakes--;
      socket.end(`HTTP/1.1 ${this.faults.refuseStatus} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const url = new URL(request.url, 'http://fake');
    const combined = /^(?:\/market)?\/stream$/.test(url.pathname);
    const raw = /^(?:\/market)?\/ws(?:\/(.*))?$/.exec(url.pathname);
    if (!combined && !raw) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const names = (combined ? (url.searchParams.get('streams') ?? '') : decodeURIComponent(raw[1] ?? ''))
      .split('/')
      .filter(Boolean);
    this.sockets.handleUpgrade(request, socket, head, (client) => this.welcome(client, combined, names));
  }

  welcome(/** @type {import('ws').WebSocket} */ socket, /** @type {boolean} */ combined, /** @type {string[]} */ names) {
    const now = this.clock.now();
    this.counts.connections++;
    // A name that means nothing is accepted and stays silent, as at the exchange.
    const client = {
      socket,
      combined,
      streams: new Set(names),
      since: now,
      alive: now,
      pinged: now,
      pocket: undefined,
      second: 0,
      messages: 0,
    };
    socket.on('error', () => {});
    if (client.streams.size > MOST_STREAMS) return socket.close(1008, 'too many streams');
    this.clients.add(client);
    socket.on('pong', () => {
      client.alive = this.clock.now();
      this.countMessage(client);
    });
    socket.on('ping', (payload) => {
      this.countMessage(client);
      if (this.clock.now() >= this.faults.silentUntil) socket.pong(payload);
    });
    socket.on('close', () => this.clients.delete(client));
    socket.on('message', (data) => this.listenTo(client, String(data)));
    return undefined;
  }

  countMessage(/** @type {import('./exchange.mjs').Client} */ client) {
    const second = Math.floor(this.clock.now() / 1_000);
    if (second !== client.second) client.messages = 0;
    client.second = second;
    if (++client.messages <= this.rules.messages) return;
    this.counts.tooManyMessages++;
    client.socket.close(1008, 'Too many requests');
  }

  listenTo(/** @type {import('./exchange.mjs').Client} */ client, /** @type {string} */ text) {
    this.countMessage(client);
    const reply = (/** @type {unknown} */ content) => client.socket.send(JSON.stringify(content));
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return reply({ code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' });
    }
    const { method, params = [], id } = message;
    if (method === 'SUBSCRIBE') for (const name of params) client.streams.add(name);
    else if (method === 'UNSUBSCRIBE') for (const name of params) client.streams.delete(name);
    else if (method === 'LIST_SUBSCRIPTIONS') return reply({ result: [...client.streams], id });
    else return reply({ code: 2, msg: `Invalid request: unknown variant ${method}` });
    return reply({ result: null, id });
  }

  // ---- REST and archive ----

  async answer(
    /** @type {import('node:http').IncomingMessage} */ request,
    /** @type {import('node:http').ServerResponse} */ response,
  ) {
    const url = new URL(request.url, 'http://fake');
    this.busy++;
    try {
      if (url.pathname.startsWith('/fake/')) return this.control(url, response);
      if (url.pathname.startsWith('/data/')) return this.download(url.pathname, request, response);
      if (this.faults.restDelayMs > 0) await this.clock.sleep(this.faults.restDelayMs);
      if (!url.pathname.startsWith(`${this.rules.path}/`)) return reply(response, 404, undefined);
      return this.rest(url.pathname.slice(this.rules.path.length + 1), url.searchParams, request, response);
    } finally {
      this.busy--;
    }
  }

  /**
   * @param {string} name
   * @param {URLSearchParams} query
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  rest(name, query, request, response) {
    const now = this.clock.now();
    const { faults, rules, weight } = this;
    this.counts.requests++;
    this.asked[name] = (this.asked[name] ?? 0) + 1;
    if (now < this.bannedUntil) this.counts.banned++;
    const minute = Math.floor(now / MINUTE);
    if (minute !== weight.minute) Object.assign(weight, { minute, used: 0 });
    weight.used += rules.weights[name] ?? 1;
    this.counts.mostWeight = Math.max(this.counts.mostWeight, weight.used);
    response.setHeader('X-MBX-USED-WEIGHT-1M', weight.used);
    response.setHeader('x-mbx-used-weight', weight.used);
    const faulty = faults.restStatus > 0 && (now < faults.restUntil || faults.restCount > 0);
    if (faulty || now < this.bannedUntil) {
      if (faults.restCount > 0) faults.restCount--;
      const status = faulty ? faults.restStatus : 418;
      return this.refuse(status, Math.max(faults.restUntil, this.bannedUntil, now + faults.retryAfter * 1_000), now, response);
    }
    if (weight.used > rules.perMinute) {
      this.counts.overWeight++;
      if (weight.used > rules.perMinute * 1.5) this.bannedUntil = now + 2 * MINUTE;
      return this.refuse(429, (minute + 1) * MINUTE, now, response);
    }
    if (name === 'ping') return reply(response, 200, {});
    if (name === 'time') return reply(response, 200, { serverTime: Math.floor(now) });
    if (name === 'exchangeInfo') return reply(response, 200, this.info(now));
    if (!['aggTrades', 'historicalTrades', 'trades'].includes(name)) return reply(response, 404, undefined);
    if (name === 'historicalTrades' && this.market === 'usdm' && !request.headers['x-mbx-apikey']) {
      return reply(response, 401, { code: -2014, msg: 'API-key format invalid.' });
    }
    return this.rows(name, query, response);
  }

  /**
   * @param {number} status
   * @param {number} until
   * @param {number} now
   * @param {import('node:http').ServerResponse} response
   */
  refuse(status, until, now, response) {
    if (status === 403 || status === 451) return reply(response, status, '<html>Forbidden</html>');
    const seconds = Math.max(1, Math.ceil((until - now) / 1_000));
    if (status === 429 || status === 418) response.setHeader('Retry-After', seconds);
    const banned = `Way too many requests; IP banned until ${Math.ceil(until)}. Please use the websocket for live updates to avoid bans.`;
    const msg =
      status === 418 ? banned : status === 429 ? 'Too many requests.' : 'Internal error; unable to process your request.';
    return reply(response, status, { code: status === 418 || status === 429 ? -1003 : -1001, msg });
  }

  info(/** @type {number} */ now) {
    const limit = { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: this.rules.perMinute };
    const symbols = [...this.tapes.keys()].map((symbol) => ({ symbol, status: 'TRADING' }));
    return { timezone: 'UTC', serverTime: Math.floor(now), rateLimits: [limit], symbols };
  }

  /**
   * @param {string} name
   * @param {URLSearchParams} query
   * @param {import('node:http').ServerResponse} response
   */
  rows(name, query, response) {
    const symbol = query.get('symbol');
    if (!symbol)
      return reply(response, 400, {
        code: -1102,
        msg: "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
      });
    const tape = this.tapes.get(symbol);
    if (!tape) return reply(response, 400, { code: -1121, msg: 'Invalid symbol.' });
    const limit = Math.min(1_000, Number(query.get('limit') ?? 500));
    const aggregate = name === 'aggTrades';
    const end = Math.max(tape.oldest, tape.nextId - this.faults.restLag);
    let first = end - limit;
    if (query.has('fromId')) first = Number(query.get('fromId')) + (aggregate ? AGGREGATE_OFFSET : 0);
    else if (query.has('startTime')) first = tape.idAt(Number(query.get('startTime')));
    const rows = [];
    for (let id = Math.max(first, tape.oldest); id < end && rows.length < limit; id++)
      rows.push(this.row(tape.at(id), aggregate, tape.single(id)));
    return reply(response, 200, rows);
  }

  row(/** @type {ReturnType<Tape['at']>} */ { id, price, quantity, time, maker }, /** @type {boolean} */ aggregate, single = id) {
    const best = this.market === 'spot';
    if (aggregate)
      return {
        a: id - AGGREGATE_OFFSET,
        p: price,
        q: quantity,
        f: single,
        l: single,
        T: time,
        m: maker,
        ...(best ? { M: true } : {}),
      };
    const quoteQty = (+price * +quantity).toFixed(8);
    return { id, price, qty: quantity, quoteQty, time, isBuyerMaker: maker, ...(best ? { isBestMatch: true } : {}) };
  }

  /**
   * @param {string} path
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  download(path, request, response) {
    const found = archiveAt(path, this.tapes);
    this.counts.requests++;
    if (!found) return reply(response, 404, '<Error><Code>NoSuchKey</Code></Error>');
    if (found.checksum !== undefined) return reply(response, 200, found.checksum);
    let { bytes } = found;
    const tag = `"${bytes.length}"`;
    const begin = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const same = request.headers['if-range'] === undefined || request.headers['if-range'] === tag;
    let status = 200;
    let offset = 0;
    if (begin && same) {
      this.counts.rangeRequests++;
      offset = Number(begin[1]);
      if (offset >= bytes.length) {
        response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` });
        return response.end();
      }
      status = 206;
    }
    if (this.faults.corruptArchives > 0) {
      this.faults.corruptArchives--;
      bytes = Buffer.from(bytes);
      bytes[bytes.length >> 1] ^= 0xff;
    }
    const part = bytes.subarray(offset);
    const range = status === 206 ? { 'Content-Range': `bytes ${offset}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(status, { ETag: tag, 'Accept-Ranges': 'bytes', 'Content-Length': part.length, ...range });
    if (this.faults.cutDownloads > 0) {
      this.faults.cutDownloads--;
      // Long enough for a busy client to have put away what it was sent.
      response.write(part.subarray(0, part.length >> 1), () => setTimeout(() => response.destroy(), 250));
      return undefined;
    }
    return response.end(part);
  }

  /** `/fake/state`, `/fake/disconnect`, `/fake/silence?ms=…`, `/fake/mute?ms=…`, `/fake/oversized`, `/fake/shutdown`, `/fake/set?lose=0.01&restStatus=418…`. */
  control(/** @type {URL} */ url, /** @type {import('node:http').ServerResponse} */ response) {
    const name = url.pathname.slice('/fake/'.length);
    if (name === 'disconnect') this.disconnect();
    else if (name === 'silence') this.silence(Number(url.searchParams.get('ms') ?? 60_000));
    else if (name === 'mute') this.mute(Number(url.searchParams.get('ms') ?? 20_000));
    else if (name === 'oversized') this.oversized();
    else if (name === 'shutdown') this.shutdownNotice();
    else if (name === 'set') this.set(Object.fromEntries(url.searchParams));
    else if (name !== 'state') return reply(response, 404, { error: `no fault ${name}` });
    return reply(response, 200, { counts: this.counts, faults: this.faults, asked: this.asked, clients: this.clients.size });
  }

  set(/** @type {Record<string, string>} */ values) {
    for (const [name, value] of Object.entries(values)) {
      if (name === 'restForMs') this.faults.restUntil = this.clock.now() + Number(value);
      else if (name === 'tradesPerSecond') this.rate = Number(value);
      else if (name in this.faults) this.faults[name] = Number(value);
    }
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} content
 */
function reply(response, status, content) {
  const text = typeof content === 'string' ? content : content === undefined ? '' : JSON.stringify(content);
  response.writeHead(status, { 'Content-Type': typeof content === 'string' ? 'text/html' : 'application/json' });
  response.end(text);
}
