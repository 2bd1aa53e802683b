// Measures what a pipeline finds in recorded flights whose faults are known, and prints the tables of docs/uav.md. Build first, then:
//   node scripts/flights.mjs FOLDER [--pipeline pipelines/uav.yaml] [--halves] [--one-vehicle] [--json]
// A fault is found by what is said: by the first topic of its subsystem (scripts/flight-faults.yaml, `subsystem` of flight.yaml) that is told in its
// time. How many would be found by any alarm is printed beside it.
// FOLDER holds NAME.tlog.gz beside NAME.json (faults, as `engine evaluate --labels` takes them). Scored from take-off height to disarming; what is
// weather counts neither way. --halves takes the limits that no document fixes from one half of the flights and judges the other half, both
// ways. --one-vehicle takes all multicopter flights for one airframe, in order of time, and judges the learned models alone.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';

const root = resolve(import.meta.dirname, '..');
const WEATHER = ['wind_gust'];
const GRACE = 5_000;
/** What must be said, by kind of fault. */
const SUBSYSTEMS = parse(readFileSync(join(root, 'scripts', 'flight-faults.yaml'), 'utf8'));
/** How far beyond the highest value of ordinary flight a limit is put that flights are to choose. */
const HEADROOM = 1.5;

/** Limits that no document fixes, and the columns that they are taken from. */
const TUNED = {
  battery_sag: ['sag', 'sag > LIMIT'],
  battery_worn: ['charge_gap', 'charge_gap > LIMIT'],
  vibration_rising: ['vibration_rise', 'vibration_rise > LIMIT and vibration > 5'],
  imu_contradiction: ['ekf_velocity', 'accel_disagreement > 0.2 and ekf_velocity > LIMIT'],
  height_bad: ['baro_step', 'baro_step > LIMIT'],
  gps_glitch: ['gps_jump', 'gps_jump > LIMIT'],
  gps_drift: ['gps_drift', 'gps_drift > LIMIT'],
  motor_shift: ['motor_shift', 'motor_shift > LIMIT and motor_shift_times > 11'],
  attitude: ['attitude_error', 'attitude_error > LIMIT'],
  airspeed_wrong: ['airspeed_gap', 'airspeed_gap > LIMIT'],
  link_lost: ['link_age', 'link_age > LIMIT and in_flight == 1'],
};

/** A flight: its recording, its labels, and when it is scored, ms since the epoch. */
function flightsIn(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.tlog.gz'));
  return names.sort().map((file) => {
    const labels = join(folder, file.replace('.tlog.gz', '.json'));
    const { time, flight, faults } = JSON.parse(readFileSync(labels, 'utf8'));
    const boot = time.start_unix_us / 1_000;
    return {
      name: file.replace('.tlog.gz', ''),
      recording: join(folder, file),
      labels,
      from: boot + flight.takeoff_alt_reached_boot_ms,
      to: boot + flight.disarmed_boot_ms,
      events: faults.map(({ type, onset_unix_us, end_unix_us, after_effects_until_boot_ms: after }) => ({
        kind: type,
        from: onset_unix_us / 1_000,
        to: end_unix_us / 1_000,
        after: Math.max(end_unix_us / 1_000, boot + (after ?? 0)),
      })),
    };
  });
}

const isNominal = ({ events }) => events.every(({ kind }) => WEATHER.includes(kind));

function pipelineFile(folder, base, flights, changes = {}, key = ({ recording }) => recording) {
  const file = join(folder, 'flights.yaml');
  const connect = flights.map((flight) => ({ vehicle: key(flight), connect: `file:${flight.recording}` }));
  writeFileSync(file, stringify({ extends: resolve(base), name: 'flights', source: { with: { connect } }, ...changes }));
  return file;
}

