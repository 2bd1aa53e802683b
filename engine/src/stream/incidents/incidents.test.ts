import { describe, expect, it } from 'vitest';
import { type Episode, generator, type Incident, type SinkBatch, type Verdict } from '../../api/index.js';
import { decode, encode } from '../../state/codec.js';
import type { IncidentsState } from '../../state/incidents.js';
import { fewest, tail } from './chance.js';
import { Incidents } from './incidents.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 5);
const SETTINGS = { withinMs: 2 * MINUTE, longestMs: 60 * MINUTE, settleMs: 30_000 };

/** Something that happens to a key at an event time; an episode that ends after so long. */
interface Happening {
  readonly key: string;
  readonly start: number;
  readonly lasts?: number;
  readonly columns?: readonly string[];
  readonly severity?: Episode['severity'];
  readonly topic?: string;
}

const episodeOf = ({ key, start, columns = ['cpu'], severity = 'warning', topic }: Happening, end = start): Episode => ({
  id: `hosts/${key}/row/${start}/0`,
  pipeline: 'hosts',
  key,
  kind: 'row',
  status: end > start ? 'closed' : 'open',
  start,
  end,
  peak: start,
  peakScore: 9,
  threshold: 4,
  pValue: 1e-6,
  model: 'm',
  version: '1',
  severity,
  rows: 1 + (end - start) / 1_000,
  columns,
  reason: `${key} is odd`,
  topics: topic === undefined ? [] : [{ name: topic, severity, reason: `${topic} of ${key}`, time: start }],
});

type Step = readonly [time: number, episode: Episode];
const stepsOf = (all: readonly Happening[]): Step[] =>
  all
    .flatMap((one): Step[] => {
      const end = one.start + (one.lasts ?? 5 * MINUTE);
      return [
        [one.start, episodeOf(one)],
        [end, episodeOf(one, end)],
      ];
    })
    .sort(([a], [b]) => a - b);

const batchOf = (episodes: readonly Episode[]): SinkBatch => ({
  observations: [],
  verdicts: episodes
    .filter(({ status }) => status === 'open')
    .map(({ id }) => ({ id, episode: id, raised: true }) as unknown as Verdict),
  episodes,
  missing: [],
});

/** What comes of a stream: of each incident and episode the last that was said, and what stood alone. */
class Heard {
  readonly incidents = new Map<string, Incident>();
  readonly episodes = new Map<string, Episode>();
  readonly alone = new Set<string>();
  opened = 0;
  take({ incidents = [], episodes, alone = [] }: SinkBatch): void {
    for (const one of incidents) {
      if (!this.incidents.has(one.id)) this.opened++;
      this.incidents.set(one.id, one);
    }
    for (const one of episodes) this.episodes.set(one.id, one);
    for (const id of alone) this.alone.add(id);
  }
  get all() {
    return [...this.incidents.values()];
  }
}

interface How {
  readonly keys: number;
  readonly perDay?: number;
  /** Event time between two batches. */
  readonly every?: number;
  /** Starts anew from the saved state after each batch. */
  readonly restart?: boolean;
  readonly lanes?: number;
  readonly mixed?: (steps: Step[]) => Step[];
}

function run(all: readonly Happening[], { keys, perDay = 1, every = 10_000, restart = false, lanes = 1, mixed }: How): Heard {
  const heard = new Heard();
  const make = () => new Incidents('hosts', () => perDay, SETTINGS);
  let incidents = make();
  const steps = stepsOf(all);
  const last = steps.at(-1)![0] + 10 * MINUTE;
  let at = 0;
  for (let now = steps[0]![0]; at < steps.length || now <= last; now += every) {
    const due: Step[] = [];
    while (at < steps.length && steps[at]![0] <= now) due.push(steps[at++]!);
    const episodes = (mixed?.(due) ?? due).map(([, episode]) => episode);
    for (let lane = 0; lane < lanes; lane++) {
      const own = episodes.filter((_, i) => i % lanes === lane);
      heard.take(incidents.follow(lane, { batch: batchOf(own), now, keys: keys / lanes }));
    }
    if (!restart) continue;
    const saved = Array.from({ length: lanes }, (_, lane) => decode(encode(incidents.stateOf(lane))) as IncidentsState);
    incidents = make();
    for (const [lane, one] of saved.entries()) incidents.restore(lane, { now, keys: keys / lanes }, one);
  }
  heard.take(incidents.follow(0, { batch: batchOf([]), now: last, keys: keys / lanes, over: true }));
  return heard;
}

