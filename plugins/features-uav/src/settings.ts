// What the features of an aircraft are made by; `with:` without the choice of columns.

import { duration, z } from '@quantstream/engine';

const wholeMilliseconds = (text: string) =>
  duration(text).refine((ms) => ms >= 1 && Number.isInteger(ms), 'expected whole milliseconds, at least 1ms');

const place = z.tuple([
  z.number().min(-90).max(90).describe('Latitude.').meta({ unit: 'deg' }),
  z.number().min(-180).max(180).describe('Longitude.').meta({ unit: 'deg' }),
]);
const polygons = (text: string) => z.array(z.array(place).min(3)).default([]).describe(text);
const metres = (text: string) => z.number().positive().describe(text).meta({ unit: 'm' });

const fence = z
  .strictObject({
    fromVehicle: z
      .boolean()
      .default(true)
      .describe(
        'Whether what the vehicle says of its own fence counts: FENCE_ parameters and fence items, as far as the link carries them.',
      ),
    circle: z
      .strictObject({
        center: place.optional().describe('`[latitude, longitude]`; absent: home.'),
        radius: metres('Radius.'),
      })
      .optional()
      .describe('A circle to stay in.'),
    ceiling: z.number().optional().describe('Height above home to stay below.').meta({ unit: 'm' }),
    floor: z.number().optional().describe('Height above home to stay above.').meta({ unit: 'm' }),
    include: polygons('Polygons to stay in, each a list of `[latitude, longitude]`.'),
    exclude: polygons('Polygons to stay out of.'),
    excludeCircles: z
      .array(z.strictObject({ center: place.describe('`[latitude, longitude]`.'), radius: metres('Radius.') }))
      .default([])
      .describe('Circles to stay out of.'),
    deceleration: z
      .number()
      .positive()
      .default(2.5)
      .describe('How hard the aircraft can brake; ArduCopter slows down by 2.5 m/s² in most modes.')
      .meta({ unit: 'm/s²' }),
    reaction: wholeMilliseconds('Time before it begins to brake.').default(500).meta({ unit: 'ms' }),
  })
  .prefault({})
  .describe('What the aircraft must not leave.');

const battery = z
  .strictObject({
    cells: z
      .int()
      .min(0)
      .max(24)
      .default(0)
      .describe('Cells in series; 0: counted where they are sent one by one, else estimated from the first voltage.'),
    reserve: z.number().min(0).max(90).default(20).describe('Charge that should be left at landing.').meta({ unit: '%' }),
    homeSpeed: z.number().positive().default(5).describe('Ground speed of the way home.').meta({ unit: 'm/s' }),
    homeDescent: z.number().positive().default(1).describe('Speed of the descent at home.').meta({ unit: 'm/s' }),
  })
  .prefault({})
  .describe('The main battery.');

const motors = z
  .strictObject({
    outputs: z
      .array(z.int().min(1).max(16))
      .max(12)
      .default([])
      .describe('Servo outputs that drive the motors of a multicopter; empty: the first ones, as many as its type has.'),
    minimum: z.number().default(1_000).describe('Pulse width without thrust (ArduPilot: MOT_PWM_MIN).').meta({ unit: 'µs' }),
    maximum: z.number().default(2_000).describe('Pulse width of full thrust (ArduPilot: MOT_PWM_MAX).').meta({ unit: 'µs' }),
  })
  .prefault({})
  .describe('The motors.');

/** Everything but the choice of columns. */
export const shared = {
  every: wholeMilliseconds(
    'Time between two rows of a vehicle, in event time; rows stand at multiples of it since the epoch (UTC).',
  )
    .default(200)
    .meta({ unit: 'ms' }),
  staleAfter: wholeMilliseconds(
    'A value older than this is missing. On the ground, a vehicle that was not heard at all for so long has no rows until it is heard again.',
  )
    .default(3_000)
    .meta({ unit: 'ms' }),
  lostAfter: wholeMilliseconds('Rows of a vehicle that fell silent in flight go on for so long: silence is judged.')
    .default(60_000)
    .meta({ unit: 'ms' }),
  judgedAbove: z.number().min(0).default(3).describe('Height above home from which a flight is judged.').meta({ unit: 'm' }),
  words: z
    .boolean()
    .default(true)
    .describe(
      'Whether what the autopilot says of itself is told, of a warning or worse as a finding; and what has become worse over its flights.',
    ),
  spectrum: z
    .boolean()
    .default(false)
    .describe(
      'Whether rows hold what the gyroscope does in each of thirty bands of frequencies, for a picture over time (on-board logs).',
    ),
  battery,
  motors,
  fence,
};

/** What parts are made by. */
export type PartSettings = z.output<z.ZodObject<typeof shared>>;
