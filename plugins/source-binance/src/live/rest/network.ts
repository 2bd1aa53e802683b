import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { messageOf } from '@quantstream/engine';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { Config } from '../../config.js';

/** Where everything is, for one configuration. */
export interface Endpoints {
  readonly websocket: string;
  readonly rest: string;
  /** Path of the REST interface: `/api/v3`. */
  readonly restPath: string;
  readonly archive: string;
}

/**
 * The exchange's addresses. Spot market data has hosts of its own; they lack `historicalTrades`. USD-M streams of trades moved to `/market`
 * in April 2026.
 */
export function endpointsOf(config: Pick<Config, 'market' | 'stream' | 'endpoints'>): Endpoints {
  const { market, stream, endpoints } = config;
  const archive = endpoints.archive ?? 'https://data.binance.vision';
  if (market === 'usdm') {
    return {
      websocket: endpoints.websocket ?? 'wss://fstream.binance.com/market',
      rest: endpoints.rest ?? 'https://fapi.binance.com',
      restPath: '/fapi/v1',
      archive,
    };
  }
  return {
    websocket: endpoints.websocket ?? 'wss://data-stream.binance.vision',
    rest: endpoints.rest ?? (stream === 'trade' ? 'https://api.binance.com' : 'https://data-api.binance.vision'),
    restPath: '/api/v3',
    archive,
  };
}

/** Whether `NO_PROXY` names a host: `*`, a name, or a domain with or without its dot. */
export function bypasses(noProxy: string | undefined, host: string): boolean {
  return (noProxy ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      const domain = entry
        .toLowerCase()
        .replace(/:\d+$/, '')
        .replace(/^\*?\./, '');
      return entry === '*' || host === domain || host.endsWith(`.${domain}`);
    });
}

/** The proxy for an address, if any; the environment's is one for encrypted connections. Never to be shown: it may hold a password. */
export function proxyFor(url: string, configured: string | undefined, environment = process.env): string | undefined {
  if (configured !== undefined) return configured;
  const proxy = environment.HTTPS_PROXY ?? environment.https_proxy;
  if (!proxy || !URL.canParse(proxy) || !/^(?:https|wss):/.test(url)) return undefined;
  return bypasses(environment.NO_PROXY ?? environment.no_proxy, new URL(url).hostname.toLowerCase()) ? undefined : proxy;
}

/** What connections to an address are made with. */
export function agentFor(url: string, proxy: string | undefined, keepAlive: boolean): Agent {
  const through = proxyFor(url, proxy);
  if (through !== undefined) return new HttpsProxyAgent(through, { keepAlive });
  return /^(?:https|wss):/.test(url) ? new HttpsAgent({ keepAlive }) : new HttpAgent({ keepAlive });
}

/** Says that a connection goes through a proxy, and which: without its login. Empty where there is none. */
export function throughOf(agent: Agent): string {
  return agent instanceof HttpsProxyAgent ? ` through the proxy ${agent.proxy.host}` : '';
}

/** `ENOTFOUND`, or the sentence of an error that has no code. */
export function causeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  if (Array.isArray(errors) && errors.length > 0) return causeOf(errors[0]);
  return messageOf(error);
}

/** What to do about an address that refuses us, by HTTP status; `undefined` for any other status. */
export function refusal(status: number): string | undefined {
  if (status === 451) return 'the exchange does not serve this region: name other endpoints, or a proxy elsewhere';
  if (status === 403) return 'a firewall in front of the exchange refuses us: wait, name other endpoints, or use a proxy';
  if (status === 418) return 'this address is banned for a while after too many requests';
  if (status === 429) return 'too many requests from this address';
  return undefined;
}
