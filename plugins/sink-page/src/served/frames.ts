// What goes on, as server-sent events: worked out once for all who look; a slow browser gets fewer frames, and never slows anybody.

import type { ServerResponse } from 'node:http';
import type { Usual } from '@quantstream/engine';
import { barOf, incidentOf, maybe } from '../asked/bars.js';
import type { Expected } from '../asked/expected.js';
import { keyOf, usualBefore } from '../asked/key.js';
import { firstOf, lastOf, nothingFresh } from '../kept/ring.js';
import type { Frame } from '../wire.js';
import { SAFE } from './files.js';
import type { Page } from './page.js';

/** Between two frames while something happens, ms, and at most while nothing does. */
const EVERY = 400;
const AT_LEAST = 5_000;
/** Frames take so much of the time, as long as there is one in `AT_LEAST`: what is dear to work out comes less often. */
const SHARE = 1 / 250;
/** So much event time what is expected at each hour is believed, ms. */
const ANEW = 3_600_000;
/** Points of a key that are sent at once. */
const POINTS = 240;

/** One who looks. */
interface Follower {
  readonly response: ServerResponse;
  readonly key: string | undefined;
  /** A frame was too much for its line. */
  missed: boolean;
}

/** What is told of a key, and how far. */
interface Told {
  readonly usual: Usual;
  readonly to: number;
  /** What is expected at its hours; asked anew now and then. */
  expected?: Expected | undefined;
  asked: number;
}

/** Sends frames to browsers until they go. */
export class Frames {
  private readonly page: Page;
  private readonly followers = new Set<Follower>();
  private timer: NodeJS.Timeout | undefined;
  /** What all have heard of: changes of rows and episodes, and of labels. */
  private heard = 0;
  private said = 0;
  private sent = 0;
  /** When the next frame may be. */
  private due = 0;
  private readonly told = new Map<string, Told>();

  constructor(page: Page) {
    this.page = page;
  }

  /** @returns ends it */
  follow(response: ServerResponse, key: string | undefined): () => void {
    response.writeHead(200, {
      ...SAFE,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    if (!this.timer) this.begin();
    const follower = { response, key, missed: false };
    this.followers.add(follower);
    if (key !== undefined && !this.told.has(key)) this.hearKey(key);
    const first: Frame = { state: this.page.state(), episodes: [], incidents: [], last: {}, labels: false };
    send(response, JSON.stringify(first));
    const end = () => {
      this.followers.delete(follower);
      if (this.followers.size === 0) this.rest();
      response.end();
    };
    response.on('close', end);
    return end;
  }

  close(): void {
    for (const { response } of this.followers) response.end();
    this.followers.clear();
    this.rest();
  }

  private begin(): void {
    this.news();
    this.timer = setInterval(() => this.look(), EVERY);
    this.timer.unref();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.told.clear();
  }

  private look(): void {
    const now = performance.now();
    const { ring } = this.page.past;
    if (now < this.due) return;
    if (ring.now === this.heard && this.page.said === this.said && now - this.sent < AT_LEAST) return;
    this.sent = now;
    this.tellAll();
    this.due = now + Math.min(AT_LEAST, (performance.now() - now) / SHARE) - EVERY / 2;
  }

  private tellAll(): void {
    const common = JSON.stringify(this.news()).slice(0, -1);
    const keys = new Map<string, string>();
    for (const { key } of this.followers) if (key !== undefined && !keys.has(key)) keys.set(key, this.newsOf(key));
    for (const key of this.told.keys()) if (!keys.has(key)) this.told.delete(key);
    for (const follower of this.followers) {
      const { response, key, missed } = follower;
      if (response.writableNeedDrain) {
        follower.missed = true;
        continue;
      }
      // Who missed one asks for what there is.
      const own = missed ? ',"missed":true' : key === undefined ? '' : keys.get(key)!;
      follower.missed = false;
      send(response, `${common}${own}}`);
    }
  }

  /** What happened since it was told last. */
  private news(): Frame {
    const { page, heard } = this;
    const { ring } = page.past;
    const episodes = page.past.episodes.since(heard).map((episode) => barOf(episode, page.labels));
    const incidents = page.past.incidents.since(heard).map(incidentOf);
    const last: Record<string, Frame['last'][string]> = Object.create(null);
    for (const rows of ring.keys.values()) {
      if (rows.changed <= heard || rows.blocks.length === 0) continue;
      const { odd, count, judged, raised, allowed } = rows.fresh;
      last[rows.key] = [lastOf(rows), maybe(odd), count, judged, raised, allowed];
      rows.fresh = nothingFresh();
    }
    const labels = page.said !== this.said;
    this.heard = ring.now;
    this.said = page.said;
    return { state: page.state(), episodes, incidents, last: { ...last }, labels };
  }

  /** What has come of a key since it was told last, as a part of a frame. */
  private newsOf(key: string): string {
    const { page, told } = this;
    const before = told.get(key);
    const rows = page.past.ring.keys.get(key);
    if (!rows || rows.blocks.length === 0) return '';
    const to = lastOf(rows);
    // Rows that were judged once more: what is usual begins anew.
    if (!before || to < before.to) this.hearKey(key);
    if (!before || to <= before.to) return '';
    const next: Told = { ...before, to };
    told.set(key, next);
    if (to - before.asked > ANEW) this.expect(key, next);
    const from = Number.isFinite(before.to) ? before.to + 0.5 : firstOf(rows);
    const asked = { key, from, to, points: POINTS };
    return `,"key":${JSON.stringify(keyOf(page.past, page.schema, page.labels, asked, before.usual, before.expected))}`;
  }

  private hearKey(key: string): void {
    const { page, told } = this;
    const rows = page.past.ring.keys.get(key);
    const to = rows && rows.blocks.length > 0 ? lastOf(rows) : Number.NEGATIVE_INFINITY;
    const next: Told = { usual: usualBefore(page.past.ring, page.host.hindsight, key, to + 0.5), to, asked: to };
    told.set(key, next);
    this.expect(key, next);
  }

  /** Asks what is expected of a key from now on. */
  private expect(key: string, told: Told): void {
    told.asked = told.to;
    if (!Number.isFinite(told.to)) return;
    void this.page.outlook(key, told.to, told.to, told.to).then(({ expected }) => {
      const now = this.told.get(key);
      if (now) now.expected = expected;
    });
  }
}

const send = (response: ServerResponse, frame: string) => response.write(`event: frame\ndata: ${frame}\n\n`);
