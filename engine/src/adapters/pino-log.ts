// The log of the process, written by pino.

import pino from 'pino';
import { printable } from '../api/index.js';
import type { LogPort } from '../ports/log.js';

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** JSON lines for machines, or one readable line each. */
  readonly format: 'json' | 'text';
  /** Whether a readable line names its pipeline: where there are several. */
  readonly several?: boolean;
  /** Called before a line is written, so that a progress bar can make room. */
  readonly before?: () => void;
}

/** Logs to standard error. */
export function pinoLog({ level, format, several = false, before }: LogSettings): LogPort {
  const stream = {
    write(line: string) {
      before?.();
      process.stderr.write(format === 'json' ? line : readable(line, several));
    },
  };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

const LEVELS: Record<number, string> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' };

/** `12:31:07 WARN  source: 3 lines dropped (bad_price) …` */
function readable(line: string, several: boolean): string {
  const { level, time, msg, part, pipeline } = JSON.parse(line);
  const of = [...(several && pipeline ? [pipeline] : []), ...(part ? [part] : [])].map((name) => `${name}: `).join('');
  const clock = new Date(time).toISOString().slice(11, 19);
  return `${clock} ${LEVELS[level] ?? level} ${of}${msg.split('\n').map(printable).join('\n')}\n`;
}