const hosts = (n: number, gap: number, more: Partial<Happening> = {}, start = T0): Happening[] =>
  Array.from({ length: n }, (_, i) => ({ key: `host-${i}`, start: start + i * gap, ...more }));

describe('chance', () => {
  it('is a tail of Poisson', () => {
    expect(tail(0, 1)).toBe(1);
    expect(tail(1, 1)).toBeCloseTo(1 - Math.exp(-1), 12);
    expect(tail(3, 0.5)).toBeCloseTo(1 - Math.exp(-0.5) * (1 + 0.5 + 0.125), 12);
    expect(tail(1_000, 1_000)).toBeCloseTo(0.508, 2);
    for (const expected of [0.0001, 0.03, 1, 50, 2_000]) {
      const least = fewest(expected);
      expect(tail(least, expected)).toBeLessThan(1e-3);
      if (least > 1) expect(tail(least - 1, expected)).toBeGreaterThanOrEqual(1e-3);
    }
  });
});

describe('incidents', () => {
  it('make one of five hosts in one outage', () => {
    const heard = run(hosts(5, 15_000, { columns: ['latency', 'errors'] }), { keys: 20 });
    expect(heard.all).toHaveLength(1);
    expect(heard.opened).toBe(1);
    // Nobody was called for one of them.
    expect([...heard.alone]).toEqual([]);
    const [incident] = heard.all;
    expect(incident).toMatchObject({
      id: `hosts/incident/${T0}/host-0`,
      status: 'closed',
      start: T0,
      end: T0 + MINUTE + 5 * MINUTE,
      key: 'host-0',
      keys: 5,
      names: ['host-0', 'host-1', 'host-2', 'host-3', 'host-4'],
      columns: ['errors', 'latency'],
      severity: 'warning',
      reason: 'host-0 is odd',
    });
    expect(new Set([...heard.episodes.values()].map((one) => one.incident))).toEqual(new Set([incident!.id]));
  });

  it('of what is known at once say nothing of one that stands alone', () => {
    const heard = run(hosts(5, 0), { keys: 20 });
    expect([...heard.alone]).toEqual([]);
    expect(heard.all[0]).toMatchObject({ keys: 5 });
  });

  it('are none where fewer begin together than chance brings', () => {
    // Of 20 keys with one a day each, two in two minutes come once in forty episodes.
    expect(run(hosts(2, 15_000), { keys: 20 }).all).toEqual([]);
    expect(run(hosts(5, 15_000), { keys: 2_000 }).all).toEqual([]);
    expect(run(hosts(5, 15_000), { keys: 20, perDay: 50 }).all).toEqual([]);
    // One key that begins again and again is one key.
    const again = hosts(5, 15_000).map((one) => ({ ...one, key: 'host-0', lasts: 5_000 }));
    expect(run(again, { keys: 20 }).all).toEqual([]);
  });

  it('say of every episode in them, or alone, and wait for nothing where none can be', () => {
    const heard = run([...hosts(5, 15_000), { key: 'other', start: T0 + 30 * MINUTE }], { keys: 20 });
    expect([...heard.alone]).toEqual([`hosts/other/row/${T0 + 30 * MINUTE}/0`]);
    const single = new Incidents('hosts', () => 1, SETTINGS);
    const { alone } = single.follow(0, { batch: batchOf([episodeOf({ key: 'a', start: T0 })]), now: T0, keys: 1 });
    expect(alone).toHaveLength(1);
  });

  it('take in what follows within the time, while it is more than chance brings, and at most for the longest', () => {
    // One host after the other, for more than an hour.
    const heard = run(hosts(95, 40_000, { lasts: 2 * MINUTE }), { keys: 100 });
    const [first, second] = heard.all;
    expect(first).toMatchObject({ start: T0, keys: 91 });
    expect(second!.start).toBe(T0 + 91 * 40_000);
    expect(heard.all).toHaveLength(2);
  });

  it('do not take in what begins later', () => {
    const heard = run([...hosts(5, 15_000, { lasts: 30 * MINUTE }), { key: 'late', start: T0 + 3.1 * MINUTE }], { keys: 20 });
    expect(heard.all[0]).toMatchObject({ keys: 5 });
    expect(heard.alone.has(`hosts/late/row/${T0 + 3.1 * MINUTE}/0`)).toBe(true);
    // Of a thousand keys somebody always begins: what comes behind an outage is not part of it for ever.
    const fleet = Array.from({ length: 40 }, (_, i) => ({ key: `other-${i}`, start: T0 + 2 * MINUTE + i * 100_000 }));
    const many = run([...hosts(20, 1_000), ...fleet], { keys: 1_000 });
    expect(many.all).toHaveLength(1);
    expect(many.all[0]!.end - many.all[0]!.start).toBeLessThan(25 * MINUTE);
    expect(many.alone.size).toBeGreaterThan(25);
  });

  it('are said again when something worse or something else comes to them', () => {
    const heard: Incident[] = [];
    const incidents = new Incidents('hosts', () => 1, SETTINGS);
    const tell = (episodes: readonly Episode[], now: number) => {
      heard.push(...(incidents.follow(0, { batch: batchOf(episodes), now, keys: 20 }).incidents ?? []));
    };
    const begun = hosts(4, 0).map((one) => episodeOf(one));
    tell(begun, T0);
    tell([], T0 + 30_000);
    expect(heard).toHaveLength(1);
    const later = { ...begun[1]!, end: T0 + 40_000, rows: 5 };
    tell([later], T0 + 40_000);
    expect(heard).toHaveLength(1);
    tell([{ ...later, severity: 'critical' }], T0 + 41_000);
    expect(heard.at(-1)).toMatchObject({ severity: 'critical', keys: 4, end: T0 + 40_000 });
    const topics = [{ name: 'limits/disk', severity: 'critical' as const, reason: 'full', time: T0 + 42_000 }];
    tell([{ ...later, topics }], T0 + 42_000);
    expect(heard.at(-1)!.topics).toEqual(topics);
    expect(heard).toHaveLength(3);
  });

  it('depend neither on batches, nor on the order in them, nor on restarts, nor on lanes', () => {
    const random = generator(7, 0);
    const all: Happening[] = [];
    for (let i = 0; i < 60; i++)
      all.push({ key: `host-${Math.floor(random() * 20)}`, start: T0 + Math.floor(random() * 3 * DAY) });
    for (const hour of [5, 30, 50]) all.push(...hosts(6, 17_123, { lasts: 11 * MINUTE }, T0 + hour * 60 * MINUTE));
    const expected = run(all, { keys: 20 });
    expect(expected.all.length).toBeGreaterThanOrEqual(3);
    const plain = ({ incidents, episodes }: Heard) => [
      [...incidents.values()].sort((a, b) => a.start - b.start),
      [...episodes.values()].map(({ id, incident }) => `${id}: ${incident}`).sort(),
    ];
    const hows: Partial<How>[] = [
      { every: 1_000 },
      { every: 25_000 },
      { every: 10 * MINUTE },
      { every: DAY },
      { restart: true },
      { mixed: (steps) => steps.reverse() },
      { every: 60_000, lanes: 2 },
      { every: 20_000, lanes: 3, restart: true },
    ];
    for (const how of hows) expect(plain(run(all, { keys: 20, ...how })), JSON.stringify(how)).toEqual(plain(expected));
  });

  it('join what is independent less often than they promise', () => {
    // 40 keys and three a day each, over 400 days and with other seeds: 48,000 episodes a run.
    for (const [seed, keys, perDay] of [
      [1, 40, 3],
      [2, 200, 1],
      [3, 10, 2],
    ] as const) {
      const random = generator(seed, 0);
      const days = 24_000 / keys / perDay;
      const all = Array.from({ length: keys * perDay * days }, () => ({
        key: `host-${Math.floor(random() * keys)}`,
        start: T0 + Math.floor(random() * days * DAY),
        lasts: MINUTE,
      }));
      const heard = run(all, { keys, perDay, every: 30_000 });
      expect(heard.opened / all.length, `${keys} keys, ${perDay} a day`).toBeLessThan(1e-3);
    }
  });

  it('learn how often episodes begin where rules have no budget', () => {
    const random = generator(4, 0);
    // Ten times what the budget says.
    const all = Array.from({ length: 20 * 10 * 60 }, () => ({
      key: `host-${Math.floor(random() * 20)}`,
      start: T0 + Math.floor(random() * 60 * DAY),
      lasts: MINUTE,
    }));
    expect(run(all, { keys: 20, every: 30_000 }).opened / all.length).toBeLessThan(1e-3);
  });

  it('hand a lane over to another process with its own keys alone, and come to their end without it', () => {
    const [here, there] = [new Incidents('hosts', () => 1, SETTINGS), new Incidents('hosts', () => 1, SETTINGS)];
    const begun = hosts(6, 0).map((one) => episodeOf(one));
    const closed = begun.map((one): Episode => ({ ...one, status: 'closed' }));
    for (const lane of [0, 1]) here.follow(lane, { batch: batchOf(begun.filter((_, i) => i % 2 === lane)), now: T0, keys: 10 });
    const [incident] = here.follow(0, { batch: batchOf([]), now: T0 + MINUTE, keys: 10 }).incidents!;
    expect(incident).toMatchObject({ keys: 6, status: 'open' });
    there.restore(1, { now: T0, keys: 10 }, decode(encode(here.stateOf(1))) as IncidentsState);
    here.leave(1);
    for (const [process, lane] of [
      [here, 0],
      [there, 1],
    ] as const) {
      const now = T0 + 10 * MINUTE;
      const { incidents: told = [], episodes } = process.follow(lane, {
        batch: batchOf(closed.filter((_, i) => i % 2 === lane)),
        now,
        keys: 10,
      });
      expect(told).toMatchObject([{ id: incident!.id, status: 'closed', keys: lane === 0 ? 6 : 3 }]);
      expect(episodes.map((one) => one.incident)).toEqual(Array(3).fill(incident!.id));
    }
  });

  it('wait for lanes that catch up, and for those that are still to be opened, however far behind they are', () => {
    const six = hosts(6, 0).map((one) => episodeOf(one));
    const behind = new Set([0, 1]);
    const make = () =>
      new Incidents(
        'hosts',
        () => 1,
        SETTINGS,
        () => {},
        () => [...behind],
      );
    const incidents = make();
    const heard = new Heard();
    const follow = (lane: number, now: number, episodes: readonly Episode[] = []) =>
      heard.take(incidents.follow(lane, { batch: batchOf(episodes), now, keys: 10 }));
    // One lane is read to its end before the other is opened.
    follow(0, T0, six.slice(0, 3));
    follow(0, T0 + DAY);
    expect([heard.all, [...heard.alone]]).toEqual([[], []]);
    incidents.restore(1, { now: T0 - DAY, keys: 10 }, undefined);
    follow(0, T0 + DAY + MINUTE);
    expect([heard.all, [...heard.alone]]).toEqual([[], []]);
    // Half of the way says nothing yet of what began at its end.
    follow(1, T0 - DAY / 2);
    expect([heard.all, [...heard.alone]]).toEqual([[], []]);
    follow(1, T0, six.slice(3));
    behind.clear();
    follow(1, T0 + MINUTE);
    expect(heard.all).toMatchObject([{ keys: 6 }]);
    expect([...heard.alone]).toEqual([]);
  });

  it('do not wait for a lane that is silent', () => {
    const incidents = new Incidents('hosts', () => 1, SETTINGS);
    incidents.follow(1, { batch: batchOf([]), now: T0 - DAY, keys: 10 });
    incidents.follow(0, { batch: batchOf(hosts(6, 0).map((one) => episodeOf(one))), now: T0, keys: 10 });
    const { incidents: told } = incidents.follow(0, { batch: batchOf([]), now: T0 + 2 * SETTINGS.settleMs, keys: 10 });
    expect(told).toMatchObject([{ keys: 6 }]);
  });

  it('count once what a restart brings again', () => {
    const incidents = new Incidents('hosts', () => 1, SETTINGS);
    const one = { batch: batchOf([episodeOf({ key: 'a', start: T0 })]), now: T0 + MINUTE, keys: 20 };
    incidents.follow(0, one);
    incidents.follow(0, { ...one, batch: batchOf([]), now: T0 + 10 * MINUTE });
    const known = incidents.stateOf(0).begun;
    expect(known.amount).toBe(1);
    // Of two lanes one has saved before it began, and is judged again.
    const again = new Incidents('hosts', () => 1, SETTINGS);
    again.restore(0, { now: T0 - MINUTE, keys: 20 }, undefined);
    again.restore(1, { now: T0 + 10 * MINUTE, keys: 20 }, incidents.stateOf(1));
    again.follow(0, one);
    again.follow(0, { ...one, batch: batchOf([]), now: T0 + 10 * MINUTE });
    expect(again.stateOf(0).begun).toEqual(known);
  });

  it('keep little, however much begins', () => {
    const incidents = new Incidents('hosts', () => 1, SETTINGS);
    for (let i = 0; i < 20; i++) {
      const begun = Array.from({ length: 500 }, (_, n) => episodeOf({ key: `host-${i * 500 + n}`, start: T0 + i * 100 }));
      incidents.follow(0, { batch: batchOf(begun), now: T0 + i * 100, keys: 10_000 });
    }
    const [incident] = incidents.follow(0, { batch: batchOf([]), now: T0 + 5 * MINUTE, keys: 10_000 }).incidents!;
    expect(incident!.keys).toBe(10_000);
    expect(incident!.names).toHaveLength(100);
    expect(incidents.stateOf(0).running[0]!.members).toHaveLength(1_000);
    expect(incidents.stateOf(0).waiting).toEqual([]);
  });
});
