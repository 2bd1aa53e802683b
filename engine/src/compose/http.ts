// The address where a pipeline is asked how it is.

import type { HttpServer } from '../ports/http.js';
import type { Telemetry } from '../vitals/telemetry.js';
import type { Outside } from './container.js';

/** Loaded on demand: fastify is a third of what the process needs to start. */
export async function openHttp(listen: string): Promise<HttpServer> {
  const { FastifyHttp } = await import('../adapters/fastify-http.js');
  return new FastifyHttp(listen);
}

/** Answers for health and metrics from now on. */
export async function listen(http: HttpServer | undefined, telemetry: Telemetry, { log, metrics }: Outside): Promise<void> {
  if (!http) return;
  const url = await http.listen({
    readiness: () => telemetry.readiness(),
    metrics: async () => {
      telemetry.refresh();
      return { contentType: metrics.contentType, body: await metrics.expose() };
    },
  });
  log.info({ url }, `metrics and health at ${url}/metrics, ${url}/ready and ${url}/live`);
}
