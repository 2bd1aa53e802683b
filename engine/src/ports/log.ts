import type { Log } from '../api/index.js';

/** A log that can name its part. */
export interface LogPort extends Log {
  child(fields: object): LogPort;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A log that nobody reads. */
export const silentLog: LogPort = { child: () => silentLog, debug() {}, info() {}, warn() {}, error() {} };

/** A log for tests that keeps its lines. */
export class MemoryLog implements LogPort {
  readonly lines: LogLine[];
  private readonly fields: object;
  constructor(lines: LogLine[] = [], fields: object = {}) {
    this.lines = lines;
    this.fields = fields;
  }
  child(fields: object): LogPort {
    return new MemoryLog(this.lines, { ...this.fields, ...fields });
  }
  debug(fields: object, message: string): void {
    this.add('debug', fields, message);
  }
  info(fields: object, message: string): void {
    this.add('info', fields, message);
  }
  warn(fields: object, message: string): void {
    this.add('warn', fields, message);
  }
  error(fields: object, message: string): void {
    this.add('error', fields, message);
  }
  private add(level: LogLine['level'], fields: object, message: string): void {
    this.lines.push({ level, message, fields: { ...this.fields, ...fields } });
  }
}
