// Reads a ULog of PX4 as the observations that the vehicle would have sent.

import { basename } from 'node:path';
import type { SourceHost } from '@quantstream/engine';
import type { Content, Print } from '@quantstream/engine/recordings';
import { keyOf } from '../config.js';
import { type Carry, LogReader } from '../recorded/log-reader.js';
import { openLog } from '../recorded/open-log.js';
import type { OpenRecording } from '../recorded/reader.js';
import { settingsOf } from '../settings/px4.js';
import { isOpen } from '../settings/said.js';
import { FAST } from '../spectrum/ulog.js';
import type { AircraftState } from '../vehicle/aircraft.js';
import { OWN_TYPES } from '../vehicle/own.js';
import { routesOf } from '../vehicle/routes.js';
import type { Drafts } from '../vehicle/streams.js';
import { UlogClock, type UlogClockState } from './clock.js';
import { Craft, type Handler, type HandlerMaker } from './craft.js';
import { type Column, fieldOf, numberOf, type Topic, textOf } from './layout.js';
import { MOTION } from './motion.js';
import { type UlogKnown, UlogParser } from './parser.js';
import { POWER } from './power.js';
import { SENSORS } from './sensors.js';
import { STATUS } from './status.js';
import { type Survey, surveyLog } from './survey.js';

/** By the name of a topic: what becomes of it. All others are passed over. */
const HANDLERS: ReadonlyMap<string, HandlerMaker> = new Map(
  [MOTION, POWER, SENSORS, FAST, STATUS].flatMap((group) => Object.entries(group)),
);

const [DATA, LOGGED, TAGGED, PARAMETER, DROPOUT] = ['D', 'L', 'C', 'P', 'O'].map((type) => type.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
];
/** Levels of the kernel, `0` to `7`, are those of MAV_SEVERITY. */
const LEVEL = 48;
const LONGEST_TEXT = 255;

/** What a reader has come to. */
interface State {
  /** Position in the unpacked content behind the last message taken. */
  readonly offset: number;
  readonly print: Print;
  readonly known: UlogKnown;
  readonly survey: Survey;
  readonly clock: UlogClockState;
  readonly craft: AircraftState;
  /** Parameters that become settings. */
  readonly parameters: readonly (readonly [name: string, value: number])[];
  /** Whether it was told what flies. */
  readonly told: boolean;
  /** What is missing before the next observation. */
  readonly carry: Carry;
}

/** A topic of which something becomes. */
interface Route {
  readonly handle: Handler;
  readonly timestamp: Column;
}

/** A ULog of PX4 (`.ulg`), as the observations that the vehicle would have sent. */
export class UlogReader extends LogReader {
  protected readonly parser: UlogParser;
  private readonly craft: Craft;
  private readonly clock: UlogClock;
  private readonly routes = new Map<Topic, Route | undefined>();
  private readonly parameters: Map<string, number>;
  private told: boolean;

  private constructor(name: string, log: Content, craft: Craft, host: SourceHost, state?: State) {
    super(name, log, host, state?.carry);
    this.craft = craft;
    this.clock = craft.clock;
    this.parser = new UlogParser(state?.offset, state?.known);
    this.parameters = new Map(state?.parameters);
    this.told = state?.told ?? false;
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
    const clock = new UlogClock(survey.offset, survey.first);
    const craft = new Craft(name ?? keyOf(config, survey.system), survey, clock, streams, wanted);
    return new UlogReader(file, log, craft, host, state);
  };

  state(): State {
    const { parser, log, craft, clock, parameters, told, carry } = this;
    const { position: offset } = parser;
    return {
      offset,
      print: log.print(offset),
      known: parser.known,
      survey: craft.survey,
      clock: clock.state(),
      craft: craft.state(),
      parameters: [...parameters],
      told,
      carry,
    };
  }

