/** What the reference page says beyond the configuration. */
export const NOTES = `
## Records

A record is one JSON object; a dot in the name of a field leads into an object (\`system.cpu.pct\`).

With \`registry\` a value begins with the id of its schema, as the serializers of Confluent write it, and is Avro, Protobuf, or JSON that is described by JSON Schema.
Of Protobuf a field that is not sent has its default (0, say), unless its schema lets it be absent (\`optional\`, a message, one of a \`oneof\`); an enum is its name, which \`words\` make a number.
Schemas are asked for when a record names them, with those that they refer to; while the registry does not answer, records wait, and \`/ready\` says so.
A record whose schema the registry does not know is \`bad_record\`. Timestamps, decimals of Avro and wrappers of Protobuf are read as what they are; 64 bits are a number, beyond 2⁵³ not exact.
Tried with Apicurio Registry 2.6.13 (\`/apis/ccompat/v7\`): keys and values in Avro, and Protobuf that imports.
Keys of records are texts, or with \`registry\` what the schema describes that they name: a text, a number, or an object.
Of one that is an object \`key\` names the field, beside \`keyFrom: record\`: \`{ keyFrom: record, key: host }\`; so it does of keys that are JSON, as those of Debezium are.

## Reading

All partitions are read by this process. It is the only member of a consumer group with a name of its own at each start, so that no rebalance takes a partition away;
the login needs the right to read groups whose names begin with \`quantstream-\`.
To share partitions out over processes, put a channel behind the source (\`channel:\`).

Partitions are merged in order of time, as far as all of them have come; \`time.lateness\` of the pipeline should cover what producers send out of order beyond that.
Partitions that are added while it runs are read as well, from their beginning, and a partition whose leader is away is waited for no longer than \`hold\`.

The lag is \`quantstream_kafka_lag_records\`, and the committed offsets of the group \`quantstream-NAME-TOPIC\`, which nobody reads.

## The saved position

For each partition the next offset, and what the record before it is recognised by: its time and a checksum. Where another record stands there, or the partition is shorter,
the topic is another one, and the run ends with what can be done. The place is part of the checkpoint, so a crash loses nothing and judges nothing twice.
An observation is numbered by the offset of its record; where records of one key are in several partitions (\`spread\`) by the sum of the offsets, and then what is read again
after a crash may be numbered in another order. Name the key of the records (\`keyFrom: record\`), or say \`spread: false\` where a producer's partitioner keeps a key in one partition.

What the broker deleted before it was read is \`missing\`, with the count, and logged.

## What happens to bad records

They are counted by reason and the rest goes on: \`bad_record\` (no JSON object), \`empty_record\` (no value, as tombstones have), \`missing_key\`, \`bad_key\`, \`bad_time\`, \`bad_value\`,
\`missing_value\`, \`bad_text\`, and \`ahead\`: a time that is further ahead of our clock than \`time.maxAhead\`.
`;
