// The line of progress on a terminal, and the summary for people.

import type { Pipeline, Summary } from '../compose/pipeline.js';

const EVERY_MS = 500;
/** Without a terminal, one line this often. */
const PLAIN_EVERY_MS = 10_000;
const SHOW_AFTER_MS = 2_000;

/** What the runs are doing, as one line that is rewritten on a terminal, or as a line each now and then elsewhere. */
export class Display {
  private readonly terminal: boolean;
  private readonly started = performance.now();
  private readonly lines = new Map<Pipeline, Line>();
  private timer: NodeJS.Timeout | undefined;
  private shown = false;
  private printed = performance.now();

  constructor(terminal: boolean) {
    this.terminal = terminal;
  }

  /** @param stop aborts when the pipeline is to end before its source does */
  add(pipeline: Pipeline, stop: AbortSignal = new AbortController().signal): void {
    this.lines.set(pipeline, new Line(pipeline, stop));
  }

  remove(pipeline: Pipeline): void {
    this.lines.delete(pipeline);
    this.clear();
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.clear();
  }

  /** Makes room for another line. */
  clear(): void {
    if (this.shown && this.terminal) process.stderr.write('\r\x1b[2K');
    this.shown = false;
  }

  private tick(): void {
    const now = performance.now();
    const lines = [...this.lines.values()];
    for (const line of lines) line.look(now);
    if (now - this.started < SHOW_AFTER_MS || lines.length === 0) return;
    if (this.terminal) {
      const width = process.stderr.columns ?? 120;
      process.stderr.write(`\r\x1b[2K${lines.join('  |  ').slice(0, width - 1)}`);
      this.shown = true;
    } else if (now - this.printed >= PLAIN_EVERY_MS) {
      this.printed = now;
      process.stderr.write(lines.map((line) => `${line}\n`).join(''));
    }
  }
}

/** What one run is doing. */
class Line {
  private readonly pipeline: Pipeline;
  private readonly stop: AbortSignal;
  private last = { at: performance.now(), observations: 0 };
  private rate = 0;
  private opened = false;

  constructor(pipeline: Pipeline, stop: AbortSignal) {
    this.pipeline = pipeline;
    this.stop = stop;
  }

  look(now: number): void {
    this.opened ||= this.pipeline.vitals.opened;
    const { observations } = this.pipeline.vitals.tally.counts;
    const rate = ((observations - this.last.observations) / (now - this.last.at)) * 1_000;
    // Smoothed over about a second, so that it can be read.
    this.rate = this.rate === 0 ? rate : this.rate * 0.6 + rate * 0.4;
    this.last = { at: now, observations };
  }

