// What a pipeline file holds.

import { z } from 'zod';
import { duration, HOST_AND_PORT } from '../api/index.js';
import { COUNTRY } from './holidays.js';

const use = z
  .string()
  .min(1)
  .describe('a plugin: a short name (`file`), an npm package, or a path relative to this file (`./my-source`)');
const withConfig = z
  .record(z.string(), z.unknown())
  .default({})
  .describe("the plugin's own configuration; see its reference page");
const part = z.strictObject({ use, with: withConfig });
const identifier = (what: string) =>
  z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'expected small letters, digits, - and _, beginning with a letter, at most 63')
    .describe(what);

/** Of none at all nothing would be remembered. */
const halfLife = (what: string) => duration(what).refine((ms) => ms > 0, 'expected a duration above 0');

const timeZone = z.string().refine(isTimeZone, {
  error: ({ input }) => `expected a time zone such as Europe/Berlin or UTC, got ${JSON.stringify(input)}`,
});
const holiday = z.union(
  [z.iso.date(), z.string().regex(COUNTRY)],
  'expected a date such as 2026-12-25, or a country such as DE, DE-BY or US-CA',
);

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const model = z.strictObject({
  use,
  columns: z
    .union([z.array(z.string()).min(1), z.literal('all')], { error: 'expected a list of columns, or all' })
    .describe('the columns that it judges, from those that the features offer; `all`: all that are features'),
  scope: z
    .enum(['key', 'shared'])
    .default('key')
    .describe('`key`: one model per key, learning by itself; `shared`: one trained artifact, unchanged, for all keys'),
  transform: z
    .strictObject({
      rhythm: z
        .enum(['auto', 'day', 'week', 'none'])
        .optional()
        .describe(
          'measure values against what is usual at their time of day (`day`) and hour of the week (`week`), or against whichever of them explains the column (`auto`); absent or `none`: as they are',
        ),
      standardize: halfLife('half-life of the running mean and deviation that columns are measured against').optional(),
      signedLog: z.boolean().default(false).describe('sign(x)·ln(1 + |x|), after standardising: far-out values stay comparable'),
    })
    .optional()
    .describe(
      'how the columns are brought to a common scale before this model sees them, by what came before; absent: as they are',
    ),
  life: z
    .strictObject({
      window: z
        .int()
        .min(1_000)
        .max(1_000_000)
        .default(20_000)
        .describe('rows that a candidate learns from and is judged by; kept in memory and in the checkpoint'),
      refitEvery: z.int().min(1_000).optional().describe('rows between two candidates; absent: only after a drift'),
      onDrift: z.boolean().default(true).describe('whether a drift of p-values or columns calls for a candidate'),
      promote: z
        .enum(['auto', 'manual'])
        .default('auto')
        .describe(
          'whether a candidate whose p-values are uniform and whose alarms are within the budget is put into office by itself',
        ),
    })
    .optional()
    .describe('with alarms.perDay: the model is replaced by younger ones that have proven themselves; absent: it stays'),
  artifact: z.string().optional().describe('path of a trained model, made by `engine train`, relative to this file'),
  with: withConfig,
});

const positive = (what: string) => duration(what).refine((ms) => ms > 0, 'expected a duration above 0');

export const incidents = z.strictObject({
  within: positive('episodes that begin closer together than this may be one incident').default(120_000),
  longest: positive('what begins so long after the beginning of an incident is no part of it').default(3_600_000),
  settle: duration('how much time goes by before it is said whether an episode is part of one: so long do calls wait').default(
    60_000,
  ),
});

