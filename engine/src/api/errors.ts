/** Who has to act: whoever wrote the file, something outside (a network, a disk), or we. */
export type Fault = 'user' | 'external' | 'internal';

/** Every error that the engine names, by its stable code. `docs/errors.md` is generated from this table. */
export const ERRORS = {
  QS_CONFIG_READ: ['user', 'The pipeline file cannot be read: it does not exist, is a folder, is not text or is too large.'],
  QS_CONFIG_SYNTAX: ['user', 'The pipeline file is not YAML, or uses a part of YAML that pipeline files do not have.'],
  QS_CONFIG_TOO_LARGE: ['user', 'The pipeline file expands to more values than any pipeline needs.'],
  QS_CONFIG_UNKNOWN_KEY: ['user', 'A key is not known at this place.'],
  QS_CONFIG_MISSING_KEY: ['user', 'A required key is absent.'],
  QS_CONFIG_VALUE: ['user', 'A value has the wrong type or lies outside what is allowed.'],
  QS_CONFIG_VARIABLE: ['user', 'An environment variable is not set and has no default, or the file of a secret cannot be read.'],
  QS_CONFIG_EXTENDS: ['user', '`extends` names a file that cannot be read, or that leads back to itself.'],
  QS_CONFIG_SET: ['user', 'A --set argument is not of the form path.to=value.'],
  QS_PLUGIN_NOT_FOUND: ['user', '`use` names a plugin that is not installed.'],
  QS_PLUGIN_INVALID: ['user', 'A module was found but is not a plugin of this kind and API version.'],
  QS_PLAN_INPUT: ['user', 'The source does not emit what the features consume, by name and unit.'],
  QS_PLAN_COLUMN: ['user', 'A model names a column that the features do not offer to models.'],
  QS_PLAN_DECLARATION: ['user', 'A plugin rejects its configuration, or declares something impossible.'],
  QS_PLAN_ROLE: ['user', 'The role needs a channel, and the pipeline has none.'],
  QS_PLAN_ENDLESS: ['user', 'The command needs a source that comes to an end, and this one never does.'],
  QS_ARTIFACT: ['user', 'A model file cannot be used in this pipeline.'],
  QS_STATE_SIGNATURE: ['user', 'The saved state was made by another configuration.'],
  QS_STATE_CORRUPT: ['external', 'A checkpoint cannot be read back.'],
  QS_STATE_LAYOUT: ['user', 'The saved state was written by another version, whose layout this one does not read.'],
  QS_STATE_LOCKED: ['user', 'Another process runs this pipeline on the same state.'],
  QS_FENCED: ['external', 'Another process has taken over: what this one would still write is refused.'],
  QS_STORE_AWAY: ['external', 'The store of the checkpoints cannot be reached, or does not answer.'],
  QS_STORE_REFUSES: ['user', 'The store of the checkpoints refuses: a login, a right, or what it is set to.'],
  QS_DATA_FOLDER: ['user', 'A folder or file that the engine has to write cannot be written.'],
  QS_DISK_FULL: ['external', 'The disk of the state is full, or a quota is used up.'],
  QS_DISK_DENIED: ['external', 'The rights to read or write the state are missing.'],
  QS_DISK_READ_ONLY: ['external', 'The state lies on a file system that is read-only.'],
  QS_DISK_BROKEN: ['external', 'The disk of the state fails.'],
  QS_OPEN_FILES: ['external', 'The process or the machine has too many files open.'],
  QS_HTTP_LISTEN: ['user', 'The address of the health and metrics pages cannot be listened on.'],
  QS_CHANNEL: ['user', 'The broker between the two halves of a pipeline does not fit it, or refuses the login.'],
  QS_CHANNEL_REPLACED: [
    'user',
    'The topic is not the one that the state was made with: deleted and made anew, restored from an older copy, or cut off.',
  ],
  QS_SOURCE_FAILED: ['external', 'The source gave up.'],
  QS_SINK_FAILED: ['external', 'A sink gave up.'],
  QS_THREAD_FAILED: ['internal', 'A thread that judges ended, or ran out of memory.'],
  QS_PLUGIN_FAILED: ['internal', 'A features or model plugin threw while the stream was running.'],
} as const satisfies Record<string, readonly [Fault, string]>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that says what was found, what was expected and what to do. Recognised by its `code`, never by its class. */
export class QuantStreamError extends Error {
  readonly code: ErrorCode;
  readonly fault: Fault;
  /** Whether the same call may go through later. */
  readonly retry: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retry?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'QuantStreamError';
    this.code = code;
    this.fault = ERRORS[code][0];
    this.retry = options.retry ?? false;
  }
}

/** Whether something that was thrown is one of ours, of whichever copy of this package. */
export function isNamed(error: unknown): error is QuantStreamError {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && code.startsWith('QS_');
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
