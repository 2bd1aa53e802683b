// Reads an on-board log of ArduPilot as the observations that the vehicle would have sent.

import { basename } from 'node:path';
import type { SourceHost } from '@quantstream/engine';
import type { Content, Print } from '@quantstream/engine/recordings';
import { keyOf } from '../config.js';
import { type Carry, LogReader } from '../recorded/log-reader.js';
import { openLog } from '../recorded/open-log.js';
import type { OpenRecording } from '../recorded/reader.js';
import { BATCHED } from '../spectrum/dataflash.js';
import type { AircraftState } from '../vehicle/aircraft.js';
import { OWN_TYPES } from '../vehicle/own.js';
import { routesOf } from '../vehicle/routes.js';
import type { Drafts } from '../vehicle/streams.js';
import { Craft, type Handler, type HandlerMaker } from './craft.js';
import type { Column, Format, Layout } from './format.js';
import { LogClock, type LogClockState } from './log-clock.js';
import { MOTION } from './motion.js';
import { POWER } from './power.js';
import type { RecordParser } from './record-parser.js';
import { SENSORS } from './sensors.js';
import { STATUS } from './status.js';
import { bootColumn, parserOf, type Survey, surveyLog } from './survey.js';

/** By the name of a record: what becomes of it. All others are passed over. */
const HANDLERS: ReadonlyMap<string, HandlerMaker> = new Map(
  [MOTION, POWER, SENSORS, BATCHED, STATUS].flatMap((group) => Object.entries(group)),
);

/** What a reader has come to. */
interface State {
  /** Position in the unpacked content behind the last record taken. */
  readonly offset: number;
  readonly print: Print;
  /** Layouts that are known by then. */
  readonly layouts: readonly Layout[];
  readonly survey: Survey;
  readonly clock: LogClockState;
  readonly craft: AircraftState;
  /** What flies has been said; absent in what was saved before that was. */
  readonly told?: boolean;
  /** What is missing before the next observation. */
  readonly carry: Carry;
}

/** A type of record that something becomes of. */
interface Route {
  readonly handle: Handler;
  readonly boot: Column | undefined;
}

/** Looks the columns of a type up. */
function routeOf(format: Format | undefined): Route | undefined {
  const make = format && HANDLERS.get(format.name);
  return make && { handle: make(format), boot: bootColumn(format) };
}

/** An on-board log of ArduPilot (DataFlash, `.bin`, or `.log` as text), as the observations that the vehicle would have sent. */
export class DataflashReader extends LogReader {
  protected readonly parser: RecordParser;
  private readonly craft: Craft;
  private readonly clock: LogClock;
  private readonly routes: (Route | undefined)[] = new Array(256);
  private readonly rivals: (Route | undefined)[] = new Array(256);
  private told = false;

  private constructor(name: string, log: Content, craft: Craft, host: SourceHost, parser: RecordParser, state?: State) {
    super(name, log, host, state?.carry);
    this.craft = craft;
    this.clock = craft.clock;
    this.parser = parser;
    for (const { type } of state?.layouts ?? []) this.learn(type);
    this.parser.takeLosses();
    if (!state) return;
    this.told = state.told ?? true;
    this.clock.restore(state.clock);
    craft.restore(state.craft);
  }

  static open: OpenRecording = async (path, { name }, config, streams, _counters, host, saved) => {
    const state = saved as State | undefined;
    const survey = state?.survey ?? (await surveyLog(path));
    const file = basename(path);
    if (!state && !survey.dated) {
      host.log.warn({ file }, 'no GPS time in this log: its event time counts from 2000-01-01 on');
    }
    if (!state && survey.weeks > 0) {
      const weeks = survey.weeks.toLocaleString('en-US');
      host.log.warn(
        { file },
        `the GPS of this log has begun to count its weeks anew (rollover): its calendar is corrected by ${weeks} weeks`,
      );
    }
    const log = await openLog(path, state?.offset, state?.print);
    const wanted = new Set([...Object.keys(OWN_TYPES), ...routesOf(config).map(({ type }) => type)]);
    const clock = new LogClock(survey.offset, survey.first);
    const craft = new Craft(name ?? keyOf(config, survey.system), survey, clock, streams, wanted);
    return new DataflashReader(file, log, craft, host, parserOf(path, state?.offset, state?.layouts), state);
  };

  state(): State {
    const { position: offset } = this.parser;
    return {
      offset,
      print: this.log.print(offset),
      // The second description of a type behind the first.
      layouts: [...this.parser.formats, ...this.parser.rivals].flatMap((format) => (format ? [format.layout] : [])),
      survey: this.craft.survey,
      clock: this.clock.state(),
      craft: this.craft.state(),
      told: this.told,
      carry: this.carry,
    };
  }

  /** Takes records out of what was read, until there is enough. */
  protected fill(drafts: Drafts, limit: number): void {
    const { parser, craft, clock, routes, rivals } = this;
    craft.out = drafts;
    craft.received = this.host.clock.now();
    while (drafts.observations.length < limit && parser.next()) {
      const { type, view, fields } = parser;
      if (type === 128) {
        this.learn(view.getUint8(fields));
        continue;
      }
      const route = parser.rivals[type] !== undefined && parser.format === parser.rivals[type] ? rivals[type] : routes[type];
      if (route === undefined) continue;
      if (route.boot) {
        const { time } = clock;
        clock.at(route.boot(view, fields));
        if (!Number.isNaN(clock.rebootedAt)) {
          craft.rebooted();
          drafts.lose({ key: craft.key, from: time, to: clock.time, reason: 'vehicle rebooted' });
        }
      }
      if (!this.told) this.introduce();
      craft.beats();
      route.handle(view, fields, craft);
    }
  }

  /** What flies, in words, before anything else. */
  private introduce(): void {
    this.told = true;
    const { about, vehicle } = this.craft.survey;
    if (about) this.craft.tell('vehicle', { type: vehicle }, { identity: '', ...about });
  }

  /** Looks the columns of a type up. */
  private learn(type: number): void {
    const { formats, rivals } = this.parser;
    this.routes[type] = routeOf(formats[type]);
    this.rivals[type] = routeOf(rivals[type]);
  }

  /** Tells what was lost, once per piece of the file. */
  protected report(): void {
    const { parser, host, log } = this;
    const where = `${this.name}, up to byte ${parser.position}`;
    const { garbage, badFormats, truncated, collisions } = parser.takeLosses();
    for (const both of collisions) {
      const what = `${both} share a type: each record is read as the one that fits it, and where both do as the first`;
      host.log.warn({ where }, `mavlink: ${where}: ${what}`);
    }
    const broken = this.craft.spectra.takeBroken();
    if (broken > 0)
      host.drop('broken_batch', `${where}: ${broken} batches of inertial samples with gaps, or that make no sense`, broken);
    if (garbage > 0) host.drop('garbage', `${where}: ${garbage} bytes that belong to no record`, garbage);
    if (badFormats > 0) host.drop('bad_format', `${where}: ${badFormats} types whose description makes no sense`, badFormats);
    if (truncated || log.truncated) {
      host.drop(
        'truncated_file',
        `${where}: the log ends in the middle of a record${log.truncated ? ` (${log.truncated})` : ''}`,
      );
    }
  }
}
