// The page as a sink: it keeps what it is handed, and answers on the engine's listener.

import { messageOf, type Sink, type SinkBatch, type SinkHost } from '@quantstream/engine';
import type { Settings } from './config.js';
import { answer } from './served/answers.js';
import { sendFile } from './served/files.js';
import { Frames } from './served/frames.js';
import { Page } from './served/page.js';

/** How often it is looked for what people have said elsewhere, ms. */
const HEAR_EVERY = 3_000;

export class PageSink implements Sink {
  private readonly page: Page;
  private readonly frames: Frames;
  private timer: NodeJS.Timeout | undefined;

  constructor(settings: Settings, host: SinkHost, live = true) {
    this.page = new Page(settings, host, live);
    this.frames = new Frames(this.page);
  }

  async open(): Promise<void> {
    const { page } = this;
    const { host } = page;
    const url = await host.http.mount('page', (request, response) => {
      const asked = new URL(request.url ?? '/', 'http://localhost');
      return this.serve(asked, request, response);
    });
    await page.hear();
    clearInterval(this.timer);
    this.timer = setInterval(
      () => void page.hear().catch((error) => host.log.debug({}, `labels: ${messageOf(error)}`)),
      HEAR_EVERY,
    );
    this.timer.unref();
    // Where nobody listens there is nothing to see.
    if (url !== '') host.log.info({ url }, `see what it sees: ${url}`);
    if (page.live) void this.remember();
  }

  async write(batch: SinkBatch): Promise<void> {
    this.page.past.take(batch);
  }

  /** Takes in what another sink keeps of the time before, as far as there is room. */
  async remember(): Promise<void> {
    const { host, past } = this.page;
    if (!host.history) return;
    try {
      await past.fill(host.history, host.signal, this.page.live);
    } catch (error) {
      if (!host.signal.aborted) host.log.warn({}, `the page begins without what was stored before: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.frames.close();
  }

  private async serve(asked: URL, ...[request, response]: Parameters<Parameters<SinkHost['http']['mount']>[1]>): Promise<void> {
    const path = asked.pathname.slice(1);
    if (path === 'api/events') {
      this.frames.follow(response, asked.searchParams.get('key') ?? undefined);
      return;
    }
    if (path.startsWith('api/')) return answer(this.page, path.slice('api/'.length), asked, request, response);
    if (await sendFile(path === '' ? 'index.html' : path, response)) return;
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('there is nothing here\n');
  }
}
