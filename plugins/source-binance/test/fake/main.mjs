// The fake exchange by hand: node plugins/source-binance/test/fake/main.mjs --trades-per-second 800 --symbols BTCUSDT,ETHUSDT
// Prints its addresses as one line of JSON, then trades until it is ended. Faults: GET /fake/disconnect and the like (see exchange.mjs).
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { FakeExchange } from './exchange.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    symbols: { type: 'string', default: 'BTCUSDT' },
    market: { type: 'string', default: 'spot' },
    'trades-per-second': { type: 'string', default: '100' },
    burst: { type: 'string' },
    frames: { type: 'string' },
    faults: { type: 'string' },
    keep: { type: 'string', default: '1000000' },
  },
});

const span = (/** @type {string} */ text) =>
  Number.parseFloat(text) * (text.endsWith('ms') ? 1 : text.endsWith('m') ? 60_000 : 1_000);
const [rate, length, every] = values.burst?.split(':') ?? [];
const exchange = new FakeExchange({
  symbols: values.symbols.split(','),
  market: values.market === 'usdm' ? 'usdm' : 'spot',
  tradesPerSecond: values.frames ? 0 : Number(values['trades-per-second']),
  ...(rate ? { burst: { tradesPerSecond: Number(rate), lengthMs: span(length ?? '10s'), everyMs: span(every ?? '60s') } } : {}),
  keep: Number(values.keep),
});
// lose=0.001,duplicate=0.01: as the control endpoint takes them.
exchange.set(
  Object.fromEntries(
    (values.faults ?? '')
      .split(/[,&]/)
      .filter(Boolean)
      .map((fault) => fault.split('=')),
  ),
);
console.log(JSON.stringify(await exchange.listen(Number(values.port))));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void exchange.close().then(() => process.exit(0)));

if (values.frames) {
  const bytes = readFileSync(values.frames);
  const lines = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8').split('\n').filter(Boolean);
  const perTick = Math.max(1, Math.round(Number(values['trades-per-second']) / 100));
  // The recording is played once somebody listens.
  while (exchange.clients.size === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  for (let i = 0; i < lines.length; i += perTick) {
    for (const line of lines.slice(i, i + perTick)) exchange.play(line);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
