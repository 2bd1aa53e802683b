// The log of the process, written by pino.

import pino from 'pino';
import { printable } from '../api/index.js';
import type { LogPort } from '../ports/log.js';

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** JSON lines for machines, or one readable line each. */
  readonly format: 'json' | 'text';
  /** Called before a line is written, so that a progress bar can make room. */
  readonly before?: () => void;
}

/** Logs to standard error. */
export function pinoLog({ level, format, before }: LogSettings): LogPort {
  const stream = {
    write(line: string) {
      before?.();
      process.stderr.write(format === 'json' ? line : readable(line));
    },
  };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

const LEVELS: Record<number, string> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' };

/** `12:31:07 WARN  source: 3 lines dropped (bad_price) …` */
function readable(line: string): string {
  const { level, time, msg, part } = JSON.parse(line);
  const clock = new Date(time).toISOString().slice(11, 19);
  return `${clock} ${LEVELS[level] ?? level} ${part ? `${part}: ` : ''}${msg.split('\n').map(printable).join('\n')}\n`;
}
