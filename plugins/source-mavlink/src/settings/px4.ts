// Parameters of PX4 that become settings, by the names that ArduPilot has for them.

/** Which parameters say something of the battery and the fence. Source: https://docs.px4.io/main/en/advanced_config/parameter_reference.html */
const CAPACITIES = new Set(['BAT1_CAPACITY', 'BAT_CAPACITY']);
const FENCE = new Set(['GF_ACTION', 'GF_MAX_HOR_DIST', 'GF_MAX_VER_DIST']);
/** Those of them that every PX4 of today has. */
export const PX4_SETTINGS = ['BAT1_CAPACITY', ...FENCE];
/** FENCE_TYPE. */
const CEILING = 1;
const CIRCLE = 2;

/**
 * The settings that a parameter makes, if any.
 * @param kept what was said before of those that are told together; changed in place
 */
export function settingsOf(name: string, value: number, kept: Map<string, number>): Record<string, number> | undefined {
  if (CAPACITIES.has(name)) return value > 0 ? { batt_capacity: value } : undefined;
  if (!FENCE.has(name)) return undefined;
  kept.set(name, value);
  const [action, radius, height] = [...FENCE].map((one) => kept.get(one)) as [number?, number?, number?];
  if (action === undefined || radius === undefined || height === undefined) return undefined;
  return {
    fence_enable: action > 0 && (radius > 0 || height > 0) ? 1 : 0,
    fence_type: (radius > 0 ? CIRCLE : 0) + (height > 0 ? CEILING : 0),
    fence_radius: radius,
    fence_alt_max: height,
  };
}