/** Runs `engine evaluate` over flights, and says of every event whether and when it was found. */
async function judge(folder, base, flights, changes) {
  const { evaluatePipeline } = await import('../engine/dist/cli/commands/evaluate.js');
  const { report, runs } = await evaluatePipeline({
    pipeline: pipelineFile(folder, base, flights, changes),
    labels: flights.map(({ labels }) => labels),
    against: [],
    set: [],
    quiet: [],
    ignore: WEATHER,
    topics: SUBSYSTEMS,
    rates: [10],
    graceMs: GRACE,
  });
  const { list, told } = report.detectors[0].configured;
  const results = flights.map((flight) => {
    const { times, alarms } = runs[0].series.find(({ key }) => key === flight.recording);
    const events = flight.events
      .filter(({ kind }) => !WEATHER.includes(kind))
      .map(({ kind, from, to }) => {
        const begin = Math.max(from, flight.from);
        const at = times.findIndex((time, i) => alarms[i] === 1 && time >= begin && time <= to + GRACE);
        const heard = told?.list.find((one) => one.key === flight.recording && one.kind === kind && one.from === from);
        const topics = (heard?.topics ?? []).filter(({ time }) => time >= begin);
        const right = topics.find(({ fits }) => fits);
        return {
          kind,
          delay: right ? (right.time - begin) / 1_000 : Number.NaN,
          reason: right?.reason ?? '',
          others: topics.filter(({ fits }) => !fits).map(({ reason, subsystem }) => `${subsystem ?? 'unnamed'}: ${reason}`),
          firstFits: topics[0]?.fits ?? false,
          alarmDelay: at < 0 ? Number.NaN : (times[at] - begin) / 1_000,
        };
      });
    const own = list.filter(({ key }) => key === flight.recording);
    return {
      name: flight.name,
      nominal: isNominal(flight),
      seconds: (flight.to - flight.from) / 1_000,
      events,
      falseEpisodes: own.filter(({ standing }) => standing === 'false').map(({ reason }) => reason),
    };
  });
  return results;
}

/** Highest value of each column that is tuned, while nothing is wrong. */
async function ordinary(folder, base, flights) {
  const { planPipeline } = await import('../engine/dist/spec/plan.js');
  const { composePipeline } = await import('../engine/dist/compose/pipeline.js');
  const { processOutside } = await import('../engine/dist/compose/outside.js');
  const file = pipelineFile(folder, base, flights);
  const plan = await planPipeline(file, { set: ['checkpoint.store=memory', 'http=null', 'sinks=null'], dataRoot: folder });
  const highest = {};
  const sink = {
    delivery: 'idempotent',
    async write({ verdicts }) {
      for (const { key, time, values } of verdicts) {
        const flight = flights.find(({ recording }) => recording === key);
        const within = time >= flight.from && time <= flight.to && values.in_flight === 1;
        if (!within || flight.events.some(({ from, after }) => time >= from - 1_000 && time <= after + 20_000)) continue;
        for (const [column] of Object.values(TUNED)) {
          if (values[column] > (highest[column] ?? 0)) highest[column] = values[column];
        }
      }
    },
    async close() {},
  };
  const collect = {
    use: 'collect',
    name: 'collect',
    config: {},
    plugin: { kind: 'sink', delivery: 'idempotent', create: () => sink },
  };
  const pipeline = await composePipeline({ ...plan, sinks: [collect] }, await processOutside({ level: 'warn', format: 'text' }));
  await pipeline.run(new AbortController().signal);
  return highest;
}

