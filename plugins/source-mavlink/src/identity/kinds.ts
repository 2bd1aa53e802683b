// What flies, in words.

/** Names of MAV_TYPE. Source: https://mavlink.io/en/messages/common.html#MAV_TYPE */
const TYPES: Readonly<Record<number, string>> = {
  1: 'plane',
  2: 'quadrotor',
  3: 'coaxial helicopter',
  4: 'helicopter',
  5: 'antenna tracker',
  7: 'airship',
  10: 'rover',
  11: 'boat',
  12: 'submarine',
  13: 'hexarotor',
  14: 'octorotor',
  15: 'tricopter',
  19: 'VTOL with two motors',
  20: 'VTOL with four motors',
  21: 'VTOL with tilting motors',
  22: 'VTOL with motors to lift and to fly',
  23: 'VTOL that sits on its tail',
  24: 'VTOL with a tilting wing',
  29: 'dodecarotor',
  35: 'decarotor',
};

/** What a MAV_TYPE is called. */
export const kindOf = (type: number): string => TYPES[type] ?? `vehicle of type ${type}`;
