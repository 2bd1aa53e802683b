// What the page works out by itself: frames put into what it knows, scales of pictures, which pictures there are.

import { describe, expect, it } from 'vitest';
import type { About, EpisodeBar, KeyHistory, Lanes } from '../src/wire.js';
import { changesOf } from '../web/key/changes.js';
import { panelsOf } from '../web/key/panels.js';
import { Extent, marksOf, scaleOf } from '../web/key/pictures/scale.js';
import { mergeHistory, mergeLanes } from '../web/state/merge.js';
import { World } from './fake/world.js';

const world = new World(3);
const episode = (id: string, start: number, end: number): EpisodeBar => ({
  ...world.episodesOf(0)[0]!,
  id,
  key: world.keys[0]!,
  start,
  end,
  severity: 'warning',
});

describe('frames', () => {
  it('of one key after the other give what one answer gives', () => {
    const whole = world.history(0, 400, 1_000, 1);
    const known = world.history(0, 400, 600, 1);
    // Overlapping and empty ones change nothing.
    const merged = [
      [590, 700],
      [701, 700],
      [650, 900],
      [901, 1_000],
    ].reduce<KeyHistory>((before, [a, b]) => mergeHistory(before, world.history(0, a!, b!, 1)), known);
    expect(merged.time).toEqual(whole.time);
    expect(merged.columns).toEqual(whole.columns);
    expect(merged.usual).toEqual(whole.usual);
    expect([merged.score, merged.threshold, merged.state]).toEqual([whole.score, whole.threshold, whole.state]);
    expect(merged.episodes).toEqual(whole.episodes);
    expect(merged.notes).toEqual(whole.notes);
  });

  it('let an episode grow, count it once, and bring keys that are new', () => {
    const lane = {
      key: world.keys[0]!,
      first: 0,
      last: 10,
      rows: 3,
      judged: 3,
      raised: 1,
      allowed: 0.5,
      odd: 1.2,
      heat: [1.2],
      episodes: [],
      missing: [],
    };
    const known: Lanes = {
      from: 0,
      to: 20,
      first: 0,
      last: 10,
      lanes: [lane],
      counts: { info: 0, warning: 0, critical: 0 },
      incidents: [],
    };
    const began = mergeLanes(known, [episode('e', 11, 11)], { [lane.key]: [11, null, 1, 0, 0, 0] });
    const grown = mergeLanes(began, [episode('e', 11, 15)], {
      [lane.key]: [15, 2.5, 4, 4, 2, 0.25],
      other: [14, 0.5, 1, 1, 0, 0.1],
    });
    expect(grown.counts).toEqual({ info: 0, warning: 1, critical: 0 });
    expect(grown.lanes.map(({ key, last }) => [key, last])).toEqual([
      [lane.key, 15],
      ['other', 14],
    ]);
    expect(grown.lanes[0]!.episodes.map(({ id, end }) => [id, end])).toEqual([['e', 15]]);
    expect(grown.last).toBe(15);
    expect(grown.lanes[0]).toMatchObject({ odd: 2.5, heat: [2.5], rows: 8, judged: 7, raised: 3, allowed: 0.75 });
    expect(known.lanes[0]).toBe(lane);
  });

  it('move lanes on part by part, and let go what is older than what is shown', () => {
    const lane = (key: string, heat: readonly (number | null)[]) => ({
      ...{ key, first: 0, last: 90, rows: 10, judged: 10, raised: 0, allowed: 0, odd: 3, heat, episodes: [], missing: [] },
    });
    const counts = { info: 0, warning: 0, critical: 0 };
    const lanes = [lane('a', [3, 1, null, 0.5]), lane('b', [0.1, 0.2, 0.3, 3])];
    const known: Lanes = { from: 0, to: 100, first: 0, last: 90, lanes, counts, incidents: [] };
    // Rows that could not be judged are rows.
    expect(mergeLanes(known, [], { a: [99, null, 2, 0, 0, 0] }, 0).lanes[0]).toMatchObject({ rows: 12, judged: 10, odd: 3 });
    // Within the last part, then two parts on, of which nothing came in the first.
    const within = mergeLanes(known, [], { a: [99, 0.9, 1, 1, 0, 0] }, 0);
    expect([within.from, within.to, within.lanes[0]!.heat]).toEqual([0, 100, [3, 1, null, 0.9]]);
    const on = mergeLanes(within, [], { a: [130, 0.7, 1, 1, 0, 0] }, 30);
    expect([on.from, on.to]).toEqual([25, 150]);
    expect(on.lanes.map(({ heat, odd }) => [heat, odd])).toEqual([
      [[1, null, 0.9, null, 0.7], 1],
      [[0.2, 0.3, 3, null, null], 3],
    ]);
    // A picture that stands still does not move, and a jump is not for frames.
    expect(mergeLanes(within, [], { a: [130, 0.7, 1, 1, 0, 0] })).toMatchObject({ from: 0, to: 100, last: 130 });
    expect(mergeLanes(within, [], { a: [1_000, 0.7, 1, 1, 0, 0] }, 900)).toMatchObject({ from: 0, to: 100, last: 1_000 });
  });

  it('count the episodes of what is shown, and no others', () => {
    const of = (id: string, start: number, end: number) => ({ ...episode(id, start, end), key: 'a' });
    const lane = {
      key: 'a',
      first: 0,
      last: 90,
      rows: 10,
      judged: 10,
      raised: 0,
      allowed: 0,
      odd: 1,
      heat: [1, 1, 1, 1, 0, 0],
      episodes: [],
      missing: [],
    };
    const known: Lanes = {
      from: 0,
      to: 100,
      first: 0,
      last: 90,
      lanes: [lane],
      counts: { info: 0, warning: 0, critical: 0 },
      incidents: [],
    };
    // It stands still: what comes behind it is not in it.
    const still = mergeLanes(known, [of('in', 10, 12), of('behind', 130, 131)], { a: [131, 1, 1, 1, 0, 0] });
    expect([still.counts.warning, still.lanes[0]!.episodes.map(({ id }) => id)]).toEqual([1, ['in']]);
    // It moves on: what is left behind is no longer counted.
    const moved = mergeLanes(still, [of('new', 130, 131)], { a: [131, 1, 1, 1, 0, 0] }, 60);
    expect([moved.counts.warning, moved.lanes[0]!.episodes.map(({ id }) => id)]).toEqual([1, ['new']]);
  });
});