  /** Takes messages out of what was read, until there is enough. */
  protected fill(drafts: Drafts, limit: number): void {
    const { parser, craft } = this;
    craft.out = drafts;
    craft.received = this.host.clock.now();
    while (drafts.observations.length < limit && parser.next()) {
      if (!this.told) this.introduce();
      switch (parser.type) {
        case DATA:
          this.data(parser.topic!);
          break;
        case LOGGED:
          this.text(1);
          break;
        case TAGGED:
          this.text(3);
          break;
        case PARAMETER:
          this.parameter();
          break;
        case DROPOUT:
          this.dropout(drafts);
          break;
      }
    }
  }

  /** Tells what was lost, once per piece of the file. */
  protected report(): void {
    const { parser, host, log } = this;
    const where = `${this.name}, up to byte ${parser.position}`;
    const { garbage, badFormats, truncated } = parser.takeLosses();
    const broken = this.craft.spectra.takeBroken();
    if (broken > 0) host.drop('broken_batch', `${where}: ${broken} windows of inertial samples with gaps`, broken);
    if (garbage > 0) host.drop('garbage', `${where}: ${garbage} bytes that belong to no message`, garbage);
    if (badFormats > 0) host.drop('bad_format', `${where}: ${badFormats} formats or topics that make no sense`, badFormats);
    if (truncated || log.truncated) {
      const why = log.truncated ? ` (${log.truncated})` : '';
      host.drop('truncated_file', `${where}: the log ends in the middle of a message${why}`);
    }
  }

  /** What flies, in words, before anything else. */
  private introduce(): void {
    this.told = true;
    const { firmware, hardware, airframe, estimator, identity = '', vehicle } = this.craft.survey;
    this.craft.tell('vehicle', { type: vehicle }, { firmware, hardware, airframe, estimator, identity });
  }

  /** Time of the log in ms; moves the clock. @returns whether it is of now */
  private reach(microseconds: number): boolean {
    return this.clock.at(microseconds / 1_000 - this.craft.survey.base);
  }

  private data(topic: Topic): void {
    const { parser, craft } = this;
    const { view, at } = parser;
    let route = this.routes.get(topic);
    if (route === undefined && !this.routes.has(topic)) {
      const handle = HANDLERS.get(topic.name)?.(topic, craft.survey);
      route = handle && { handle, timestamp: topic.number('timestamp') };
      this.routes.set(topic, route);
    }
    if (route === undefined) return;
    this.reach(route.timestamp(view, at));
    craft.beats();
    route.handle(view, at, craft);
  }

  /** A text of the system. @param before bytes before its time */
  private text(before: number): void {
    const { parser, craft } = this;
    const { view, at, length } = parser;
    const time = at + before;
    this.reach(view.getUint32(time + 4, true) * 4_294_967_296 + view.getUint32(time, true));
    const text = textOf(view, time + 8, Math.min(length - before - 8, LONGEST_TEXT)).trim();
    const severity = view.getUint8(at) - LEVEL;
    if (text !== '') craft.tell('statustext', severity >= 0 && severity <= 7 ? { severity } : {}, { text });
  }

  private parameter(): void {
    const { parser, craft, parameters } = this;
    const { view, at, length } = parser;
    const size = view.getUint8(at);
    const field = size + 1 < length ? fieldOf(textOf(view, at + 1, size)) : undefined;
    if (!field) return;
    const value = numberOf(field.type, view, at + 1 + size, length - 1 - size);
    const settings = settingsOf(field.name, value, parameters);
    if (settings) craft.tell('setting', settings);
    if (isOpen(field.name) && Number.isFinite(value)) craft.tell('parameter', { value }, { name: field.name });
  }

  /** The recorder could not keep up: so long nothing was written. */
  private dropout(drafts: Drafts): void {
    const { view, at } = this.parser;
    const { time } = this.clock;
    drafts.lose({ key: this.craft.key, from: time, to: time + view.getUint16(at, true), reason: 'log dropout' });
  }
}
