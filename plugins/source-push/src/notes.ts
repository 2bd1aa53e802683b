/** What the reference page says of formats, rows, answers and time. */
export const NOTES = `
## Where to push

Below the address that the log names at the start, \`http://127.0.0.1:9464/PIPELINE/push\`:

| path | format | taken | must wait |
| --- | --- | --- | --- |
| \`/api/v1/write\` | Prometheus remote-write 1.0 and 2.0 | 204 | 503 |
| \`/v1/metrics\` | OTLP metrics, protobuf or JSON | 200 | 429 |
| \`/write\`, \`/api/v2/write\` | Influx line protocol; \`precision\` as Influx has it | 204 | 429 |
| \`/\`, \`/json\` | JSON: an object a line, or an array of objects | 204 | 429 |

Bodies may be packed with gzip or deflate; remote-write is packed with snappy. Who must wait is told when to come again (\`Retry-After\`). A body that is none is answered 400 and
nothing of it is taken; 413 is too large, 415 another encoding or type. What of a body was not taken is said where the format has a place for it: JSON is then answered 200 with
\`{"taken": 1, "repeated": 0, "refused": 1, "left": 0, "message": "…"}\`, Influx lines 204 with the header \`X-Influxdb-Error\`, OTLP with \`partialSuccess\`. Configurations for Prometheus, Telegraf and the OpenTelemetry collector: [pushing](../../docs/push.md).

## What is a metric, and what a label

| format | metric | labels |
| --- | --- | --- |
| remote-write | \`__name__\` | the others |
| OTLP | the name; of a histogram or summary \`NAME_count\`, \`NAME_sum\`, \`NAME_min\`, \`NAME_max\` | attributes of the resource and of the point; \`temporality="delta"\` where sums are no totals |
| Influx | \`MEASUREMENT.FIELD\` | tags |
| JSON | a field; a dot leads into an object | the other fields; of a field that is called as a series is (\`cpu_total{mode="user"}\`) also those in its name |

Metrics are named as they are in the data, with labels as in PromQL: \`node_cpu_seconds_total{mode="user"}\`, \`=\`, \`!=\`, \`=~\` and \`!~\`. A column that is not named is called by
its metric and the values of its labels, in small letters, with \`_\` for whatever is no letter or digit: \`system.cpu.pct\` is \`system_cpu_pct\`, that one above is
\`node_cpu_seconds_total_user\`. Series of other metrics are left out and counted (\`quantstream_pushed_samples_total{fate="unnamed"}\`); a push of which nothing is a column is
told in the log, with the names that came.

Counters are passed on as they are. Their rate is made by the features: \`cpu_rate\` of \`window\`, which knows that a counter begins anew.
That is right where the series of a key stay the same. Where they come and go, as the pods of a workload do, their sum falls with each that goes, and would be taken for a counter that began anew.
There say \`kind: rate\`: growth per second of each series by itself, then combined. The first sample of a series has no rate, also the first one behind a restart of the engine. Deltas of OTLP are growth already: theirs is what they say by the time since the one before.
Native histograms and exemplars are not taken.

## How samples become observations

- **The key** is the value of the label \`key\`, or of several, joined by \`/\`; with \`tenants\` the tenant stands before it. A series without one of them is refused.
- **Samples of one key and one time are one observation**, whichever requests they come in. All samples of a scrape have one time. With \`round\` times are rounded down first,
  for senders whose metrics are stamped a little apart.
- **Several series in one column**, such as the cores of a host, are added up, or as \`combine\` says.
- **An observation is handed on** as soon as it has as many samples as the last one of its key. The first one of a key, and one with fewer samples, wait until nothing has come for
  \`join\`. Observations come in order of time, over all keys: one that is not whole holds back what is later than it by more than \`time.lateness\`. What comes for one that was handed on is dropped as \`late\`, and the next one waits for it.
- **A JSON object is one observation** and waits for nothing.
- **Times** are whole milliseconds; what is stamped more finely is rounded down.
- **Repeats** are known by series and time, after a restart by key and time, and dropped.
- **A stale marker, NaN, or a point without a recorded value** is no value. An observation of nothing else is none: the key is silent from then on.
- What is further ahead of our clock than \`time.maxAhead\` is refused.

## Time

Time goes by what is pushed, and not by the clock. So history may be sent with its own times,
in order of time and all keys together, and a sender that was cut off for a while is not taken for silent: it brings what it kept. Once nobody has pushed for \`quiet\`, time goes on
by the clock, and what is still silent is. What is older than the latest observation that was handed on, by more than
\`time.lateness\`, is dropped as \`late\`: where several targets are scraped, scrapes overlap, and where Prometheus has several shards, one may be behind the others, so give \`time.lateness\` some
seconds then.

## What survives

With \`ack: buffer\` a push is answered when it stands in memory; what was not judged when the process ends is lost, at most \`buffer\` observations.
With \`ack: sink\` it is answered when the checkpoint that holds its last sample is written: within \`checkpoint.every\`, and \`join\` where something is missing. A killed engine then loses
nothing, as whoever pushed sends it again. It makes senders slow that wait for one answer before they send the next: allow them several connections, or larger bodies.
`;