  toString(): string {
    const { plan, vitals, progress } = this.pipeline;
    const { counts } = vitals.tally;
    const lag = (Date.now() - vitals.eventTime) / 1_000;
    // What was open and is no longer is on its way out.
    if (!vitals.opened)
      return `${plan.config.name}  ${this.opened || this.stop.aborted ? 'closing' : (vitals.troubles[0] ?? 'opening')} …`;
    const parts = [
      plan.config.name,
      `${group(counts.observations)} in`,
      `${group(Math.round(this.rate))}/s`,
      counted(counts.rows, 'row'),
      counted(counts.anomalies, 'anomaly', 'anomalies'),
    ];
    // The lag of a recording is its age, which tells nobody anything.
    if (lag < 86_400) parts.push(`lag ${lag < 10 ? lag.toFixed(1) : Math.round(lag)} s`);
    if (progress.total > 0) parts.push(bar(progress.done / progress.total));
    return parts.join('  ');
  }
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * 20);
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}] ${Math.floor(Math.min(1, share) * 100)} %`;
}

/** Of whole numbers; what Node knows of languages takes longer to wake than a short run. */
const group = (value: number) => String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
const counted = (count: number, one: string, many = `${one}s`) => `${group(count)} ${count === 1 ? one : many}`;

const stood = ({ count, seconds, longestSeconds }: Summary['pauses']) =>
  `  stood still   ${counted(count, 'time')}, ${seconds.toFixed(1)} s in all, ${longestSeconds.toFixed(1)} s at most`;

/** A list that stays readable in one line. */
export const few = (names: readonly string[], most = 8): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;

/** Keys that are named beside the whole. */
const BEYOND = 3;

/** What was raised against what is allowed, and of which keys the most. */
function sayBudget({ raised, allowed, keys, borrowed = 0 }: NonNullable<Summary['budget']>): string {
  const against = (one: { readonly raised: number; readonly allowed: number }) =>
    `${group(one.raised)} raised, ${allowedOf(one.allowed)} allowed`;
  const beyond = keys.filter((one) => one.raised > one.allowed).slice(0, BEYOND);
  const named = beyond.map(({ key, ...one }) => `${key} ${against(one)}`);
  const most = keys.length > 1 && named.length > 0 ? `; furthest beyond: ${named.join('; ')}` : '';
  const lent = borrowed > 0 ? `; ${counted(borrowed, 'row')} judged by what other keys have shown` : '';
  return `  budget        ${against({ raised, allowed })}${most}${lent}`;
}

const allowedOf = (allowed: number) => (allowed >= 10 ? group(Math.round(allowed)) : String(Number(allowed.toPrecision(2))));

/** The summary as a few lines for people. */
export function readableSummary(summary: Summary): string {
  const { p50, p99 } = summary.latencyMs;
  const unscored = Object.entries(summary.unscored).map(([reason, count]) => `${group(count)} ${reason}`);
  const dropped = Object.entries(summary.dropped).map(([reason, count]) => `${group(count)} ${reason}`);
  const head = `${summary.pipeline}: ${summary.ending} after ${summary.seconds.toFixed(1)} s`;
  const fallen = `  dropped       ${dropped.join(', ') || 'nothing'}`;
  const look = summary.doubts.map((doubt) => `  look at it    ${doubt}`);
  if (summary.role === 'ingest') {
    return [
      head,
      `  handed on     ${group(summary.observations)} observations (${group(summary.observationsPerSecond)}/s)`,
      `  on the way    ${group(summary.missing)} missing, ${group(summary.repaired)} repaired`,
      `${fallen}; ${summary.rssMb} MB`,
      ...(summary.pauses.count > 0 ? [stood(summary.pauses)] : []),
      ...look,
    ].join('\n');
  }
  const lines = [
    head,
    `  observations  ${group(summary.observations)} (${group(summary.observationsPerSecond)}/s)`,
    `  rows          ${group(summary.rows)}, ${group(summary.verdicts)} scored${unscored.length > 0 ? `; not scored: ${unscored.join(', ')}` : ''}`,
    `  anomalies     ${group(summary.anomalies)} in ${counted(summary.episodes, 'episode')}${summary.incidents > 0 ? `, ${counted(summary.incidents, 'incident')}` : ''}${summary.uncalibrated > 0 ? `; ${counted(summary.uncalibrated, 'row')} uncalibrated: too early to judge` : ''}`,
    ...(summary.budget ? [sayBudget(summary.budget)] : []),
    `  not judged    ${group(summary.late)} late, ${group(summary.duplicates)} repeated, ${group(summary.missing)} missing, ${group(summary.repaired)} repaired, ${group(summary.ahead)} ahead of time`,
    `${fallen}; ${group(summary.deadLettered)} dead letters`,
    `  latency       ${p50 ?? '–'} ms median, ${p99 ?? '–'} ms p99 from the door to every sink; ${summary.rssMb} MB`,
  ];
  if (summary.pauses.count > 0) lines.push(stood(summary.pauses));
  if (summary.silent.length > 0) lines.push(`  no value in   ${few(summary.silent)}`);
  return [...lines, ...look].join('\n');
}
