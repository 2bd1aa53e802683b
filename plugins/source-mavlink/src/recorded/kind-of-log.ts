// Whether a file is the kind of log that its name says, told by what is in it.

import { QuantStreamError } from '@quantstream/engine';
import { RecordParser } from '../dataflash/record-parser.js';
import { TextParser } from '../dataflash/text-parser.js';
import { ONBOARD, ONBOARD_TEXT, ULOG } from '../links/connections.js';
import { UlogParser } from '../ulog/parser.js';
import { FrameParser, LONGEST_FRAME } from '../wire/frames.js';
import { openLog } from './open-log.js';
import { STAMP } from './tlog.js';

/** So much of a file is looked at for something to read, bytes. */
const LOOKED_AT = 4 * 1_024 * 1_024;
/** So many pairs of frames say whether stamps stand between them. */
const PAIRS = 32;
/** A file that is shorter may be a log that has only just begun, bytes. */
const SHORTEST = LONGEST_FRAME + STAMP;

/** What other programs write, by its first bytes (hexadecimal). */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^554c6f67011235/, 'a ULog of PX4: its name should end in .ulg'],
  [/^a395/, 'an on-board log of ArduPilot: its name should end in .bin'],
  [
    /^(?:d4c3b2a1|a1b2c3d4|4d3cb2a1|0a0d0d0a)/,
    'a capture of a network (pcap): send what it holds to a UDP port and listen with udpin:HOST:PORT',
  ],
  [/^(?:00)+$/, 'nothing but zeros: its recorder never wrote, or the card has failed'],
  [/^464d542c/, 'an on-board log of ArduPilot that was written as text: its name should end in .log'],
  [/^(?:[2-6][0-9a-f]|7[0-9a-e]|0[9ad])+$/, 'a text'],
  [/^.{16}f[de]/, 'a telemetry log: its name should end in .tlog'],
];

/** What the pieces of a file come to. */
interface Kind {
  /** Takes the next piece. @returns true once it knows enough */
  see(piece: Uint8Array): boolean;
  /** Why the file is refused, if it is. */
  verdict(looked: number): string | undefined;
}

const nothing = (what: string, looked: number, first: string): string => {
  const [, other = 'something else'] = OTHERS.find(([pattern]) => pattern.test(first)) ?? [];
  const where = looked >= LOOKED_AT ? `its first ${LOOKED_AT / 1_024 / 1_024} MiB` : 'it';
  return `there is no ${what} in ${where}: it seems to be ${other}`;
};

/** The first bytes that say what a file is, hexadecimal. */
const beginning = (piece: Uint8Array): string => Buffer.from(piece.subarray(0, 64)).toString('hex');

/** A telemetry log has a stamp before each frame; frames that follow each other at once are a stream that knows no time. */
class Telemetry implements Kind {
  private readonly parser = new FrameParser(0);
  private first = '';
  private end = 0;
  private frames = 0;
  private stamped = 0;
  private bare = 0;

  see(piece: Uint8Array): boolean {
    const { parser } = this;
    this.first ||= beginning(piece);
    parser.push(piece);
    while (this.stamped + this.bare < PAIRS && parser.next()) {
      const gap = parser.begin - this.end;
      if (gap === STAMP) this.stamped++;
      else if (this.frames > 0 ? gap === 0 : gap < STAMP) this.bare++;
      this.frames++;
      this.end = parser.position;
    }
    return this.stamped + this.bare >= PAIRS;
  }

  verdict(looked: number): string | undefined {
    if (this.frames === 0) return nothing('MAVLink frame', looked, this.first);
    if (this.bare <= this.stamped) return undefined;
    return (
      'it is a raw MAVLink stream: its frames follow each other without the stamps of a telemetry log, so nothing in it says when they came; ' +
      'record it as .tlog (ground stations and MAVProxy do), or replay it at its pace to a UDP port and listen with udpin:HOST:PORT'
    );
  }
}

/** An on-board log describes its records before they come. */
class Onboard implements Kind {
  private readonly parser: RecordParser;
  private first = '';
  private found = false;

  constructor(parser: RecordParser) {
    this.parser = parser;
  }

  see(piece: Uint8Array): boolean {
    this.first ||= beginning(piece);
    this.parser.push(piece);
    this.found ||= this.parser.next();
    return this.found;
  }

  verdict(looked: number): string | undefined {
    return this.found ? undefined : nothing('record of an on-board log', looked, this.first);
  }
}

/** A ULog begins with its name, and says what a reader must know. */
class Ulog implements Kind {
  private readonly parser = new UlogParser();
  private first = '';
  private found = false;

  see(piece: Uint8Array): boolean {
    this.first ||= beginning(piece);
    this.parser.push(piece);
    this.found ||= this.parser.next();
    return this.found;
  }

  verdict(looked: number): string | undefined {
    if (this.parser.incompatible) {
      return "it is a ULog that needs a newer reader: its flags name features that are not known here; update, or convert it with PX4's own tools";
    }
    return this.found ? undefined : nothing('message of a ULog', looked, this.first);
  }
}

const kindOf = (path: string): Kind => {
  if (ULOG.test(path)) return new Ulog();
  if (ONBOARD_TEXT.test(path)) return new Onboard(new TextParser());
  return ONBOARD.test(path) ? new Onboard(new RecordParser()) : new Telemetry();
};

/**
 * Opens a log once and looks at its beginning.
 * @throws QS_SOURCE_FAILED where it cannot be opened, or nothing could come of it: with what it is and what to do
 */
export async function checkLog(path: string): Promise<void> {
  const kind = kindOf(path);
  const log = await openLog(path);
  try {
    let looked = 0;
    for (let piece = await log.read(); piece; piece = await log.read()) {
      looked += piece.length;
      if (kind.see(piece)) return decide(path, kind, looked);
      if (looked >= LOOKED_AT) break;
    }
    if (looked > SHORTEST) decide(path, kind, looked);
  } finally {
    await log.close();
  }
}

function decide(path: string, kind: Kind, looked: number): void {
  const why = kind.verdict(looked);
  if (why !== undefined) throw new QuantStreamError('QS_SOURCE_FAILED', `mavlink: ${path} is not read: ${why}`);
}
