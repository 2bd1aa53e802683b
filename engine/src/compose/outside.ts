// The process around the pipelines.

import { randomBytes } from 'node:crypto';
import type { FastifyHttp } from '../adapters/http/fastify-http.js';
import { isLoopback } from '../adapters/http/guard.js';
import type { LogSettings } from '../adapters/pino-log.js';
import type { Clock, Door } from '../api/index.js';
import type { Taught } from '../judge/lessons/lessons.js';
import { systemClock } from '../ports/clock.js';
import type { HttpServer, Readiness } from '../ports/http.js';
import type { Change } from '../ports/labels.js';
import { type LogPort, silentLog } from '../ports/log.js';
import { type MetricsPort, unheardMetrics } from '../ports/metrics.js';
import type { Listening } from '../spec/planned.js';

/** What the process around the pipelines provides. */
export interface Outside {
  readonly clock: Clock;
  readonly log: LogPort;
  readonly metrics: MetricsPort;
  /** Where its pipelines are asked how they are; by itself each has its own. */
  readonly addresses?: Addresses;
  /** How long a shutdown waits for the sinks, ms. */
  readonly graceMs?: number;
  /** What people said of episodes of this stream, where a run over it keeps no labels of its own. */
  readonly said?: readonly Change[];
  /** What keys are taught from the start, in place of what was said: a run that asks what would have been. */
  readonly taught?: ReadonlyMap<string, readonly Taught[]>;
}

/** The clock of this process, its log where there is one, and its metrics where somebody can ask for them. */
export async function processOutside(log: LogSettings, { heard = false } = {}): Promise<Outside> {
  return {
    clock: systemClock,
    log: log.level === 'silent' ? silentLog : await processLog(log),
    addresses: new Addresses(),
    metrics: heard ? await processMetrics() : unheardMetrics,
  };
}

async function processLog(settings: LogSettings): Promise<LogPort> {
  const { pinoLog } = await import('../adapters/pino-log.js');
  return pinoLog(settings);
}

async function processMetrics(): Promise<MetricsPort> {
  const { PrometheusMetrics } = await import('../adapters/prometheus.js');
  return new PrometheusMetrics().withProcess();
}

/** How a pipeline answers for its health. */
export interface Asked {
  refresh(): void;
  readiness(): Readiness;
}

/** A pipeline that answers at an address. */
export interface Answering extends Door {
  /** Ends it; of one that failed it is still said that it does not run. */
  leave(failed: boolean): Promise<void>;
}

/** An address, and who is asked there, by name. */
interface Open {
  readonly server: HttpServer;
  readonly asked: Map<string, Asked>;
  readonly url: Promise<string>;
  /** What opens the pages that are mounted, where something does. */
  readonly token: string | undefined;
  /** Pipelines that still run. */
  running: number;
}

/** Answers for health and metrics; pipelines that name one address share it. */
export class Addresses {
  private readonly open = new Map<string, Open>();

  /** Answers for a pipeline from now on. */
  async answer(
    http: Listening,
    pipeline: string,
    asked: Asked,
    { log, metrics }: { readonly log: LogPort; readonly metrics: MetricsPort },
  ): Promise<Answering> {
    const { listen } = http;
    let open = this.open.get(listen);
    if (!open) {
      const { FastifyHttp } = await import('../adapters/http/fastify-http.js');
      open = this.open.get(listen) ?? openWith(http, FastifyHttp, metrics);
      this.open.set(listen, open);
    }
    open.asked.set(pipeline, asked);
    open.running++;
    const mounted: (() => void)[] = [];
    const leave = async (failed: boolean) => {
      for (const end of mounted) end();
      if (!failed) open.asked.delete(pipeline);
      if (--open.running > 0) return;
      this.open.delete(listen);
      await open.server.close();
    };
    try {
      const url = await open.url;
      log.info({ url }, `metrics and health at ${url}/metrics, ${url}/ready and ${url}/live`);
    } catch (error) {
      await leave(true);
      throw error;
    }
    const { server, token, url } = open;
    return {
      leave,
      mount: async (prefix, handler, machines) => {
        const path = `/${encodeURIComponent(pipeline)}/${prefix}`;
        mounted.push(server.mount(path, handler, machines));
        if (machines?.tokens.length === 0 && token !== undefined)
          log.warn(
            { path },
            `whoever speaks to ${path} needs the token of the pages, http.token: set one that is for this alone`,
          );
        return `${await url}${path}/${token === undefined || machines ? '' : `?token=${token}`}`;
      },
    };
  }
}

/** Token of a page that others can reach, bytes. */
const TOKEN = 24;

function openWith(
  { listen, token: given, userHeader, orAnother = false }: Listening,
  Server: typeof FastifyHttp,
  metrics: MetricsPort,
): Open {
  const loopback = isLoopback(listen.slice(0, listen.lastIndexOf(':')));
  const needed = !loopback && userHeader === undefined;
  const token = given ?? (needed ? randomBytes(TOKEN).toString('base64url') : undefined);
  const access = { loopback, ...(token === undefined ? {} : { token }), ...(userHeader === undefined ? {} : { userHeader }) };
  const server = new Server(listen, access, orAnother);
  const asked = new Map<string, Asked>();
  const url = server.listen({
    readiness: () => together(asked),
    metrics: async () => {
      for (const one of asked.values()) one.refresh();
      return { contentType: metrics.contentType, body: await metrics.expose() };
    },
  });
  return { server, asked, url, token, running: 0 };
}

function together(asked: ReadonlyMap<string, Asked>): Readiness {
  const [first, ...others] = asked;
  if (first && others.length === 0) return first[1].readiness();
  const reasons = [...asked].flatMap(([pipeline, one]) => one.readiness().reasons.map((reason) => `${pipeline}: ${reason}`));
  return { ready: reasons.length === 0, reasons };
}
