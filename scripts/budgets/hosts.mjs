// Seeded hosts with faults and their labels, for the question what is found: jobs of 90 minutes, of six hours and of Sundays, office hours, in a time zone whose clock is changed.
import { dice, job, wave } from './lives.mjs';

const DAY = 1_440;
const MINUTE = 60_000;
/** A Monday; the clock of New York is changed on the first Sunday behind it. */
export const ZONE = 'America/New_York';
const FIRST = Date.UTC(2026, 2, 2, 5);
export const DAYS = 42;
/** Faults come behind the third week, when a job of Sundays has been met three times. */
const QUIET = 22;
export const COLUMNS = ['cpu', 'disk', 'requests', 'memory'];

/** What a minute of a host is, by its kind; `on` says whether its job runs. */
const KINDS = {
  etl: (d) => ({ base: d.between(12, 22), runs: job(d, 75, 90, 3), cpu: 35, disk: 90, traffic: 20 }),
  archive: (d) => ({ base: d.between(6, 12), runs: job(d, 1_320, 360, 5), cpu: 18, disk: 140, traffic: 5 }),
  report: (d) => {
    const from = Math.round(d.between(150, 240));
    const runs = ({ minute, weekday }) => weekday === 6 && minute >= from && minute < from + 180;
    return { base: d.between(15, 25), runs, cpu: 40, disk: 60, traffic: 40 };
  },
  shop: (d) => ({ base: d.between(10, 18), runs: () => false, cpu: 0, disk: 0, traffic: 90, office: true }),
};
const HOSTS = [
  'etl-1',
  'etl-2',
  'etl-3',
  'archive-1',
  'archive-2',
  'archive-3',
  'report-1',
  'report-2',
  'report-3',
  'shop-1',
  'shop-2',
  'shop-3',
];

/** Faults: on which kind of host, when in the local day, for how many minutes, and what becomes of the row. */
const FAULTS = {
  job_missed: [
    ['etl', 75, 90],
    ['archive', 1_320, 360],
    ['report', 'job', 180],
  ].map(([kind, at, length]) => ({
    kind,
    at,
    length,
    change: (row, _, { on, host }) => {
      if (on) {
        row[0] -= host.cpu;
        row[1] -= host.disk;
      }
    },
  })),
  job_at_noon: [
    {
      kind: 'etl',
      at: 720,
      length: 60,
      change: (row, _, { host }) => {
        row[0] += host.cpu;
        row[1] += host.disk;
      },
    },
  ],
  job_runs_on: [
    {
      kind: 'etl',
      at: 175,
      length: 90,
      change: (row, _, { host }) => {
        row[0] += host.cpu;
        row[1] += host.disk;
      },
    },
  ],
  leak_in_job: [
    {
      kind: 'etl',
      at: 85,
      length: 60,
      change: (row, part) => {
        row[3] += 16 * part + 4;
      },
    },
    {
      kind: 'report',
      at: 'job',
      length: 120,
      change: (row, part) => {
        row[3] += 16 * part + 4;
      },
    },
  ],
  slow_disk_in_job: [
    {
      kind: 'archive',
      at: 1_400,
      length: 60,
      change: (row) => {
        row[1] *= 0.35;
      },
    },
  ],
  noon_at_night: [
    {
      kind: 'shop',
      at: 150,
      length: 60,
      change: (row, _, { noon }) => {
        row[0] = noon[0];
        row[2] = noon[2];
      },
    },
  ],
  runaway: [
    {
      kind: 'shop',
      at: 190,
      length: 40,
      change: (row) => {
        row[0] = 95;
      },
    },
    {
      kind: 'report',
      at: 840,
      length: 40,
      change: (row) => {
        row[0] += 45;
      },
    },
  ],
  memory_leak: [
    {
      kind: 'shop',
      at: 480,
      length: 600,
      change: (row, part) => {
        row[3] += 30 * part;
      },
    },
  ],
  no_requests: [
    {
      kind: 'shop',
      at: 660,
      length: 20,
      change: (row) => {
        row[2] = 0;
      },
    },
  ],
  lull_by_day: [
    {
      kind: 'shop',
      at: 840,
      length: 60,
      change: (row) => {
        row[2] *= 0.4;
        row[0] *= 0.6;
      },
    },
  ],
  cpu_without_work: [
    {
      kind: 'shop',
      at: 900,
      length: 60,
      change: (row) => {
        row[2] *= 0.35;
      },
    },
  ],
  frozen: [
    {
      kind: 'etl',
      at: 780,
      length: 180,
      change: (row, _, { first }) => {
        for (let i = 0; i < row.length; i++) row[i] = first[i];
      },
    },
  ],
  level_shift: [
    {
      kind: 'archive',
      at: 540,
      length: 480,
      change: (row) => {
        row[3] += 9;
      },
    },
  ],
  died: [{ kind: 'report', at: 1_000, length: 300, change: () => null }],
  silence: [{ kind: 'shop', at: 300, length: 120, change: () => null }],
};
const OUTAGE = {
  at: 620,
  length: 25,
  change: (row) => {
    row[2] *= 0.15;
    row[0] *= 0.5;
  },
};

