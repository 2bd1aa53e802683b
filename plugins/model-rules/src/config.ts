// What `with:` of rules holds.

import { duration, z } from '@quantstream/engine';

const rule = z.strictObject({
  when: z.string().min(1).describe('The condition, over the columns of the model: `abs(spread) > 0.5% and volume > 0`.'),
  for: duration('How long it must hold without a break before the rule fires, in event time').default(0).meta({ unit: 'ms' }),
  until: z
    .string()
    .min(1)
    .optional()
    .describe('Once it fires, the rule goes on until this holds (hysteresis); absent: until `when` no longer does.'),
  severity: z.enum(['info', 'warning', 'critical']).default('warning').describe('How bad it is; scores 1, 2 and 3.'),
  subsystem: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'expected small letters, digits, - and _, beginning with a letter')
    .optional()
    .describe(
      'The part of the whole that is at fault by it: `gps`, `database`. Its topic carries it, and labels may ask for it.',
    ),
  message: z
    .string()
    .min(1)
    .optional()
    .describe('What people are told; `{spread}` stands for the value of a column. Absent: the name and the condition.'),
});

export const configSchema = z.strictObject({
  rules: z
    .record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'expected small letters, digits, - and _, beginning with a letter'), rule)
    .refine((rules) => Object.keys(rules).length > 0, { message: 'expected at least one rule' })
    .describe('The rules, by name.'),
});

export type Settings = z.output<typeof configSchema>;
export type RuleSettings = Settings['rules'][string];
