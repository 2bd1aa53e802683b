/** What the reference page says beyond the configuration. */
export const NOTES = `
## Files

- **Patterns:** \`*\` and \`?\` stay within a name, \`**\` is any number of folders. With \`keyFrom: path\` (the default without \`key\`) the key is what follows the
  fixed part: \`metrics/**/*.csv.gz\` makes \`eu/web-1.csv\` of \`metrics/eu/web-1.csv.gz\`.
- **CSV** is that of RFC 4180: quotes around cells with delimiters, quotes (doubled) or ends of line; UTF-8; a row has as many cells as the header.
  A column without a name (the index that pandas writes) is ignored.
- **JSON:** an object a line, or one array of objects, which is streamed; \`system.cpu.user\` is that name, or else the objects within objects.
- **Parquet** is read a row group at a time, which is then in memory; compressed by any of the usual codecs. Timestamps need no unit.
- **Packed files:** gzip and zip are told by the first bytes. A zip archive is a folder: all its tables are read, each as \`all.zip/part-1.csv\`.
- What systems leave beside data (\`__MACOSX\`, \`._…\`, \`.DS_Store\`, \`Thumbs.db\`, \`desktop.ini\`) is passed over, in folders and in archives.
- **Names are in natural order**, \`part-9\` before \`part-10\`.
- **Pipes:** \`path: "-"\` (\`--set source.with.path=-\`) is standard input, and a FIFO is read like it, packed or not; its format is told by the first bytes. It ends where the writer ends, and cannot be
  resumed: the guarantee is \`at-most-once\`. Looking at it begins when the run begins.
- Text is streamed; files that are merged by time are opened when their turn comes, so daily files need no more memory than one.

## Order

Rows come in order of time, of one file and of all together. What is out of order within \`time.lateness\` of the pipeline is sorted (of equal times as they stand). Single
rows that are further behind, or that jump ahead, are left to the engine, which counts them as late or ahead. Where they are a third of all rows, or of the latest ones, there
is no order, and the run ends at the first batch that shows it, with file and line: newest first, an export host by host, ranges of time in turn, or files that overlap under
\`order: name\`.

\`order: sort\` sorts everything by time first. It takes one pass over all files before anything is judged, and about as much room in the temporary folder (\`TMPDIR\`) as the
rows take unpacked; memory stays bounded.

## Words for numbers

\`\`\`yaml
source:
  use: file
  with:
    path: ./binance_trades_2024-09-01_BTCUSDT.csv.gz
    time: timestamp
    key: symbol
    type: trade
    values: { price: price, quantity: amount, buyer_is_maker: side }
    words: { buyer_is_maker: { buy: 0, sell: 1 } }
\`\`\`

reads the trades of Tardis, cryptofeed and ccxt, whose \`side\` is a word.

## What happens to bad rows

They are counted by reason and the rest goes on: \`bad_line\` (no row: cells missing or too many, an open quote, not JSON), \`bad_time\`, \`bad_value\` (not a number, or none
of the \`words\`), \`missing_value\` (of a value that is not optional), \`missing_key\`, \`bad_sequence\`, \`broken_file\` (nothing can be read from there on; of an archive it
names the file in it).

A file of which none of the first rows can be read is refused before anything runs, with the reason and what would help: dates whose month and day could be either way round,
separators between thousands, decimal commas, units behind numbers. So is a missing file or column.

## What the file sink writes

Observations that a \`file\` sink wrote as JSON Lines are read back by

\`\`\`yaml
source:
  use: file
  with:
    path: ./observations.jsonl
    only: { what: observation, type: trade }
    time: time
    timeUnit: ms
    key: key
    sequence: sequence
    type: trade
    values: { price: values.price, quantity: values.quantity }
\`\`\`

and its CSV with \`values: [price, quantity]\` and without \`what\`.

## The saved position

For each file that was begun: bytes (of packed files those that were unpacked, of Parquet rows) and lines taken, and what the file is recognised by there, its first 1,024
bytes and the 256 before the place. And how many rows were handed over, which is the sequence of the last one.

| since the last run | then |
| --- | --- |
| a file grew | it is read on exactly there, also if it had been read to its end |
| its last line had no newline | it was taken; what was added to it since is left out and counted as \`bad_line\` |
| … and could not be read | it is read again, whole |
| a file is shorter, or another one under the same name | refused by name: put it back, give what is new another name, or \`--reset-state\` |
| a new file matches the pattern | it is read; rows that are older than what was handed over are out of order |
| a file of a pattern is gone | fine if it had been read to its end, else refused; a path that names one file must lead to it |

Nothing is read while the engine does not run: a source of files ends at the end of its files.

## Files that grow

With \`follow: true\` files are read as they grow, and the run never ends. A row is taken once its line is whole.

\`\`\`yaml
source:
  use: file
  with: { path: /var/log/pump/*.csv, follow: true, time: Timestamp, key: pump, values: [Volume_Flow_RateRMS, system.cpu.pct] }
\`\`\`

- **Rotation:** a file is known by its device, its number and when it was made, and by its first bytes and those before the place. Renamed, it is read to its end and for 10 s more; then what has its name now.
  Generations that came and went meanwhile (\`x.log.2\`, \`x.log-20260101.gz\`) are found beside it, packed or not, and read in between.
- **Copied and cut** (copytruncate): what was not read yet comes from the copy; then the file is read from its beginning. A csv that goes on without its header keeps the columns that it had.
- **Cut or replaced without a copy, or gone:** it is read from its beginning, and \`lost_file\` is counted, as nobody knows what it held besides: no silence is judged of that stretch.
- **New files** of a pattern are found within a second. A file that is not there yet, or not any more, is waited for; \`/ready\` says so. Each file that is followed takes a file handle.
- **Restart:** each file is read on exactly behind the last checkpoint, wherever it is by now. So a crash loses nothing, and what it repeats is known by its place in the stream.
- **Order:** rows of several files are merged by time as far as they are there. What comes behind its time is the engine's to wait for (\`time.lateness\`).
- **Time** goes by the rows. While none come it stands still, as writers may hold lines back. After \`quiet\` it goes on by the clock, if what came last was of now: then the silence of all is one.
- Folders are looked through twice a second, files ten times. Name the file that is written: its generations are found by themselves.

What a program writes to its output needs no file: \`kubectl logs -f x | engine -p mine.yaml\` with \`path: "-"\`. That cannot be resumed.
`;
