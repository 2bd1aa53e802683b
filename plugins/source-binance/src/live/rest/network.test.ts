import { describe, expect, it } from 'vitest';
import { bypasses, causeOf, endpointsOf, proxyFor } from './network.js';

describe('addresses', () => {
  it('are those of the market and the stream, unless named otherwise', () => {
    const of = (market: 'spot' | 'usdm', stream: 'trade' | 'aggTrade', endpoints = {}) =>
      endpointsOf({ market, stream, endpoints });
    expect(of('spot', 'aggTrade')).toMatchObject({
      websocket: 'wss://data-stream.binance.vision',
      rest: 'https://data-api.binance.vision',
    });
    // Which does not serve historicalTrades.
    expect(of('spot', 'trade').rest).toBe('https://api.binance.com');
    expect(of('usdm', 'trade')).toMatchObject({ websocket: 'wss://fstream.binance.com/market', restPath: '/fapi/v1' });
    expect(of('usdm', 'trade', { rest: 'http://x' }).rest).toBe('http://x');
  });
});

describe('a proxy', () => {
  const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost, .example.org,10.0.0.1' };

  it('is the configured one, else that of the environment for what is encrypted and not excepted', () => {
    expect(proxyFor('wss://stream.binance.com:9443', undefined, environment)).toBe('http://proxy:3128');
    expect(proxyFor('wss://a.example.org', undefined, environment)).toBeUndefined();
    expect(proxyFor('ws://stream.binance.com', undefined, environment)).toBeUndefined();
    expect(proxyFor('ws://localhost', 'http://mine', environment)).toBe('http://mine');
    expect(proxyFor('https://api.binance.com', undefined, {})).toBeUndefined();
  });

  it('is not for hosts that NO_PROXY names', () => {
    for (const [list, host, expected] of [
      ['*', 'x.y', true],
      ['y.org', 'x.y.org', true],
      ['y.org', 'xy.org', false],
      ['*.y.org', 'x.y.org', true],
      ['y.org:443', 'y.org', true],
      ['', 'y.org', false],
    ] as const)
      expect(bypasses(list, host), `${list} ${host}`).toBe(expected);
  });
});

describe('messages', () => {
  it('name the cause', () => {
    expect(causeOf(Object.assign(new AggregateError([]), { errors: [{ code: 'ECONNREFUSED' }] }))).toBe('ECONNREFUSED');
    expect(causeOf(new Error('odd'))).toBe('odd');
  });
});