const alarms = z
  .strictObject({
    contamination: z
      .number()
      .gt(0)
      .max(0.5)
      .optional()
      .describe('share of the training rows that lie above the threshold, as in scikit-learn: 0.001 of 1 s rows is 86 a day'),
    threshold: z.number().optional().describe('a fixed score above which a row is an anomaly, for every model'),
    perDay: z
      .number()
      .gt(0)
      .optional()
      .describe(
        'budget: so many anomalous rows a day and key while nothing is wrong; each score is measured against its own past (`calibration`)',
      ),
    of: z
      .enum(['key', 'pipeline'])
      .optional()
      .describe(
        'with perDay, whose the budget is: of each `key` (the default), or of all keys of the `pipeline` together, which share it alike',
      ),
    keys: z
      .int()
      .min(1)
      .optional()
      .describe(
        'with `of: pipeline`, among how many keys the budget is shared; default: as many as there are, looked at at every full minute of event time',
      ),
    combine: z
      .enum(['any', 'all', 'sum', 'max'])
      .optional()
      .describe(
        'with several models: `any` suffices (the default without perDay) or `all` must agree; with perDay, `sum` of −log p (its default), `max` or `any`',
      ),
    smooth: z
      .int()
      .min(1)
      .max(1_000)
      .default(1)
      .describe(
        'with perDay: the mean of what the models said of so many latest rows is judged; finds what lasts, and says it later (rows)',
      ),
    onset: z
      .union([z.boolean(), z.int().min(1).max(1_000)], { error: 'expected true, false or a number of rows' })
      .default(false)
      .transform((given) => (given === true ? ONSET : Number(given)))
      .describe(
        'with perDay: a row counts only where more is said of it than of each of so many before it (`true`: 10), so that what goes on is said once, where it begins (rows)',
      ),
    cooldown: duration(
      'anomalies of a key closer together than this are one episode, raised once; default: 0, with perDay 60s',
    ).optional(),
    minimumDuration: duration('an episode is raised once it has lasted so long').default(0),
    columns: z
      .record(
        z.string(),
        z.strictObject({
          judge: z
            .enum(['up', 'down', 'both'])
            .optional()
            .describe('the side of its usual on which the column can be odd; default: as the features declare it, else both'),
          ignoreBelow: z
            .union([
              z.number().min(0),
              z
                .string()
                .regex(/^\d+(\.\d+)?\s*%$/, 'expected a number in the unit of the column, or a share of its usual such as "2 %"'),
            ])
            .optional()
            .describe(
              'differences from its usual up to this are none: a number in its unit, or a share of the usual such as `2 %`; default: as the features declare it, else 0',
            ),
        }),
      )
      .optional()
      .describe('by column, what of it is judged by models that learn; rules see values as they are'),
    silence: duration(
      'a key of which nothing was heard for so long, while time went on, is an anomaly, and stays one until it is heard again; absent: silence is none',
    )
      .refine((ms) => ms === undefined || ms > 0, { message: 'expected a duration above 0' })
      .optional(),
    incidents: z
      .union([z.literal(false), incidents])
      .optional()
      .describe(
        'episodes of several keys that begin together, more of them than chance brings, are one incident, and people are called once; default: `false`, with perDay `{}`',
      ),
    release: z
      .number()
      .min(1)
      .default(10)
      .describe('with perDay: an open episode goes on while rows are within so many times the budget (hysteresis)'),
    calibration: z
      .strictObject({
        atLeast: duration(
          'event time to be seen before anything is called anomalous; until then verdicts say `uncalibrated`',
        ).default(86_400_000),
        halfLife: halfLife('half-life of the scores that are remembered').default(3 * 86_400_000),
        guard: duration('rows so close to an excursion beyond the budget are not taken for ordinary').default(120_000),
        longest: duration(
          'an excursion that lasts longer is ordinary for as long as it lasts, and from then on once it has lasted for `atLeast`',
        ).default(3_600_000),
      })
      .prefault({})
      .describe('with perDay: what scores are measured against'),
  })
  .superRefine((value, context) => {
    const rules = (['contamination', 'threshold', 'perDay'] as const).filter((name) => value[name] !== undefined);
    if (rules.length > 1) context.addIssue({ code: 'custom', message: `${rules.join(' and ')} exclude each other; keep one` });
    const budget = value.perDay !== undefined;
    if (budget && value.combine === 'all')
      context.addIssue({ code: 'custom', path: ['combine'], message: 'with perDay expected sum, max or any' });
    if (!budget && value.of !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['of'],
        message: 'of says whose the budget perDay is; without perDay leave it out',
      });
    if (value.keys !== undefined && value.of !== 'pipeline')
      context.addIssue({
        code: 'custom',
        path: ['keys'],
        message: 'keys says among how many a budget of the pipeline is shared; with of: key leave it out',
      });
    if (!budget && value.onset > 0)
      context.addIssue({ code: 'custom', path: ['onset'], message: 'onset needs perDay; without it leave it out' });
    if (!budget && value.smooth > 1)
      context.addIssue({ code: 'custom', path: ['smooth'], message: 'smooth needs perDay; without it leave it out' });
    if (!budget && (value.combine === 'sum' || value.combine === 'max'))
      context.addIssue({
        code: 'custom',
        path: ['combine'],
        message: `${value.combine} needs perDay; without it expected any or all`,
      });
  });

