import {
  ardupilotmega,
  asluav,
  common,
  development,
  icarous,
  type MavLinkData,
  type MavLinkDataConstructor,
  minimal,
  standard,
  storm32,
  ualberta,
  uavionix,
} from 'node-mavlink';

/** The definition of a message, as node-mavlink generates it from the XML of its dialect. */
export type Definition = MavLinkDataConstructor<MavLinkData>;

const DIALECTS = [
  minimal,
  common,
  standard,
  ardupilotmega,
  uavionix,
  icarous,
  asluav,
  development,
  ualberta,
  storm32,
] as readonly { readonly REGISTRY: Readonly<Record<number, Definition>> }[];

/** Every known message by its id, all dialects together: none of them gives an id of another a second meaning (a test holds this). */
export const definitions: ReadonlyMap<number, Definition> = new Map(
  DIALECTS.flatMap(({ REGISTRY }) => Object.values(REGISTRY).map((definition) => [definition.MSG_ID, definition] as const)),
);

/** The same by name: `SYS_STATUS`. */
export const byName: ReadonlyMap<string, Definition> = new Map(
  [...definitions.values()].map((definition) => [definition.MSG_NAME, definition]),
);

/** What a frame parser must know of the messages: flat, indexed by message id. */
export interface MessageTable {
  /** CRC_EXTRA, or −1 where the id is unknown. */
  readonly crcExtra: Int16Array;
  /** Payload bytes without extension fields: what MAVLink 1 sends at least. */
  readonly baseLength: Uint8Array;
  /** Payload bytes with all fields. */
  readonly fullLength: Uint8Array;
}

/** Ids go up to 2²⁴ − 1; no dialect uses more than this. */
const IDS = 65_536;

/** Payload bytes of the fields before the extensions. */
export function baseLengthOf(definition: Definition): number {
  let end = 0;
  for (const { extension, offset, size, length } of definition.FIELDS) {
    if (!extension) end = Math.max(end, offset + size * Math.max(length, 1));
  }
  return end;
}

/** The table of all known messages. */
export const messageTable: MessageTable = makeTable();

function makeTable(): MessageTable {
  const table = {
    crcExtra: new Int16Array(IDS).fill(-1),
    baseLength: new Uint8Array(IDS),
    fullLength: new Uint8Array(IDS),
  };
  for (const [id, definition] of definitions) {
    table.crcExtra[id] = definition.MAGIC_NUMBER;
    table.baseLength[id] = baseLengthOf(definition);
    table.fullLength[id] = definition.PAYLOAD_LENGTH;
  }
  return table;
}
