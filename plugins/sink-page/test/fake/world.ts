// What the fake server tells of: invented rows, odd stretches and gaps, the same for the same seed and moment.

import type { EpisodeBar, Gap, IncidentInfo, KeyHistory, LabelInfo, Maybe, RowInfo, Severity } from '../../src/wire.js';

export const STEP = 5_000;
const PAST = 5_760;
const UNJUDGED = 360;

/** A number between 0 and 1 that looks random and is not. */
export function chance(...numbers: number[]): number {
  let h = 2166136261;
  for (const n of numbers) h = Math.imul(h ^ (n | 0), 16777619) ^ (h >>> 13);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

const FEATURES = ['return', 'volatility', 'imbalance', 'spread'];
export const COLUMNS = ['open', 'high', 'low', 'close', 'volume', ...FEATURES, 'mode', 'north', 'east'];
const SENTENCES: Readonly<Record<string, string>> = {
  return: 'return of 1.8 % is 6.2 times further from usual than most (usual −0.2 to 0.2 %)',
  volatility: 'volatility of 4.1 % is above usual (0.3 to 0.9 %)',
  imbalance: 'imbalance of −0.92 is below usual (−0.4 to 0.4)',
  spread: 'spread of 14 bp is above usual (1 to 4 bp)',
};

interface Odd {
  readonly begin: number;
  readonly end: number;
  readonly peak: number;
  readonly strength: number;
  readonly column: string;
}

export class World {
  readonly keys: string[];
  readonly labels = new Map<string, LabelInfo>();
  readonly #began: number;
  readonly #odd: Odd[][];

  constructor(keys: number, names: readonly string[] = [], now = Date.now()) {
    this.#began = Math.floor(now / STEP) * STEP - PAST * STEP;
    const usual = (i: number) => `${String.fromCharCode(65 + (i % 26))}${'EINRST'[i % 6]}X-${String(i).padStart(3, '0')}`;
    this.keys = Array.from({ length: keys }, (_, i) => names[i] ?? usual(i));
    this.#odd = this.keys.map(() => []);
    const often = keys > 50 ? 0.9 : 0.12;
    for (let slot = 20; slot < (PAST + 2_000) / 18; slot += 1) {
      if (chance(slot, 1) > often && slot % 40 !== 0) continue;
      const begin = slot * 18;
      const length = 3 + Math.floor(chance(slot, 2) ** 3 * 160);
      const key = this.#odd[Math.floor(chance(slot, 3) * keys)]!;
      if ((key.at(-1)?.end ?? 0) + 60 > begin) continue;
      const peak = begin + Math.floor(chance(slot, 4) * length);
      key.push({
        begin,
        end: begin + length,
        peak,
        strength: 0.4 + chance(slot, 5) ** 2 * 3,
        column: FEATURES[Math.floor(chance(slot, 6) * 4)]!,
      });
    }
  }

  /** The index of the latest row. */
  get now(): number {
    return Math.floor((Date.now() - this.#began) / STEP);
  }
  timeOf = (row: number): number => this.#began + row * STEP;
  rowOf = (time: number): number => Math.max(0, Math.min(this.now, Math.round((time - this.#began) / STEP)));

  gapsOf(k: number): Gap[] {
    if (k % 5 !== 2) return [];
    const first = 3_000 + Math.floor(chance(k, 9) * 2_400);
    return [
      { from: this.timeOf(first), to: this.timeOf(first + 60), reason: 'the sequence jumps from 48120 to 48180', count: 60 },
    ];
  }
  missing(k: number, row: number): boolean {
    const time = this.timeOf(row);
    return this.gapsOf(k).some((gap) => time > gap.from && time < gap.to);
  }

  #bump(k: number, row: number): { odd: Odd; height: number } | undefined {
    const odd = this.#odd[k]!.find((one) => row >= one.begin && row <= one.end);
    if (!odd) return undefined;
    const side =
      row < odd.peak ? (row - odd.begin + 1) / (odd.peak - odd.begin + 1) : (odd.end - row + 1) / (odd.end - odd.peak + 1);
    return { odd, height: odd.strength * (0.4 + 0.6 * side) };
  }

  score(k: number, row: number): number {
    if (row < UNJUDGED || this.missing(k, row)) return Number.NaN;
    const calm = 0.25 + 0.3 * chance(k, row, 1) + 0.25 * chance(k, Math.floor(row / 40), 2) ** 2;
    const bump = this.#bump(k, row);
    return bump ? 1.02 + bump.height * (0.9 + 0.1 * chance(k, row, 3)) : calm;
  }
  threshold = (_k: number, row: number): number => 1 + 0.04 * Math.sin(row / 700);

  value(k: number, row: number, column: string): number {
    const noise = (n: number) => chance(k, row, n) - 0.5;
    const bump = this.#bump(k, row);
    const push = bump?.odd.column === column ? bump.height : 0;
    const price = (r: number) =>
      100 * (k + 1) * (1 + 0.02 * Math.sin(r / 900 + k) + 0.006 * Math.sin(r / 130 + 2 * k) + 0.002 * (chance(k, r, 4) - 0.5));
    switch (column) {
      case 'open':
        return price(row - 1);
      case 'close':
        return price(row);
      case 'high':
        return Math.max(price(row), price(row - 1)) * (1 + 0.0007 * chance(k, row, 5));
      case 'low':
        return Math.min(price(row), price(row - 1)) * (1 - 0.0007 * chance(k, row, 6));
      case 'volume':
        return 40 + 30 * Math.sin(row / 300) + 60 * chance(k, row, 7) ** 4 + 80 * (bump?.height ?? 0);
      case 'return':
        return 0.2 * noise(8) + 0.7 * push;
      case 'volatility':
        return 0.5 + 0.2 * Math.sin(row / 400) + 0.2 * noise(9) + 1.1 * push;
      case 'imbalance':
        return 0.6 * noise(10) - 0.4 * push;
      case 'spread':
        return 2 + Math.sin(row / 500) + noise(11) + 4 * push;
      case 'mode':
        return Math.floor(3 * chance(k, Math.floor(row / 200), 12));
      case 'north':
        return 47.3 + 0.004 * Math.sin(row / 90 + k) + 0.0002 * noise(13);
      default:
        return 8.5 + 0.006 * Math.cos(row / 131 + k);
    }
  }

  /** What is usual, where there is such a thing. */
  usual(column: string, row: number): [number, number] | undefined {
    if (column === 'return') return [-0.12, 0.12];
    if (column === 'volatility') return [0.38 + 0.2 * Math.sin(row / 400), 0.62 + 0.2 * Math.sin(row / 400)];
    if (column === 'imbalance') return [-0.33, 0.33];
    return column === 'spread' ? [1.4 + Math.sin(row / 500), 2.6 + Math.sin(row / 500)] : undefined;
  }

  episodesOf(k: number): EpisodeBar[] {
    const now = this.now;
    return this.#odd[k]!.filter((odd) => odd.begin <= now && odd.begin >= UNJUDGED).map((odd) => {
      const severity: Severity = odd.strength > 1.8 ? 'critical' : odd.strength > 0.7 ? 'warning' : 'info';
      const id = `${this.keys[k]}:${odd.begin}`;
      const label = this.labels.get(id);
      const ruled = odd.column === 'spread' && odd.strength > 1;
      return {
        id,
        key: this.keys[k]!,
        start: this.timeOf(odd.begin),
        end: this.timeOf(Math.min(odd.end, now)),
        peak: this.timeOf(Math.min(odd.peak, now)),
        status: odd.end > now ? 'open' : 'closed',
        severity,
        score: this.score(k, Math.min(odd.peak, now)),
        threshold: 1,
        pValue: 10 ** (-3 - 2 * odd.strength),
        rows: Math.min(odd.end, now) - odd.begin + 1,
        model: 'forest',
        columns: [odd.column, 'volume'],
        reason: SENTENCES[odd.column]!,
        topics: ruled ? [{ name: 'wide', severity, reason: 'spread above 8 bp for 15 s', time: this.timeOf(odd.begin) }] : [],
        ...(label ? { label } : {}),
      };
    });
  }

  #ahead(): KeyHistory['ahead'] {
    const rows = Array.from({ length: 289 }, (_, i) => this.now + i * 60);
    const bands = rows.map((row) => this.usual('spread', row)!);
    return {
      time: rows.map(this.timeOf),
      usual: { spread: { low: bands.map(([low]) => low), high: bands.map(([, high]) => high) } },
    };
  }

  /** The last episodes of three keys, as if one cause had made them. */
  incidents(): IncidentInfo[] {
    const parts = this.keys.flatMap((_, k) => this.episodesOf(k).slice(-1)).slice(0, 3);
    if (parts.length < 3) return [];
    const [first] = parts.sort((x, y) => x.start - y.start);
    const { key, start, reason, severity, columns } = first!;
    const [names, episodes] = [parts.map((one) => one.key), parts.map(({ id }) => id)];
    const end = Math.max(...parts.map((one) => one.end));
    return [{ id: 'i', status: 'closed', start, end, key, reason, keys: 3, names, episodes, columns, severity }];
  }

  /** A key over rows a to b, in parts of `many` rows. */
  history(k: number, a: number, b: number, many: number): KeyHistory {
    const time: number[] = [];
    const columns = Object.fromEntries(
      COLUMNS.map((name) => [name, { last: [] as Maybe[], min: [] as Maybe[], max: [] as Maybe[] }]),
    );
    const usual = Object.fromEntries(FEATURES.map((name) => [name, { low: [] as Maybe[], high: [] as Maybe[] }]));
    const score: Maybe[] = [];
    const threshold: Maybe[] = [];
    const state: KeyHistory['state'][number][] = [];
    for (let first = a - (a % many); first <= b; first += many) {
      const rows = Array.from({ length: Math.min(many, b - first + 1) }, (_, i) => first + i).filter(
        (row) => row >= 0 && !this.missing(k, row),
      );
      const last = rows.at(-1);
      if (last === undefined) continue;
      time.push(this.timeOf(last));
      for (const name of COLUMNS) {
        const values = rows.map((row) => this.value(k, row, name));
        columns[name]!.last.push(values.at(-1)!);
        columns[name]!.min.push(Math.min(...values));
        columns[name]!.max.push(Math.max(...values));
      }
      for (const name of FEATURES) {
        const band = last < UNJUDGED / 2 ? undefined : this.usual(name, last);
        usual[name]!.low.push(band?.[0] ?? null);
        usual[name]!.high.push(band?.[1] ?? null);
      }
      const scores = rows.map((row) => this.score(k, row)).filter((one) => !Number.isNaN(one));
      score.push(scores.length ? Math.max(...scores) : null);
      threshold.push(scores.length ? this.threshold(k, last) : null);
      state.push(rows.some((row) => this.#bump(k, row)) ? 'anomalous' : last < UNJUDGED ? 'unjudged' : 'judged');
    }
    const [from, to] = [this.timeOf(a), this.timeOf(b)];
    const within = (one: { time: number }) => one.time >= from && one.time <= to;
    return {
      key: this.keys[k]!,
      from,
      to,
      step: many === 1 ? 0 : many * STEP,
      time,
      columns,
      usual,
      score,
      threshold,
      state,
      episodes: this.episodesOf(k).filter((one) => one.end >= from && one.start <= to),
      missing: this.gapsOf(k).filter((gap) => gap.to >= from && gap.from <= to),
      outlines: [],
      // What is to come is known of one key.
      ...(k === 3 ? { ahead: this.#ahead() } : {}),
      notes: [
        { time: this.timeOf(UNJUDGED), kind: 'model' as const, text: 'forest: generation 1 begins' },
        { time: this.timeOf(4_000), kind: 'model' as const, text: 'forest: generation 2 replaces 1, which had drifted' },
        { time: this.timeOf(5_600), kind: 'restart' as const, text: 'the engine started again' },
        ...[...this.labels.values()]
          .filter((one) => one.key === this.keys[k])
          .map((one) => ({ time: one.from, kind: 'label' as const, text: `${one.label}${one.note ? `: ${one.note}` : ''}` })),
      ].filter(within),
    };
  }

  row(k: number, row: number): RowInfo {
    const score = this.score(k, row);
    const known = !Number.isNaN(score);
    const bump = this.#bump(k, row);
    const pValue = known ? 10 ** (-2.6 * score) : null;
    const away = (name: string) => {
      const band = this.usual(name, row);
      return band ? ((this.value(k, row, name) - (band[0] + band[1]) / 2) / (band[1] - band[0])) * 2 : null;
    };
    const shares = FEATURES.map((name) => ({ column: name, share: Math.abs(away(name)!) })).sort((x, y) => y.share - x.share);
    const sum = shares.reduce((total, one) => total + one.share, 0);
    return {
      time: this.timeOf(row),
      values: Object.fromEntries(COLUMNS.map((name) => [name, this.value(k, row, name)])),
      score: known ? score : null,
      threshold: known ? this.threshold(k, row) : null,
      pValue,
      anomalous: known && bump !== undefined,
      judged: known,
      ...(bump
        ? { reason: SENTENCES[bump.odd.column]! }
        : known
          ? {}
          : { reason: `uncalibrated ${Math.round((row / UNJUDGED) * 100)} %` }),
      ...(known ? { often: score > 1 ? `about once in ${(score * 4).toFixed(0)} days` : 'several times an hour' } : {}),
      models: ['forest', 'tails'].map((name, i) => ({
        name,
        score: known ? score * (1 - 0.1 * i) : null,
        threshold: known ? 1 : null,
        pValue,
        ...(known && i === 0 ? { contributions: shares.map((one) => ({ ...one, share: one.share / sum })) } : {}),
      })),
      away: Object.fromEntries(FEATURES.map((name) => [name, away(name)])),
    };
  }
}
