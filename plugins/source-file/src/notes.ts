/** What the reference page says beyond the configuration. */
export const NOTES = `
## Files

- **Patterns:** \`*\` and \`?\` stay within a name, \`**\` is any number of folders. With \`keyFrom: path\` (the default without \`key\`) the key is what follows the
  fixed part: \`metrics/**/*.csv.gz\` makes \`eu/web-1.csv\` of \`metrics/eu/web-1.csv.gz\`.
- **CSV** is that of RFC 4180: quotes around cells with delimiters, quotes (doubled) or ends of line; UTF-8; a row has as many cells as the header.
- **JSON Lines:** \`system.cpu.user\` is that name, or else the objects within objects.
- **Parquet** is read a row group at a time, which is then in memory; compressed by any of the usual codecs. Timestamps need no unit.
- Text is streamed; files that are merged by time are opened when their turn comes, so daily files need no more memory than one.

## What happens to bad rows

They are counted by reason and the rest goes on: \`bad_line\` (no row: cells missing or too many, an open quote, not JSON), \`bad_time\`, \`bad_value\` (not a number),
\`missing_value\` (of a value that is not optional), \`missing_key\`, \`bad_sequence\`, \`broken_file\` (nothing can be read from there on). A row that is not sorted is passed on
with its time: \`time.lateness\` of the pipeline says how long the engine waits for such. A missing file or column is refused before anything runs.

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

Bytes (rows of Parquet) and lines taken of each file that was begun, and the number of rows handed over, which is the sequence of the last one. A file may grow between two
runs; one that became shorter or is gone is refused.
`;
