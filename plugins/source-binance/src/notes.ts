/** The end of the reference page. */
export const notes = `
## Live

\`\`\`yaml
source: { use: binance, with: { connect: live, symbols: [BTCUSDT], stream: aggTrade, backfill: 2h } }
\`\`\`

Frames come from combined streams, as many connections as the symbols need. Each is replaced, without a break, before the exchange ends it
after 24 hours or when it announces a \`serverShutdown\`; one on which nothing arrives is asked for a sign of life and then given up. Attempts
to connect pause ever longer, with jitter, and stay below the exchange's 300 in five minutes.

The trades of each symbol are put into the order of their ids, each once. What is missing is fetched over REST: \`aggTrades\` or
\`historicalTrades\`, 1,000 ids a request. \`quantstream_repaired_total\` counts it. What cannot be had is raised as missing, with its ends
and its count, in front of what follows. A live source never declares its ids contiguous: it has seen to that itself.
Where the ids of the single trades in aggregated ones jump (below), that is told as well.

| | spot | USD-M |
| --- | --- | --- |
| streams | \`wss://data-stream.binance.vision\` | \`wss://fstream.binance.com/market\` |
| requests | \`https://data-api.binance.vision\`; for \`stream: trade\` \`https://api.binance.com\` | \`https://fapi.binance.com\` |
| weight of 1,000 \`aggTrades\` | 4 | 20 |
| weight of 1,000 \`historicalTrades\` | 25 | 20, and needs \`apiKey\` |
| weight per minute (the exchange says it at start) | 6,000 | 2,400 |

With \`stream: trade\` two hours of a busy market are hundreds of requests at 25 each; \`aggTrade\` is six times as cheap. A 429 or a 418 is waited
out to the second that the exchange names, though no gap stays open for longer than \`limits.giveUp\`. 451 and 403 mean that it refuses this address: name other \`endpoints\`, or a \`proxy\`.

**Event time.** At least every 100 ms the source says how far time has come: our clock less the longest delay between stamp and arrival of
the last half minute to minute, and 25 ms. So bars close when nobody trades, for as long as the symbol is silent now and then: its longest silence of the last ten minutes, or of its last twenty trades.
When it is silent for longer, time stands; when that lasts for more than a second, the exchange is asked over REST. "Nothing more" proves the silence, and time goes on; trades that the stream
did not tell are fetched, and time stands at the last of them until the next. Questions take half of the request weight at most, and grow rarer while a silence lasts;
where the exchange refuses to answer, the silence is believed for ten minutes.
After this process stood still, time stands until every connection has answered a ping: what was sent before that answer has been read by then.
 While a connection is down or a gap is being closed it stands still. Other symbols wait
for one that has a gap, because event time is one for all and what comes behind it is stored and not judged; after \`limits.hold\` they go on.

**Going on.** The cursor is JSON: \`{"kind":"live","market","stream","since","keys":{"BTCUSDT":[id, time]}}\`,
and with \`stream: aggTrade\` on spot \`singles\`, the last single trade of each. What was traded since is fetched
by id and joined to the stream; what lies further back than \`catchUp\` is given up as missing.

**When the engine is slow**, trades wait in a buffer of \`limits.buffer\`; beyond it the newest are let go and fetched again when there is room.

Metrics: \`source_latency_seconds\` (stamp to arrival, by two clocks), \`source_clock_skew_seconds\`, \`source_connections\`,
\`source_reconnects_total\`, \`source_request_weight\`, \`source_waiting\`.

## Fetching

\`engine fetch binance BTCUSDT 2024-08-01..2024-08-07 --with stream=trade --with market=usdm\` brings the archives of whole days, or of whole months,
from [data.binance.vision](https://data.binance.vision), checks each against its SHA-256, and goes on where a download was cut off.
\`engine train --from binance:BTCUSDT:7d\` fetches the last seven whole days and trains on them.

## Recordings

Recognised by their content, not by their names:

| what | where it comes from |
| --- | --- |
| \`aggTrades\` and \`trades\`, csv or zip, with or without header, milli- or microsecond stamps, spot and USD-M | [Binance's public data](https://github.com/binance/binance-public-data) |
| \`klines\`, csv or zip, with or without header, with \`observations: bar\` | the same |
| web-socket frames, one a line, bare or of a combined stream | [the trade streams](https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams) |
| a csv with a header that names time, price and quantity (and symbol, id, side of the taker: \`buy\` or \`sell\`) in one of the usual ways, with or without a nameless first column | anybody |

Klines become observations of type \`bar\`: open, high, low, close, volume, length, and where they are given turnover, trades and taker_buy_volume. They are stamped with their last moment, when they are known: so nothing
is told before it happened, and a bar of features holds each kline whole.

\`\`\`yaml
source: { use: binance, with: { connect: "file:BTCUSDT-1m-*.zip", observations: bar } }
features: { use: market, with: { input: bars, bar: 1m, columns: [rsi_14, log_volume_ratio_20, volume_imbalance] } }
\`\`\`

Each may be gzipped; of a zip archive every recording is read, and what systems leave beside them is passed over. Several files of one symbol are read in the order of their
first trades, several symbols are merged by event time.

Trades come in order of time, or within \`time.lateness\` of it: then they are sorted. Single ones that are further behind are counted as late;
where they are a third of all, or of the latest ones (newest first, ranges of time in turn), the run ends at the first batch that shows it,
with file and line; \`order: sort\` sorts everything by time and id first, and repeats are dropped by their ids.

A file of which none of the first lines can be read is refused with the reason and what would help.
Files of one symbol may overlap, a month and one of its days: what an earlier file has told, by id and time, is passed over.
Aggregated trades of spot carry the ids of the first and the last single trade in them.
Where aggregates follow one another and those ids do not, single trades are lost: that is raised as missing (\`trade ids jump\`), with their count, from the time of the aggregate before to that of the one behind, and in front of it.
Repeats, jumps of the aggregates themselves (which are told anyway) and ranges of −1 say nothing of single trades; nor do those of USD-M, where liquidations and the insurance fund use up ids.
What has a quantity of 0 is handed over under its id, so that nobody takes it for lost; it is no trade, and no bar counts it.

Frames of futures are told by \`nq\` or \`X\`, those of spot by \`M\`; where \`market\` is the other they are refused. COIN-M contracts (\`BTCUSD_PERP\`, \`BTCUSD_240628\`) count contracts and not coins: they
are refused by name. A csv of futures does not say so: there \`market\` is believed.

A recording that grew is read on where reading stopped; one that was cut or replaced is refused, and so is one that begins before the one where reading stopped and was not
there then.

## What is dropped, by reason

| reason | meaning |
| --- | --- |
| \`bad_line\` | a line that cannot be read, or lacks a column |
| \`bad_price\`, \`bad_quantity\` | not a number, below 0 (a price: or 0), or above 10¹⁵ |
| \`bad_time\` | no time, before 2009, or more than a day ahead of the clock |
| \`bad_frame\` | a frame or a row that is not JSON, or lacks what a trade has |
| \`frame_too_large\` | a line above 1 MB, skipped in constant memory; live: a frame above \`limits.frameBytes\`, whose trades are fetched |
| \`not_market\` | a USD-M frame that is no market trade (\`X\` is not \`MARKET\`) |
| \`other_event\` | a frame of another stream or symbol |
| \`other_market\` | a frame of another market, or a COIN-M contract |
| \`truncated_file\` | an archive that ends early; what came before is used |

## The simulated exchange

How it works, how it compares with recorded trades, and its six kinds of labelled anomalies: [docs/simulator.md](../../docs/simulator.md).
`;