/** The limits that flights chose, as rules over those of the pipeline. */
function tunedRules(highest) {
  const rules = {};
  for (const [name, [column, when]] of Object.entries(TUNED)) {
    if (highest[column] > 0) rules[name] = { when: when.replace('LIMIT', (highest[column] * HEADROOM).toPrecision(3)) };
  }
  return { models: { limits: { with: { rules } } } };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export function summaryOf(results) {
  const events = results.flatMap((result) => result.events);
  const found = events.filter(({ delay }) => !Number.isNaN(delay));
  const alarmed = events.filter(({ alarmDelay }) => !Number.isNaN(alarmDelay));
  const nominal = results.filter((result) => result.nominal);
  return {
    flights: results.length,
    events: events.length,
    found: found.length,
    medianDelay: median(found.map(({ delay }) => delay)),
    /** By any alarm in its time, whatever it says and however long it had been open. */
    alarmed: alarmed.length,
    firstFits: events.filter(({ firstFits }) => firstFits).length,
    unfitting: events.reduce((sum, { others }) => sum + others.length, 0),
    nominalFlights: nominal.length,
    nominalHours: nominal.reduce((sum, { seconds }) => sum + seconds, 0) / 3_600,
    falseOnNominal: nominal.flatMap(({ falseEpisodes }) => falseEpisodes).length,
    falseElsewhere: results.filter((result) => !result.nominal).flatMap(({ falseEpisodes }) => falseEpisodes).length,
  };
}

/** Every flight by itself, with the limits as they are shipped. */
export async function measureFlights(from, base = join(root, 'pipelines', 'uav.yaml')) {
  const folder = mkdtempSync(join(tmpdir(), 'quantstream-flights-'));
  try {
    return await judge(folder, base, flightsIn(from), {});
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Limits from one half, judged on the other; nominal and faulty flights alternate, so both halves have some of each. */
export async function measureHalves(from, base = join(root, 'pipelines', 'uav.yaml')) {
  const folder = mkdtempSync(join(tmpdir(), 'quantstream-flights-'));
  const flights = flightsIn(from);
  const groups = [flights.filter(isNominal), flights.filter((flight) => !isNominal(flight))];
  const half = (parity) => groups.flatMap((group) => group.filter((_, i) => i % 2 === parity));
  try {
    const directions = [];
    for (const [tuned, judged] of [
      [half(0), half(1)],
      [half(1), half(0)],
    ]) {
      const limits = tunedRules(await ordinary(folder, base, tuned));
      directions.push({ limits, results: await judge(folder, base, judged, limits) });
    }
    return directions;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** All multicopter flights as those of one vehicle, in order of time: what the learned models alone raise once they are calibrated. */
export async function measureOneVehicle(from, base = join(root, 'pipelines', 'uav.yaml')) {
  const { evaluatePipeline } = await import('../engine/dist/cli/commands/evaluate.js');
  const folder = mkdtempSync(join(tmpdir(), 'quantstream-flights-'));
  const flights = flightsIn(from).filter(({ name }) => !name.startsWith('plane'));
  const key = 'copter';
  const lines = flights.flatMap(({ events, from: begin, to }) => [
    ...events.map(({ kind, from: onset, to: end }) => ({ key, kind, from: Math.max(onset, begin), to: Math.min(end, to) })),
    ...events.map(({ after, to: end }) => ({ key, kind: 'after', from: end, to: Math.max(end, after) })),
  ]);
  const labels = join(folder, 'labels.jsonl');
  try {
    writeFileSync(labels, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    const alarms = { calibration: { atLeast: '40m' } };
    const { report } = await evaluatePipeline({
      pipeline: pipelineFile(
        folder,
        base,
        flights,
        { features: { with: { words: false } }, models: { limits: null }, alarms },
        () => key,
      ),
      labels: [labels],
      against: [],
      set: [],
      quiet: [],
      ignore: [...WEATHER, 'after'],
      rates: [10],
      graceMs: GRACE,
    });
    return report.detectors[0].configured;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const seconds = (value) => (Number.isNaN(value) ? '–' : `${value.toFixed(1)} s`);

function print(title, results) {
  const summary = summaryOf(results);
  console.log(
    `\n### ${title}\n\n| fault | flight | said after | what is said | about something else |\n| --- | --- | --- | --- | --- |`,
  );
  for (const { name, events } of results) {
    for (const { kind, delay, alarmDelay, reason, others } of events) {
      const alarm = Number.isNaN(alarmDelay) ? 'not found' : `not said; an alarm after ${seconds(alarmDelay)}`;
      console.log(`| ${kind} | ${name} | ${Number.isNaN(delay) ? alarm : seconds(delay)} | ${reason} | ${others.length} |`);
    }
  }
  console.log(
    `\n${summary.found} of ${summary.events} faults found by what is said, median delay ${seconds(summary.medianDelay)}; the first sentence is the right ` +
      `one in ${summary.firstFits}; ${summary.unfitting} sentences about something else; ${summary.alarmed} of ${summary.events} by any alarm. ` +
      `${summary.falseOnNominal} false episodes in ${summary.nominalFlights} flights without faults (${(summary.nominalHours * 60).toFixed(0)} min), ` +
      `${summary.falseElsewhere} elsewhere.`,
  );
  for (const { name, events } of results)
    for (const { kind, others } of events) for (const other of others) console.log(`- beside, ${name}, ${kind}: ${other}`);
  for (const { name, falseEpisodes } of results) for (const reason of falseEpisodes) console.log(`- false, ${name}: ${reason}`);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pipeline: { type: 'string' },
      halves: { type: 'boolean' },
      'one-vehicle': { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('name the folder with the flights: node scripts/flights.mjs FOLDER');
  if (values.halves) {
    const directions = await measureHalves(folder, values.pipeline);
    if (values.json) return console.log(JSON.stringify(directions, null, 2));
    for (const [i, { limits, results }] of directions.entries()) {
      print(`Limits from half ${i + 1}, judged on the other`, results);
      console.log(
        `\n${Object.entries(limits.models.limits.with.rules)
          .map(([name, { when }]) => `${name}: ${when}`)
          .join('; ')}`,
      );
    }
    return;
  }
  if (values['one-vehicle']) return console.log(JSON.stringify(await measureOneVehicle(folder, values.pipeline), null, 2));
  const results = await measureFlights(folder, values.pipeline);
  if (values.json) console.log(JSON.stringify({ ...summaryOf(results), results }, null, 2));
  else print('Every flight, with the limits as shipped', results);
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) await main();
