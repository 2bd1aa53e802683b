// The process around the pipelines.

import type { LogSettings } from '../adapters/pino-log.js';
import type { Clock } from '../api/index.js';
import { systemClock } from '../ports/clock.js';
import type { HttpServer, Readiness } from '../ports/http.js';
import { type LogPort, silentLog } from '../ports/log.js';
import { type MetricsPort, unheardMetrics } from '../ports/metrics.js';
import type { Telemetry } from '../vitals/telemetry.js';

/** What the process around the pipelines provides. */
export interface Outside {
  readonly clock: Clock;
  readonly log: LogPort;
  readonly metrics: MetricsPort;
  /** Where its pipelines are asked how they are; by itself each has its own. */
  readonly addresses?: Addresses;
  /** How long a shutdown waits for the sinks, ms. */
  readonly graceMs?: number;
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

/** An address, and who is asked there, by name. */
interface Open {
  readonly server: HttpServer;
  readonly asked: Map<string, Telemetry>;
  readonly url: Promise<string>;
  /** Pipelines that still run. */
  running: number;
}

/** Answers for health and metrics; pipelines that name one address share it. */
export class Addresses {
  private readonly open = new Map<string, Open>();

  /** Answers for a pipeline from now on. @returns ends that; of one that failed it is still said that it does not run */
  async answer(
    listen: string,
    pipeline: string,
    telemetry: Telemetry,
    { log, metrics }: { readonly log: LogPort; readonly metrics: MetricsPort },
  ): Promise<(failed: boolean) => Promise<void>> {
    let open = this.open.get(listen);
    if (!open) {
      const { FastifyHttp } = await import('../adapters/fastify-http.js');
      open = this.open.get(listen) ?? openWith(new FastifyHttp(listen), metrics);
      this.open.set(listen, open);
    }
    open.asked.set(pipeline, telemetry);
    open.running++;
    const leave = async (failed: boolean) => {
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
    return leave;
  }
}

function openWith(server: HttpServer, metrics: MetricsPort): Open {
  const asked = new Map<string, Telemetry>();
  const url = server.listen({
    readiness: () => together(asked),
    metrics: async () => {
      for (const telemetry of asked.values()) telemetry.refresh();
      return { contentType: metrics.contentType, body: await metrics.expose() };
    },
  });
  return { server, asked, url, running: 0 };
}

function together(asked: ReadonlyMap<string, Telemetry>): Readiness {
  const [first, ...others] = asked;
  if (first && others.length === 0) return first[1].readiness();
  const reasons = [...asked].flatMap(([pipeline, one]) => one.readiness().reasons.map((reason) => `${pipeline}: ${reason}`));
  return { ready: reasons.length === 0, reasons };
}
