/** Fetches the recordings of whole days and months from the public archive, with verified checksums. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fetched, type FetchHost, type FetchRequest, makeFolder, QuantStreamError } from '@quantstream/engine';
import { agentFor, endpointsOf } from '../live/rest/network.js';
import { fetchFile, fetchText, hashOf } from './download.js';
import type { Options } from './options.js';
import { daysOf, type Publication, publicationsOf } from './published.js';

const CHECKSUM = /^([0-9a-f]{64})\b/i;
/** More than Binance is old. */
const MOST_DAYS = 6_000;
const DAY = 86_400_000;

/** One run: what it found so far. */
class Collector {
  readonly files: string[] = [];
  readonly absent: string[] = [];
  bytes = 0;
  kept = 0;
  private readonly base: string;
  private readonly folder: string;
  private readonly host: FetchHost;
  private readonly agent;

  constructor(base: string, folder: string, proxyUrl: string | undefined, host: FetchHost) {
    this.base = base;
    this.folder = folder;
    this.host = host;
    this.agent = agentFor(base, proxyUrl, true);
  }

  /** @returns whether it is published */
  async get({ name, path, to }: Publication): Promise<boolean> {
    const file = join(this.folder, name);
    const note = `${file}.CHECKSUM`;
    const known = CHECKSUM.exec(await readFile(note, 'utf8').catch(() => ''))?.[1]?.toLowerCase();
    const here = await hashOf(file).catch(() => undefined);
    if (here !== undefined && here === known) return this.keep(file, name);
    if (to > this.host.clock.now()) return false;
    const url = `${this.base}${path}`;
    const text = await fetchText(`${url}.CHECKSUM`, this.agent, this.host);
    if (text === undefined) return false;
    const checksum = CHECKSUM.exec(text.trim())?.[1]?.toLowerCase();
    if (!checksum) throw new QuantStreamError('QS_SOURCE_FAILED', `binance: ${url}.CHECKSUM holds no SHA-256`);
    if (here !== checksum) {
      const bytes = await fetchFile(url, file, checksum, this.agent, this.host);
      if (bytes === undefined) return false;
      this.bytes += bytes;
      this.files.push(file);
      this.host.log.info({ file, bytes }, `fetched ${name}: ${(bytes / 1e6).toFixed(1)} MB`);
    } else this.keep(file, name);
    await writeFile(note, text);
    return true;
  }

  private keep(file: string, name: string): true {
    this.kept++;
    this.files.push(file);
    this.host.log.info({ file }, `kept ${name}: it is here already, and whole`);
    return true;
  }

  close(): void {
    this.agent.destroy();
  }
}

/** @throws QS_CONFIG_VALUE, QS_SOURCE_FAILED */
export async function run(request: FetchRequest, chosen: Options, host: FetchHost): Promise<Fetched> {
  const { from, to } = request;
  const symbol = request.what.toUpperCase();
  const fail = (why: string) => new QuantStreamError('QS_CONFIG_VALUE', `binance: ${why}`);
  if (!/^[\p{L}\p{N}_]{2,40}$/u.test(symbol)) throw fail(`"${request.what}" is no symbol; expected one such as BTCUSDT`);
  if (!(from < to) || (to - from) / DAY > MOST_DAYS) throw fail('expected a stretch of one to 6000 days');
  const wanted = { symbol, stream: chosen.stream, market: chosen.market };
  const folder = join(request.folder, chosen.market);
  makeFolder(folder);
  const { archive } = endpointsOf(chosen);
  const collector = new Collector(archive, folder, chosen.proxy, host);
  const now = host.clock.now();
  const queue = publicationsOf(wanted, from, to, now);
  let done = 0;
  try {
    for (let next = queue.shift(); next; next = queue.shift()) {
      host.signal.throwIfAborted();
      const published = await collector.get(next);
      // The archive of a month comes some days after its end; those of its days are there before.
      if (!published && next.to - next.from > DAY) {
        queue.unshift(...daysOf(wanted, next.from, next.to));
        continue;
      }
      if (!published) {
        const why = next.to > now ? 'that day has not ended' : `nothing at ${archive}${next.path}`;
        collector.absent.push(`${next.name} is not published: ${why}`);
      }
      host.progress(++done, done + queue.length, 'files');
    }
  } finally {
    collector.close();
  }
  const { files, bytes, kept, absent } = collector;
  const found = { connect: 'file', files, symbols: [symbol], stream: chosen.stream, market: chosen.market };
  return { files, bytes, kept, absent, with: found };
}
