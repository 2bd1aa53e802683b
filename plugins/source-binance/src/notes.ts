/** The end of the reference page. */
export const notes = `
## Recordings

Recognised by their content, not by their names:

| what | where it comes from |
| --- | --- |
| \`aggTrades\` and \`trades\`, csv or zip, with or without header, milli- or microsecond stamps, spot and USD-M | [Binance's public data](https://github.com/binance/binance-public-data) |
| web-socket frames, one a line, bare or of a combined stream | [the trade streams](https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams) |
| a csv with a header that names time, price and quantity (and symbol, id, side) in one of the usual ways | anybody |

Each may be gzipped. Several files of one symbol are read in the order of their first trades, several symbols are merged by event time.

## What is dropped, by reason

| reason | meaning |
| --- | --- |
| \`bad_line\` | a line that cannot be read, or lacks a column |
| \`bad_price\`, \`bad_quantity\` | not a number, not above 0, or above 10¹⁵ |
| \`bad_time\` | no time, before 2009, or more than a day ahead of the clock |
| \`bad_frame\` | a frame that is not JSON |
| \`frame_too_large\` | a line above 1 MB, skipped in constant memory |
| \`not_market\` | a USD-M frame that is no market trade (\`X\` is not \`MARKET\`) |
| \`other_event\` | a frame of another stream |
| \`truncated_file\` | an archive that ends early; what came before is used |

## The simulated exchange

How it works, how it compares with recorded trades, and its six kinds of labelled anomalies: [docs/simulator.md](../../docs/simulator.md).
`;