const topicName = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'expected letters, digits, dots, - and _');

/** Where records wait between the two halves of a pipeline that runs as two processes. */
const channel = z
  .strictObject({
    use: z.literal('kafka').describe('a broker that speaks the Kafka protocol: Apache Kafka, Redpanda'),
    with: z
      .strictObject({
        brokers: z
          .union([z.string().min(1, 'expected host:port'), z.array(z.string().min(1, 'expected host:port')).min(1)])
          .transform((given) =>
            [given].flat().flatMap((text) =>
              text
                .split(',')
                .map((one) => one.trim())
                .filter(Boolean),
            ),
          )
          .refine((list) => list.length > 0, { message: 'expected at least one host:port' })
          .refine((list) => list.every((one) => HOST_AND_PORT.test(one)), {
            message: 'expected host:port each, such as kafka:9092',
          })
          .describe('addresses to begin with, host:port each; a text may name several, with commas between them'),
        topic: topicName.describe('the topic; made if it is not there'),
        partitions: z
          .int()
          .min(1)
          .max(1_000)
          .default(1)
          .describe('partitions of the topic: keys are spread over them, and the detectors of a group share them'),
        replication: z.int().min(1).max(7).default(1).describe('copies of each record, for a topic that is made here'),
        retention: duration('how long records stay in a topic that is made here').default(7 * 86_400_000),
        group: z.string().min(1).optional().describe('consumer group of the detectors; default: quantstream-NAME-TOPIC'),
        tls: z.boolean().default(false).describe('whether the brokers are spoken to over TLS'),
        sasl: z
          .strictObject({
            mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('how the password is proven'),
            username: z.string().describe('who we are'),
            password: z.string().describe('give it as ${file:/run/secrets/…} or as a variable'),
          })
          .optional()
          .describe('absent: no login'),
      })
      .describe('the broker and the topic'),
  })
  .optional()
  .describe('between `--role ingest` and `--role detect`; absent: one process, nothing in between');