describe('what happened', () => {
  const columns = new Map(
    (['context', 'feature'] as const).map((role, i) => {
      const column = {
        name: i === 0 ? 'phase' : 'gear',
        unit: '1',
        about: '0 not known, 1 at rest, 2 turning.',
        formula: '',
        role,
      };
      return [column.name, column] as const;
    }),
  );
  const views = [{ title: 'Phase', kind: 'states', columns: ['phase', 'gear', 'nobody'] }] as const;
  const parts = (values: readonly (number | null)[]): KeyHistory => {
    const series = { last: values, min: values, max: values };
    const time = values.map((_, i) => i * 10);
    return { ...world.history(0, 0, 1, 1), time, columns: { phase: series, gear: series } };
  };

  it('is told of context that is shown as states, with its words', () => {
    expect(changesOf(parts([null, 1, 1, null, 2, 2, 7]), views, columns)).toEqual([
      { time: 40, kind: 'change', text: 'phase: turning' },
      { time: 60, kind: 'change', text: 'phase: 7' },
    ]);
  });

  it('is not told of what changes all the time', () => {
    expect(changesOf(parts(Array.from({ length: 90 }, (_, i) => i % 2)), views, columns)).toEqual([]);
  });
});

describe('scales', () => {
  it.each([
    [0, 1],
    [-3, 7_000],
    [0.0012, 0.0013],
    [61_000, 61_100],
    [5, 5],
    [0, 0],
    [-1e-9, 1e-9],
  ])('from %d to %d have a few round marks within', (low, high) => {
    const scale = scaleOf(new Extent().see([low, null, high, Number.NaN]));
    const marks = marksOf(scale);
    expect(scale.min).toBeLessThan(low);
    expect(scale.max).toBeGreaterThan(high);
    expect(marks.length).toBeGreaterThanOrEqual(1);
    expect(marks.length).toBeLessThanOrEqual(6);
    for (const mark of marks) {
      expect(mark).toBeGreaterThanOrEqual(scale.min);
      expect(mark).toBeLessThanOrEqual(scale.max + scale.step * 1e-6);
    }
  });

  it('take in what is near and leave out what would flatten the rest', () => {
    expect(new Extent().see([0, 1]).near([1.5, 100, null], 1)).toMatchObject({ min: 0, max: 1.5 });
  });
});

describe('pictures', () => {
  const about = (views: About['views']): About => ({
    pipeline: 'p',
    live: true,
    kind: 'row',
    columns: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name, i) => ({
      name,
      unit: i < 5 ? 'V' : '1',
      about: '',
      formula: '',
      role: 'feature',
    })),
    views,
    models: [],
    limits: [],
    alarms: { perDay: null, of: 'key', cooldownMs: 0, minimumMs: 0, about: '' },
    links: [],
    history: '',
  });

  it('show every column once where nothing is declared, those of one unit together and those without one alone', () => {
    const panels = panelsOf(about([]));
    expect(panels.map(({ columns }) => columns.join(' '))).toEqual(['a b c d', 'e', 'f', 'g']);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('are those that are declared first, then the columns that none of them shows', () => {
    const panels = panelsOf(
      about([
        { title: 'Both', kind: 'lines', columns: ['b', 'f'] },
        { title: 'One', kind: 'bars', columns: ['a', 'nobody'] },
      ]),
    );
    expect(panels.map(({ title, columns }) => `${title}: ${columns.join(' ')}`)).toEqual([
      'Both: b',
      'Both: f',
      'One: a',
      'In V: c d e',
      'g: g',
    ]);
  });
});
