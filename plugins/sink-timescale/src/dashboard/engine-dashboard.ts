// The dashboard of the engine itself: throughput, latency, what was dropped.

import { type Dashboard, MappingType, type VariableModel, VariableRefresh } from '@grafana/schema';
import { dashboard } from './layout.js';
import { promql, type Sketch, stat, steps, type Target, timeseries } from './panels.js';
import { COLOUR, PROMETHEUS } from './theme.js';

const OF = '{pipeline=~"$pipeline", instance=~"$instance"}';
const PROCESS = '{job="quantstream", instance=~"$instance"}';
const EACH = '{{pipeline}} {{instance}}';

const metric = (name: string) => `quantstream_${name}${OF}`;
const rate = (name: string, by = 'pipeline, instance') => `sum by (${by}) (rate(${metric(name)}[$__rate_interval]))`;
const quantile = (q: number, name: string, by: string) =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(${metric(`${name}_bucket`)}[$__rate_interval])))`;

interface Graph {
  readonly min?: number;
  readonly noValue?: string;
}

const graph = (title: string, unit: string, about: string, targets: Target[], more: Graph = { min: 0 }): Sketch =>
  timeseries({ title, about, unit, targets, legend: 'table', ...more });

/** The engines at work, from what they tell Prometheus. */
export function engineDashboard(): Dashboard {
  return dashboard({
    uid: 'quantstream-engine',
    title: 'QuantStream: engine',
    about:
      'Whether the engines are well: throughput, lag, latency, what was dropped or lost, sinks, checkpoints, memory and CPU.',
    tags: ['engine'],
    variables: variables(),
    annotations: [],
    sections: [
      { shelves: [{ height: 4, panels: numbers() }] },
      {
        title: 'Throughput and lag',
        shelves: [
          { height: 8, panels: throughput() },
          { height: 8, panels: lag() },
        ],
      },
      { title: 'Latency', shelves: [{ height: 9, panels: latency() }] },
      {
        title: 'Data quality',
        shelves: [
          { height: 8, panels: quality() },
          { height: 8, panels: source() },
        ],
      },
      { title: 'Sinks and checkpoints', shelves: [{ height: 8, panels: sinks() }] },
      {
        title: 'Process',
        shelves: [
          { height: 8, panels: memory() },
          { height: 8, panels: work() },
        ],
      },
    ],
  });
}

function variables(): VariableModel[] {
  const variable = (name: string, label: string, description: string, query: string): VariableModel => ({
    type: 'query',
    name,
    label,
    description,
    datasource: PROMETHEUS,
    query: { qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: VariableRefresh.onTimeRangeChanged,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  });
  return [
    variable('pipeline', 'Pipeline', 'the name in the pipeline file', 'label_values(quantstream_ready, pipeline)'),
    variable('instance', 'Instance', 'the process', 'label_values(quantstream_ready{pipeline=~"$pipeline"}, instance)'),
  ];
}

function numbers(): Sketch[] {
  return [
    stat({
      title: 'Ready',
      about: 'Whether every chosen engine can do its work; not ready: a sink does not accept, or it has not opened yet.',
      targets: [promql(`min(${metric('ready')})`, 'ready', 0, true)],
      steps: steps(COLOUR.bad, [1, COLOUR.good]),
      mappings: [
        {
          type: MappingType.ValueToText,
          options: { '0': { text: 'no', index: 0 }, '1': { text: 'yes', index: 1 } },
        },
      ],
    }),
    stat({
      title: 'Observations',
      about: 'Accepted from the sources, a second, without repeats.',
      targets: [promql(`sum(rate(${metric('observations_total')}[$__rate_interval]))`, 'observations')],
      unit: 'cps',
      sparkline: true,
      steps: steps(COLOUR.value),
    }),
    stat({
      title: 'Anomalies in an hour',
      about: 'Rows above the threshold in the last hour.',
      targets: [promql(`sum(increase(${metric('anomalies_total')}[1h]))`, 'anomalies', 0, true)],
      unit: 'short',
      decimals: 0,
      steps: steps(COLOUR.good, [1, COLOUR.anomaly]),
    }),
    stat({
      title: 'Lag',
      about: 'How far event time is behind the clock, the worst pipeline (seconds).',
      targets: [promql(`max(${metric('lag_seconds')})`, 'lag')],
      unit: 's',
      sparkline: true,
      steps: steps(COLOUR.good, [5, COLOUR.doubtful], [30, COLOUR.bad]),
    }),
    stat({
      title: 'Door to sink, p99',
      about:
        'From the arrival of the oldest observation of a live batch to every sink having accepted it: 99 of 100 are faster (seconds).',
      targets: [
        promql(
          `max(histogram_quantile(0.99, sum by (pipeline, le) (rate(quantstream_stage_latency_seconds_bucket{pipeline=~"$pipeline", instance=~"$instance", stage="door_to_sink"}[$__rate_interval]))))`,
          'p99',
        ),
      ],
      unit: 's',
      sparkline: true,
      steps: steps(COLOUR.good, [0.25, COLOUR.doubtful], [2, COLOUR.bad]),
    }),
    stat({
      title: 'Checkpoint age',
      about: 'Time since the oldest of the latest checkpoints was written (seconds): what a restart would do again.',
      targets: [promql(`max(${metric('checkpoint_age_seconds')})`, 'age', 0, true)],
      unit: 's',
      steps: steps(COLOUR.good, [30, COLOUR.doubtful], [120, COLOUR.bad]),
    }),
  ];
}

function throughput(): Sketch[] {
  return [
    graph('Observations', 'cps', 'Accepted by the detectors and handed to the broker, a second.', [
      promql(rate('observations_total'), EACH),
      promql(rate('ingested_total'), `to the broker ${EACH}`, 1),
    ]),
    graph('Rows and scores', 'cps', 'Rows that the features emitted and those that got a score, a second.', [
      promql(rate('rows_total'), `rows ${EACH}`),
      promql(rate('verdicts_total'), `scored ${EACH}`, 1),
    ]),
    graph('Anomalies and alarms', 'short', 'Rows above the threshold, and episodes opened, in the hour before each point.', [
      promql(`sum by (pipeline) (increase(${metric('anomalies_total')}[1h]))`, 'anomalies {{pipeline}}'),
      promql(`sum by (pipeline) (increase(${metric('episodes_total')}[1h]))`, 'alarms {{pipeline}}', 1),
    ]),
  ];
}

function lag(): Sketch[] {
  return [
    graph(
      'Lag',
      's',
      'How far event time is behind the clock (seconds). Rises when the source is silent or the engine too slow.',
      [promql(metric('lag_seconds'), EACH)],
    ),
    graph('Waiting in the broker', 'short', 'Records in the topic that the detectors have not taken yet.', [
      promql(metric('channel_lag'), EACH),
    ]),
    graph('Waiting in the process', 'short', 'Observations that wait in this process.', [
      promql(metric('buffered_observations'), EACH),
    ]),
  ];
}

function latency(): Sketch[] {
  const stages = (q: number) => promql(quantile(q, 'stage_latency_seconds', 'stage'), '{{stage}}');
  return [
    graph(
      'Median by stage',
      's',
      'Where the time goes between the origin and the sinks, by the oldest observation of each live batch: half of them are faster (seconds). source_to_door compares two clocks.',
      [stages(0.5)],
    ),
    graph('p99 by stage', 's', 'The same for the slow ones: 99 of 100 are faster.', [stages(0.99)]),
    graph(
      'Door to sink since the start',
      's',
      'Quantiles over the whole life of the process: what the summary tells at its end.',
      [promql(metric('latency_seconds'), '{{pipeline}} {{quantile}}')],
    ),
  ];
}

function quality(): Sketch[] {
  return [
    graph('Dropped input', 'cps', 'Input that could not be used, by reason (a second).', [
      promql(rate('dropped_total', 'pipeline, reason'), '{{pipeline}} {{reason}}'),
    ]),
    graph(
      'Missing and repaired',
      'cps',
      'Observations known to be lost, and those lost on the way and fetched again (a second).',
      [
        promql(rate('missing_total', 'pipeline'), 'missing {{pipeline}}'),
        promql(rate('repaired_total', 'pipeline'), 'repaired {{pipeline}}', 1),
      ],
    ),
    graph(
      'Late, ahead, repeated, infinite',
      'cps',
      'Stored but too late to be judged; stamped too far ahead to be judged; repeats that were dropped; infinite values of columns, taken for missing (a second).',
      [
        promql(rate('late_total', 'pipeline'), 'late {{pipeline}}'),
        promql(rate('ahead_total', 'pipeline'), 'ahead {{pipeline}}', 1),
        promql(rate('duplicates_total', 'pipeline'), 'repeated {{pipeline}}', 2),
        promql(rate('not_finite_total', 'pipeline, column'), 'infinite {{pipeline}} {{column}}', 3),
      ],
    ),
  ];
}

function source(): Sketch[] {
  const quantiles = [0.5, 0.99].map((q, i) =>
    promql(quantile(q, 'source_latency_seconds', 'pipeline'), `p${q * 100} {{pipeline}}`, i),
  );
  return [
    graph(
      'From the origin to our door',
      's',
      'Arrival by our clock minus the time that the origin stamped by its own (seconds).',
      quantiles,
    ),
    graph(
      'Clock of the origin',
      's',
      'How far the clock of the origin is ahead of ours (seconds).',
      [promql(metric('source_clock_skew_seconds'), EACH)],
      {},
    ),
    graph('Reconnects', 'short', 'Connections to the origin that were made anew in the five minutes before each point.', [
      promql(`sum by (pipeline) (increase(${metric('source_reconnects_total')}[5m]))`, '{{pipeline}}'),
    ]),
  ];
}

function sinks(): Sketch[] {
  return [
    graph(
      'Sink retries',
      'cps',
      'Failed writes that were tried again, a second; the pipeline waits meanwhile and loses nothing.',
      [promql(rate('sink_retries_total', 'pipeline, sink'), '{{pipeline}} {{sink}}')],
    ),
    graph('Dead letters', 'short', 'Records that can never be written and were put away, since the start.', [
      promql(metric('dead_letters_total'), EACH),
    ]),
    graph('Checkpoints', 's', 'Age of the last checkpoint and how long it took (seconds).', [
      promql(metric('checkpoint_age_seconds'), `age ${EACH}`),
      promql(metric('checkpoint_duration_seconds'), `took ${EACH}`, 1),
    ]),
    graph('Checkpoints written', 'cps', 'A second; 0.2 with the default of one every 5 s.', [
      promql(rate('checkpoints_total'), EACH),
    ]),
  ];
}

function memory(): Sketch[] {
  return [
    graph('Memory', 'bytes', 'Resident memory of the process, and the part of it that is used by the JavaScript heap.', [
      promql(`process_resident_memory_bytes${PROCESS}`, 'resident {{instance}}'),
      promql(`nodejs_heap_size_used_bytes${PROCESS}`, 'heap {{instance}}', 1),
    ]),
    graph('CPU', 'percentunit', 'Share of one core; a worker thread (the embedded database) can take a second one.', [
      promql(`rate(process_cpu_seconds_total${PROCESS}[$__rate_interval])`, '{{instance}}'),
    ]),
  ];
}

function work(): Sketch[] {
  return [
    graph('Event loop', 's', 'How late the event loop was, 99 of 100 times less (seconds).', [
      promql(`nodejs_eventloop_lag_p99_seconds${PROCESS}`, '{{instance}}'),
    ]),
    graph('Garbage collection', 'percentunit', 'Share of time spent on it.', [
      promql(`sum by (instance) (rate(nodejs_gc_duration_seconds_sum${PROCESS}[$__rate_interval]))`, '{{instance}}'),
    ]),
    graph('Keys', 'short', 'Keys with a state, and those whose state is in memory.', [
      promql(metric('keys'), `all ${EACH}`),
      promql(metric('keys_in_memory'), `in memory ${EACH}`, 1),
    ]),
  ];
}