/** The pipeline file. Inside `with` the keys are the plugin's, outside they are the engine's. */
export const pipelineSchema = z.strictObject({
  name: identifier('names the pipeline: its state, its metrics and the ids of its verdicts'),
  source: part.describe('where observations come from'),
  channel,
  time: z
    .strictObject({
      lateness: duration('how long the engine waits for observations that come out of order').default(0),
      maxAhead: duration(
        'an observation further ahead of all others than this must be confirmed by other keys, or by what follows',
      ).default(5_000),
      zone: timeZone
        .optional()
        .describe(
          'the time zone that days and weeks are of, for `transform.rhythm`: a name of the IANA database (`Europe/Berlin`); default: UTC',
        ),
      holidays: z
        .array(holiday)
        .optional()
        .describe(
          'what is taken for Sundays, for `transform.rhythm`: local dates, and countries or their parts, whose public holidays the package `date-holidays` knows: `[DE-BY, 2026-12-24]`; dates may be changed while the state is kept',
        ),
    })
    .prefault({})
    .describe('event time'),
  groups: z
    .record(identifier('a name for the group'), z.array(z.string().min(1)).min(1))
    .optional()
    .describe('keys that are one entity: their observations go to the same features, under the name of the group'),
  features: part.describe('how observations become rows'),
  models: z
    .record(identifier('a name for the model'), model, 'expected models by name, or one of the sets `default` and `thorough`')
    .refine((models) => Object.keys(models).length > 0, { message: 'expected at least one model' })
    .default({})
    .describe(
      'one or several models by name; absent, or `default`: `baseline` and `mahalanobis` (`tails: student`) over all features with `rhythm: auto`, with `combine: any`, and `alarms.perDay: 1` where no other rule is given; `thorough`: `discord` beside them, added up (`combine: sum`), for few keys',
    ),
  alarms: alarms.prefault({}).describe('when a row is an anomaly; without a rule: contamination 0.001'),
  sinks: z.record(identifier('a name for the sink'), part).default({}).describe('where everything goes, by name'),
  data: z
    .string()
    .optional()
    .describe('folder for state, embedded databases and dead letters; default: $QUANTSTREAM_DATA, else ./data'),
  state: z
    .strictObject({
      keysInMemory: z.int().min(1).default(10_000).describe('keys beyond this are spilled to disk, the idle ones first'),
      maxKeys: z
        .int()
        .min(1)
        .default(1_000_000)
        .describe('observations of keys beyond this are refused and counted, those of known keys go on'),
      maxKeysPerSender: z
        .int()
        .min(1)
        .optional()
        .describe('the same for the keys of one sender, where the source says who is speaking; default: maxKeys'),
    })
    .prefault({})
    .describe('the state per key'),
  workers: z
    .union([z.int().min(1).max(256), z.literal('auto')])
    .default(1)
    .describe(
      'threads that judge, each a part of the keys; `auto`: one for each core. The rows are the same; it pays where judging is dear',
    ),
  buffer: z.int().min(1).default(32_768).describe('observations that may wait between the source and the features'),
  checkpoint: z
    .strictObject({
      every: duration('time between two checkpoints').default(5_000),
      store: z
        .string()
        .min(1)
        .default('file')
        .describe(
          '`file`: in the data folder; `memory`: forgotten at the end of the process; else a store plugin, by name: what a detector on another machine reaches as well',
        ),
      url: z.string().optional().describe('where such a store is; see its reference page'),
    })
    .prefault({})
    .describe('how the state survives'),
  deadLetters: z
    .strictObject({
      file: z.string().optional().describe('path relative to this file; default: dead-letters.jsonl in the data folder'),
      topic: topicName
        .optional()
        .describe('a topic at the brokers of the channel, beside the file, which then takes only what the topic does not take'),
    })
    .prefault({})
    .describe('where records go that can never be written'),
  http: z
    .strictObject({
      listen: z
        .string({ error: 'expected host:port such as 127.0.0.1:9464' })
        .regex(/^(.+):(\d{1,5})$/, 'expected host:port such as 127.0.0.1:9464')
        .describe('address of /live, /ready and /metrics, and of what sinks show there; port 0 takes a free one'),
      token: z
        .string()
        .min(16, 'expected at least 16 characters')
        .optional()
        .describe(
          'what opens the pages of sinks; absent: on loopback nothing is asked for, elsewhere one is made and printed at start',
        ),
      userHeader: z
        .string()
        .min(1)
        .optional()
        .describe(
          'a header in which a proxy in front says who asks: then no token is asked for, and the proxy must be the only way in',
        ),
    })
    .optional()
    .describe('absent: no HTTP, unless a sink shows something there: then 127.0.0.1:9464'),
});

export type PipelineConfig = z.output<typeof pipelineSchema>;
export const DEFAULT_CONTAMINATION = 0.001;
/** Rows before one that has to exceed them, where nobody says how many. */
const ONSET = 10;
