import { describe, expect, it } from 'vitest';
import { basis, config, keyOf } from './config.js';
import binance from './index.js';

const messages = (raw: unknown) =>
  config.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the configuration', () => {
  it('wants symbols and no files of a live source', () => {
    expect(messages({ connect: 'live' })).toEqual(['symbols: a live source needs symbols: [BTCUSDT], say']);
    expect(messages({ connect: 'live', symbols: ['BTCUSDT'], files: ['a.csv'] })?.[0]).toContain('reads no files');
    expect(messages({ connect: 'live', symbols: ['BTCUSDT'], endpoints: { rest: 'wss://x' } })?.[0]).toContain(
      'https://api.binance.com',
    );
  });

  it('refuses what cannot be meant', () => {
    expect(messages({ connect: 'flie:x.csv' })?.[0]).toContain('expected live, file:PATH');
    expect(messages({ connect: 'file' })?.[0]).toContain('no file is named');
    expect(messages({ connect: 'file:' })?.[0]).toContain('no file is named');
    expect(messages({ connect: 'simulator', files: ['a.csv'] })?.[0]).toContain('reads no files');
    expect(messages({ connect: 'simulator', symbols: ['BTC/USDT'] })?.[0]).toContain('such as BTCUSDT');
    expect(messages({ connect: 'simulator', simulator: { start: '1999-01-01' } })?.[0]).toContain('2009');
    expect(messages({ connect: 'simulator', simulator: { speed: 2 } })?.[0]).toContain('speed');
  });

  it('has a default for everything but the connection', () => {
    expect(config.parse({ connect: 'simulator' })).toMatchObject({ stream: 'aggTrade', market: 'spot', simulator: { seed: 1 } });
    expect(config.parse({ connect: 'file', files: ['a.csv'], symbols: ['btcusdt'] }).symbols).toEqual(['BTCUSDT']);
  });

  it('keeps the keys of spot pairs and futures apart', () => {
    expect(keyOf('BTCUSDT', 'spot')).toBe('BTCUSDT');
    expect(keyOf('BTCUSDT', 'usdm')).toBe('BTCUSDT-PERP');
    expect(keyOf('BTCUSDT_250926', 'usdm')).toBe('BTCUSDT_250926');
  });
});

describe('what a cursor depends on', () => {
  const of = (raw: unknown) => JSON.stringify(basis(config.parse(raw)));

  it('is the stream and not the way to it when live', () => {
    const live = { connect: 'live', symbols: ['BTCUSDT'] };
    const other = {
      proxy: 'http://a:b@c:1',
      endpoints: { rest: 'https://x.example' },
      apiKey: 'k',
      backfill: '1h',
      catchUp: '2h',
    };
    expect(of({ ...live, ...other, symbols: ['ETHUSDT'] })).toBe(of(live));
    expect(of({ ...live, stream: 'trade' })).not.toBe(of(live));
    expect(of({ ...live, market: 'usdm' })).not.toBe(of(live));
  });

  it('is which recording, and which simulated exchange', () => {
    expect(of({ connect: 'file:a.csv' })).not.toBe(of({ connect: 'file:b.csv' }));
    const seeded = (simulator: object) => of({ connect: 'simulator', simulator });
    expect(seeded({ seed: 1 })).not.toBe(seeded({ seed: 2 }));
    expect(seeded({ realTime: true })).toBe(seeded({ realTime: false }));
  });
});

describe('an end', () => {
  const endless = (settings: object) => binance.endless?.(binance.config.parse(settings));

  it('is there in recordings and where the simulator is given a duration', () => {
    expect(endless({ connect: 'file:./a.csv' })).toBeUndefined();
    expect(endless({ connect: 'simulator', simulator: { duration: '1d' } })).toBeUndefined();
    expect(endless({ connect: 'simulator' })).toContain('simulator.duration');
    expect(endless({ connect: 'live', symbols: ['BTCUSDT'] })).toContain('engine fetch');
  });
});