/** Local midnights: a day is 23 hours long when the clock goes forward. */
function midnightOf(day) {
  const first = FIRST + day * DAY * MINUTE;
  const hourOf = (time) =>
    Number(new Intl.DateTimeFormat('en-US', { timeZone: ZONE, hour: '2-digit', hourCycle: 'h23' }).format(time));
  return hourOf(first) === 0 ? first : first - 3_600_000;
}

/** @returns the lines of a csv and the labels @param clean without faults */
export function hostsOf(seed, clean = false) {
  const d = dice(seed);
  const hosts = HOSTS.map((name) => {
    const [kind] = name.split('-');
    const own = dice(seed * 1_000 + HOSTS.indexOf(name));
    const noise = own.lasting(0.9, 1);
    const slow = own.lasting(0.998, 0.05);
    return {
      name,
      kind,
      own,
      noise,
      slow,
      peak: own.between(780, 960),
      opens: Math.round(own.between(480, 560)),
      ...KINDS[kind](own),
    };
  });
  const planned = clean ? [] : plan(d, hosts);
  const labels = [];
  const lines = [`ts,host,${COLUMNS.join(',')}`];
  const state = new Map();
  for (let day = 0; day < DAYS; day++) {
    const midnight = midnightOf(day);
    const length = (midnightOf(day + 1) - midnight) / MINUTE;
    for (let n = 0; n < length; n++) {
      const time = midnight + n * MINUTE;
      // On the local clock: what comes at 02:30 comes at 03:30 of the summer where there is no 02:30.
      const minute = length === DAY || n < 120 ? n : n + (DAY - length);
      const local = { day, minute, weekday: day % 7 };
      for (const host of hosts) {
        const { row, on, noon } = ordinary(host, local);
        let seen = row;
        for (const fault of planned) {
          if (fault.host !== host || fault.day !== day || n < fault.at || n >= fault.at + fault.length) continue;
          if (n === fault.at) {
            state.set(fault, [...row]);
            labels.push({ key: host.name, kind: fault.name, from: time, to: time + fault.length * MINUTE });
          }
          if (fault.change(row, (n - fault.at) / fault.length, { on, host, noon, first: state.get(fault) }) === null) seen = null;
        }
        if (host.gone !== undefined && time >= host.gone) seen = null;
        if (seen === null || host.own.uniform() < 0.002) continue;
        const [cpu, disk, requests, memory] = seen;
        const values = [Math.min(100, Math.max(0, cpu)), Math.max(0, disk), Math.max(0, requests), Math.min(100, memory)];
        lines.push(`${new Date(time).toISOString()},${host.name},${values.map((value) => value.toFixed(2)).join(',')}`);
      }
    }
  }
  return { csv: `${lines.join('\n')}\n`, labels };
}

function ordinary(host, local) {
  const { base, cpu, disk, traffic, office, own, noise, slow, peak, opens } = host;
  const { minute, weekday } = local;
  const on = host.runs(local);
  const open = weekday < 5 && minute >= opens && minute < 1_080;
  const day = office ? (open ? 1 : 0.12) : wave(minute, peak) * (weekday < 5 ? 1 : 0.5);
  const at = (load) => [base + 0.35 * traffic * load, 4, 4 + traffic * load];
  const [calm, still, asked] = at(day);
  const jitter = noise();
  const requests = asked * Math.exp(0.08 * own.normal());
  const row = [
    calm + jitter + 0.3 * (requests - asked) + (on ? cpu : 0),
    (still + (on ? disk : 0)) * Math.exp(0.15 * own.normal()),
    requests,
    45 + slow() + 0.2 * own.normal() + 3 * day,
  ];
  return { row, on, noon: at(1) };
}

/** Which faults come when: no host has two on one day. */
function plan(d, hosts) {
  const planned = [];
  const taken = new Set();
  const put = (name, fault, host) => {
    for (;;) {
      const days =
        host.kind === 'report' && fault.at === 'job'
          ? [27, 34, 41]
          : Array.from({ length: DAYS - QUIET - 1 }, (_, i) => QUIET + i);
      const day = days[Math.floor(d.uniform() * days.length)];
      const name_ = `${host.name} ${day}`;
      // Offices are open on weekdays.
      if (taken.has(name_) || (host.office && day % 7 > 4)) continue;
      taken.add(name_);
      const jobAt = () => {
        let m = 0;
        while (!host.runs({ day: 6, weekday: 6, minute: m })) m++;
        return m;
      };
      planned.push({ ...fault, name, host, day, at: fault.at === 'job' ? jobAt() : fault.at });
      return;
    }
  };
  for (const [name, faults] of Object.entries(FAULTS)) {
    if (name === 'died') continue;
    for (const fault of faults) {
      const of = hosts.filter(({ kind, name: own }) => kind === fault.kind && own !== 'report-3');
      put(name, fault, of[Math.floor(d.uniform() * of.length)]);
    }
  }
  const day = 23 + 7 * Math.floor(d.uniform() * 2);
  for (const host of hosts.filter(({ kind }) => kind === 'shop')) planned.push({ ...OUTAGE, name: 'shared_outage', host, day });
  const dies = hosts.find(({ name }) => name === 'report-3');
  const [fault] = FAULTS.died;
  const last = 30 + Math.floor(d.uniform() * 8);
  planned.push({ ...fault, name: 'died', host: dies, day: last });
  dies.gone = midnightOf(last) + fault.at * MINUTE;
  return planned;
}
