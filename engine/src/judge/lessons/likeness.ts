// Compares the rows of a key with what people said of its episodes.

import type { Verdict } from '../../api/index.js';
import type { Decision } from '../decide.js';
import type { Entity } from '../entity.js';
import { leadingOf, type Shares } from '../episodes.js';
import { Calendar, CELLS, withinDay } from '../rhythm/calendar.js';
import type { CoreSettings } from '../settings.js';
import { type Example, isAgain, isAs, newExample, takeIn } from './example.js';
import { exampleOf, type Holds, holdsAt, initialLessons } from './lessons.js';

/** A row is as one that somebody has spoken of. */
export interface Heard {
  readonly episode: string;
  readonly label: Holds;
  readonly note: string | undefined;
  /** When that episode began, event time. */
  readonly from: number;
  /** The highest score in it. */
  readonly peak: number;
  /** The columns that led it. */
  readonly columns: readonly string[];
}

/** Examples of a key: as many as there is room for, in columns. */
const ROOM = 512;
const EXAMPLES = [4, 16] as const;
/** Where life has a rhythm, how far from the hour of a label its like is looked for, in cells of five minutes. */
const BESIDE = 6;
/** A row that is odder than what was called normal by half, and some, is not as that. */
const ODDER = { times: 1.5, more: 1 } as const;

/** Whether rows are like those of episodes that people have spoken of; one for all keys. */
export class Likeness {
  /** Places in the row of the columns that are compared: those that models measure. */
  private readonly columns: readonly number[];
  private readonly names: readonly string[];
  private readonly calendar: Calendar;
  private readonly most: number;

  constructor({ models, schema, calendar }: CoreSettings) {
    const measured = models
      .filter(({ plugin }) => !plugin.decides)
      .flatMap((model) => model.indexes.filter((_, i) => model.columns[i]!.role !== 'condition'));
    this.columns = [...new Set(measured)].sort((a, b) => a - b);
    this.names = this.columns.map((index) => schema.row.columns[index]!.name);
    this.calendar = new Calendar(calendar);
    this.most = Math.max(EXAMPLES[0], Math.min(EXAMPLES[1], Math.floor(ROOM / Math.max(1, this.columns.length))));
  }

  /** What was said of rows such as this one; an anomaly comes first. */
  heard({ state, rhythm }: Entity, row: Float64Array, time: number): Heard | undefined {
    const { lessons } = state;
    if (!lessons || lessons.lessons.length === 0) return undefined;
    let heard: Heard | undefined;
    for (const lesson of lessons.lessons) {
      const change = holdsAt(lesson, time);
      if (!change) continue;
      if (lesson.like === null) lesson.like = exampleOf(lessons, lesson);
      const { like } = lesson;
      const label = change.holds;
      if (!like || label === null || (heard && label === 'normal')) continue;
      if (rhythm && !this.sameHour(like, time)) continue;
      if (!(label === 'normal' ? isAs : isAgain)(like, row, this.columns)) continue;
      const columns = like.led.map((c) => this.names[c]!);
      heard = { episode: like.episode, label, note: change.note, from: like.from, peak: like.peak, columns };
      lesson.used = time;
      if (label === 'anomaly') break;
    }
    return heard;
  }

  /** Remembers what an anomalous row of the open episode is like. */
  remember(entity: Entity, row: Float64Array, verdict: Verdict): void {
    const { state, rhythm } = entity;
    const { episode, usual } = state;
    if (episode === null || !usual) return;
    state.lessons ??= initialLessons();
    const { examples } = state.lessons;
    const { id } = episode.episode;
    let example = examples.at(-1);
    if (example?.episode !== id) {
      example = newExample(id, verdict.time, this.columns, usual, (column) => rhythm?.usual(column, verdict.time));
      examples.push(example);
      if (examples.length > this.most) examples.shift();
    }
    takeIn(example, row, this.columns, verdict.time, verdict.score, this.led(episode.shares));
  }

  private led(shares: Shares): number[] {
    return leadingOf(shares)
      .map((name) => this.names.indexOf(name))
      .filter((place) => place >= 0);
  }

  /** Whether a moment of the day lies beside the time of an episode. */
  private sameHour({ from, to }: Example, time: number): boolean {
    const [first, last, now] = [from, to, time].map((moment) => this.calendar.cellOf(moment)) as [number, number, number];
    const length = last - first + 2 * BESIDE;
    return length >= CELLS || (((withinDay(now) - withinDay(first) + BESIDE) % CELLS) + CELLS) % CELLS <= length;
  }
}

/** Lets what was said of such rows rule over what models say. @returns whether it does */
export function overrule(decision: Decision, heard: Heard): boolean {
  const { threshold } = decision;
  const allowed = Number.isNaN(threshold) ? 0 : threshold;
  if (heard.label === 'anomaly') {
    if (decision.anomalous) return true;
    decision.score = Math.max(heard.peak, allowed + 1);
    decision.threshold = allowed;
    if (!Number.isNaN(decision.allowed)) decision.p = 10 ** -decision.score;
    decision.anomalous = true;
    decision.lingering = true;
    decision.unjudged = undefined;
    return true;
  }
  // A limit that a person set is kept, and so is what is odder than what was called normal.
  if (decision.decided || !(decision.anomalous || decision.lingering)) return false;
  if (!(decision.score <= heard.peak * ODDER.times + ODDER.more)) return false;
  decision.score = Number.isNaN(decision.allowed) ? allowed : 0;
  decision.p = 1;
  decision.anomalous = false;
  decision.lingering = false;
  return true;
}

/** `as in the episode of 2026-05-03 02:30 UTC, which was called normal (“backup”)`. */
export function sayHeard({ from, label, note }: Heard): string {
  const when = new Date(from).toISOString().slice(0, 16).replace('T', ' ');
  const said = label === 'normal' ? 'normal' : 'an anomaly';
  return `as in the episode of ${when} UTC, which was called ${said}${note ? ` (“${note}”)` : ''}`;
}
