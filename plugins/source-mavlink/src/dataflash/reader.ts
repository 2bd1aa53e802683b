// Reads an on-board log of ArduPilot as the observations that the vehicle would have sent.

import { basename } from 'node:path';
import type { SourceHost } from '@quantstream/engine';
import type { Content, Print } from '@quantstream/engine/recordings';
import { keyOf } from '../config.js';
import { type Carry, LogReader } from '../recorded/log-reader.js';
import { openLog } from '../recorded/open-log.js';
import type { OpenRecording } from '../recorded/reader.js';
import { OWN_TYPES } from '../vehicle/own.js';
import { routesOf } from '../vehicle/routes.js';
import type { Drafts } from '../vehicle/streams.js';
import { Craft, type CraftState, type Handler, type HandlerMaker } from './craft.js';
import type { Column, Layout } from './format.js';
import { LogClock, type LogClockState } from './log-clock.js';
import { MOTION } from './motion.js';
import { POWER } from './power.js';
import { RecordParser } from './record-parser.js';
import { SENSORS } from './sensors.js';
import { STATUS } from './status.js';
import { bootColumn, type Survey, surveyLog } from './survey.js';

/** By the name of a record: what becomes of it. All others are passed over. */
const HANDLERS: ReadonlyMap<string, HandlerMaker> = new Map(
  [MOTION, POWER, SENSORS, STATUS].flatMap((group) => Object.entries(group)),
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
  readonly craft: CraftState;
  /** What is missing before the next observation. */
  readonly carry: Carry;
}

/** A type of record that something becomes of. */
interface Route {
  readonly handle: Handler;
  readonly boot: Column | undefined;
}

/** An on-board log of ArduPilot (DataFlash, `.bin`), as the observations that the vehicle would have sent. */
export class DataflashReader extends LogReader {
  protected readonly parser: RecordParser;
  private readonly craft: Craft;
  private readonly clock: LogClock;
  private readonly routes: (Route | undefined)[] = new Array(256);
  private readonly layouts: (Layout | undefined)[] = new Array(256);

  private constructor(name: string, log: Content, craft: Craft, host: SourceHost, state?: State) {
    super(name, log, host, state?.carry);
    this.craft = craft;
    this.clock = craft.clock;
    this.parser = new RecordParser(state?.offset, state?.layouts);
    for (const { type } of state?.layouts ?? []) this.learn(type);
    if (!state) return;
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
    const log = await openLog(path, state?.offset, state?.print);
    const wanted = new Set([...Object.keys(OWN_TYPES), ...routesOf(config).map(({ type }) => type)]);
    const clock = new LogClock(survey.offset, survey.first);
    const craft = new Craft(name ?? keyOf(config, survey.system), survey, clock, streams, wanted);
    return new DataflashReader(file, log, craft, host, state);
  };

  state(): State {
    const { position: offset } = this.parser;
    return {
      offset,
      print: this.log.print(offset),
      layouts: this.layouts.filter((layout) => layout !== undefined),
      survey: this.craft.survey,
      clock: this.clock.state(),
      craft: this.craft.state(),
      carry: this.carry,
    };
  }

  /** Takes records out of what was read, until there is enough. */
  protected fill(drafts: Drafts, limit: number): void {
    const { parser, craft, clock, routes } = this;
    craft.out = drafts;
    craft.received = this.host.clock.now();
    while (drafts.observations.length < limit && parser.next()) {
      const { type, view, fields } = parser;
      if (type === 128) {
        this.learn(view.getUint8(fields));
        continue;
      }
      const route = routes[type];
      if (route === undefined) continue;
      if (route.boot) {
        const { time } = clock;
        clock.at(route.boot(view, fields));
        if (!Number.isNaN(clock.rebootedAt)) {
          craft.rebooted();
          drafts.lose({ key: craft.key, from: time, to: clock.time, reason: 'vehicle rebooted' });
        }
      }
      craft.beats();
      route.handle(view, fields, craft);
    }
  }

  /** Looks the columns of a type up. */
  private learn(type: number): void {
    const format = this.parser.formats[type];
    const make = format && HANDLERS.get(format.name);
    this.routes[type] = make && { handle: make(format), boot: bootColumn(format) };
    this.layouts[type] = format?.layout;
  }

  /** Tells what was lost, once per piece of the file. */
  protected report(): void {
    const { parser, host, log } = this;
    const where = `${this.name}, up to byte ${parser.position}`;
    const { garbage, badFormats, truncated } = parser.takeLosses();
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
