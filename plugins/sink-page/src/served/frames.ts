// What goes on, as server-sent events: a slow browser gets fewer frames, and never slows anybody.

import type { ServerResponse } from 'node:http';
import type { Usual } from '@quantstream/engine';
import { barOf } from '../asked/bars.js';
import { keyOf, usualBefore } from '../asked/key.js';
import { lastOf } from '../kept/ring.js';
import type { Frame, KeyHistory } from '../wire.js';
import { SAFE } from './files.js';
import type { Page } from './page.js';

/** Between two frames while something happens, ms, and at most while nothing does. */
const EVERY = 250;
const AT_LEAST = 5_000;
/** Points of a key that are sent at once. */
const POINTS = 240;

/** Sends frames to one browser until it goes. */
export function sendFrames(page: Page, response: ServerResponse, key: string | undefined): () => void {
  response.writeHead(200, {
    ...SAFE,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const follower = new Follower(page, key);
  let sent = Number.NEGATIVE_INFINITY;
  const look = () => {
    const now = performance.now();
    if (response.writableNeedDrain || (!follower.hasNews && now - sent < AT_LEAST)) return;
    sent = now;
    response.write(`event: frame\ndata: ${JSON.stringify(follower.frame())}\n\n`);
  };
  const timer = setInterval(look, EVERY);
  timer.unref();
  const end = () => {
    clearInterval(timer);
    response.end();
  };
  response.on('close', end);
  look();
  return end;
}

/** What one browser has heard of. */
class Follower {
  private readonly page: Page;
  private readonly key: string | undefined;
  private heard: number;
  private said: number;
  /** Time of the last row of the key that was sent, and what was usual up to it. */
  private from = Number.NaN;
  private usual: Usual | undefined;

  constructor(page: Page, key: string | undefined) {
    this.page = page;
    this.key = key;
    this.heard = page.past.ring.now;
    this.said = page.said;
    const rows = key === undefined ? undefined : page.past.ring.keys.get(key);
    if (rows && rows.blocks.length > 0) this.from = lastOf(rows);
  }

  get hasNews(): boolean {
    return this.page.past.ring.now !== this.heard || this.page.said !== this.said;
  }

  frame(): Frame {
    const { page, heard } = this;
    const { ring, episodes } = page.past;
    const changed = [];
    // Those that changed last stand at the end.
    for (const { episode, changed: at } of page.past.changed > heard ? [...episodes.values()].reverse() : []) {
      if (at <= heard) break;
      changed.push(barOf(episode, page.labels));
    }
    const last: Record<string, number> = Object.create(null);
    for (const rows of ring.keys.values()) if (rows.changed > heard && rows.blocks.length > 0) last[rows.key] = lastOf(rows);
    const labels = page.said !== this.said;
    this.heard = ring.now;
    this.said = page.said;
    const key = this.key !== undefined && last[this.key] !== undefined ? this.news(this.key, last[this.key]!) : undefined;
    return { state: page.state(), episodes: changed.reverse(), last: { ...last }, labels, ...(key && { key }) };
  }

  /** What has come of the key since the last frame. */
  private news(key: string, to: number): KeyHistory | undefined {
    const { page } = this;
    const from = Number.isNaN(this.from) ? Number.NEGATIVE_INFINITY : this.from + 0.5;
    if (to < from) {
      this.usual = undefined;
      this.from = to;
      return undefined;
    }
    const start = Number.isFinite(from) ? from : (page.past.ring.span?.first ?? to);
    this.usual ??= usualBefore(page.past.ring, page.host.hindsight, key, start);
    this.from = to;
    return keyOf(page.past, page.schema, page.labels, { key, from: start, to, points: POINTS }, this.usual);
  }
}
