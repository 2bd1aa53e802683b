// What parts read of the messages of an aircraft.

export const COMMON = 'https://mavlink.io/en/messages/common.html';
export const ARDUPILOT = 'https://mavlink.io/en/messages/ardupilotmega.html';

/** Numbers of one message, by field. */
export type Values = Readonly<Record<string, number>>;

export const optional = (unit: string) => ({ unit, optional: true }) as const;

/** Optional inputs of one type that share a unit. */
export function fields(unit: string, ...names: readonly string[]): Record<string, { unit: string; optional: true }> {
  return Object.fromEntries(names.map((name) => [name, optional(unit)]));
}
