import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameParser, FrameWriter } from './frames.js';

describe('frames', () => {
  it('are read back as they were written, of either stream and market', () => {
    const amount = fc.integer({ min: 1, max: 10 ** 12 }).map((units) => Number((units / 1e5).toFixed(5)));
    const trade = fc.record({
      stream: fc.constantFrom('trade' as const, 'aggTrade' as const),
      market: fc.constantFrom('spot' as const, 'usdm' as const),
      id: fc.nat(),
      price: amount,
      quantity: amount,
      time: fc.integer({ min: 1_300_000_000_000, max: 4_000_000_000_000 }),
      maker: fc.boolean(),
      first: fc.nat(),
      count: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(trade, ({ stream, market, id, price, quantity, time, maker, first, count }) => {
        const parser = new FrameParser(stream);
        const text = new FrameWriter('BTCUSDT', stream, market).write(
          id,
          price,
          quantity,
          time,
          maker,
          first,
          first + count - 1,
          time + 1,
        );
        expect(parser.parse(text)).toBeUndefined();
        expect(parser).toMatchObject({ symbol: 'BTCUSDT', id, price, quantity, time, buyerIsMaker: maker ? 1 : 0 });
        expect(parser.trades).toBe(stream === 'aggTrade' ? count : Number.NaN);
      }),
    );
  });

  it('never make the parser throw, whatever JSON they are', () => {
    const parser = new FrameParser('aggTrade');
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parser.parse(text)).toMatch(/^(bad_frame|other_event)$/);
        expect(parser.parse(`{"e":"aggTrade","s":${text},"a":${text},"p":${text},"q":${text},"T":${text}}`)).toBeDefined();
      }),
    );
  });
});
