/** What the reference page says beyond the configuration. */
export const NOTES = `
## What becomes a row

Each target is asked for its \`/metrics\` once in \`every\`, all of them spread over that time. The samples of one answer that have the same key are one observation; its time is the moment
at which the target was asked, and stamps in the text are not used. Several series of one column are combined (\`sum\`, the default, as for the cores of a host; \`mean\`, \`min\`, \`max\`, \`first\`).
Counters stay as they are: make their rate in the features (\`user_rate\`).

The label \`instance\` is \`host:port\`. It and the \`labels\` of a target win over what the target itself says. Which labels are the key (\`key\`), which metrics are columns and what must hold
of their labels (\`{mode="user",cpu!="0"}\`) is all the relabelling there is.

Both formats are read: the text of Prometheus (0.0.4) and OpenMetrics (1.0), also with quoted names. An OpenMetrics answer that does not end with \`# EOF\` was cut off and is not used, as sums over
half of the series would be wrong. Native histograms are not asked for.

## When a target does not answer

Then there is no row, and time goes on: a target that is away is silent, which \`alarms.silence\` tells. A series that is gone, or \`NaN\`, is a column that the row lacks.
Failed scrapes are counted by target (\`quantstream_scrapes_total{target,fate}\`) and dropped by reason: \`failed_scrape\` (no answer within \`timeout\`, or another status than 200; redirects are
not followed), \`too_large\`, \`cut_off\`. Where no target answers at all the pipeline is not ready and says why.
What is wrong in an answer is counted, and the rest of it is used: \`bad_line\`, \`bad_value\` (infinite), \`missing_key\`, \`bad_key\`, \`too_many_keys\`, \`missing_value\`.

What was to be scraped while the engine did not run is lost; rows go on with the first scrape behind it.
`;
