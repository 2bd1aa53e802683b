// Holds a part of a pipeline file to its schema, and words what zod complains of.

import type { z } from 'zod';
import { starred } from './echoed.js';
import { isSensitive } from './masked.js';
import { type Place, type Problem, suggestion } from './problems.js';
import { find, keyPlace, type Path, plain, type Tree } from './tree.js';

type Issue = z.core.$ZodIssue;

/**
 * Checks the value at `path` against a schema.
 * @param label what the value is, for messages: `with of source`; empty at the top
 * @returns the parsed value, or every problem with the place where it was written
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  tree: Tree,
  path: Path,
  label: string,
): { value: z.output<Schema>; problems: [] } | { value?: undefined; problems: Problem[] } {
  const { tree: subject, complete } = find(tree, path);
  const value = complete ? plain(subject) : {};
  let result = schema.safeParse(value);
  if (!result.success && coerceFilled(value, subject, result.error.issues)) result = schema.safeParse(value);
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => describe(issue, schema, tree, path, label)) };
}

/** Reads text that came from a variable as the number or truth value that the schema wants. @returns whether anything changed */
function coerceFilled(value: unknown, tree: Tree, issues: readonly Issue[]): boolean {
  let changed = false;
  for (const { path } of issues) {
    const steps = path as (string | number)[];
    const { tree: scalar, complete } = find(tree, steps);
    if (!complete || scalar.kind !== 'scalar' || !scalar.filled || typeof scalar.value !== 'string' || steps.length === 0)
      continue;
    const text = scalar.value.trim();
    const number = Number(text);
    const better = text === 'true' ? true : text === 'false' ? false : text !== '' && !Number.isNaN(number) ? number : undefined;
    if (better === undefined) continue;
    // biome-ignore lint/suspicious/noExplicitAny: a plain value made from the tree a moment ago
    const parent = steps.slice(0, -1).reduce<any>((at, step) => at[step], value);
    parent[steps.at(-1)!] = better;
    changed = true;
  }
  return changed;
}

function describe(issue: Issue, schema: z.core.$ZodType, tree: Tree, base: Path, label: string): Problem[] {
  const steps = issue.path as (string | number)[];
  const path = [...base, ...steps];
  const name = steps.length > 0 ? steps.join('.') : label;
  const { tree: at, complete } = find(tree, path);

  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAt(schema, steps);
    const where = steps.length > 0 ? name : label || 'the pipeline file';
    return issue.keys.map((key) => ({
      code: 'QS_CONFIG_UNKNOWN_KEY',
      place: keyPlace(tree, path, key),
      message: `unknown key "${key}" in ${where}; allowed: ${allowed.join(', ')}.${suggestion(key, allowed)}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const key = String(steps.at(-1));
    const what = issue.issues[0]?.message ?? issue.message;
    return [
      {
        code: 'QS_CONFIG_VALUE',
        place: keyPlace(tree, path.slice(0, -1), key),
        message: `the name "${key}" cannot stand here: ${what}`,
      },
    ];
  }
  if (!complete) {
    const missing = steps.at(-1) ?? label;
    const where = steps.length > 1 ? `${steps.slice(0, -1).join('.')}` : label || 'the pipeline file';
    const message = `${where} lacks "${missing}"; add it: ${expected(issue)}`;
    return [{ code: 'QS_CONFIG_MISSING_KEY', place: at.place, message }];
  }
  // In the frame of the file names are people's own: a model may be called `passes`.
  const named = (base.length > 0 ? steps : steps.slice(-1)).some(isSensitive);
  const outside = at.kind === 'scalar' && at.secret === true;
  const hidden = named || outside;
  // What came from a variable is not written there.
  const place = named && !outside ? withoutValue(at.place) : at.place;
  const found =
    at.kind === 'scalar'
      ? hidden
        ? 'a hidden value'
        : JSON.stringify(at.value)
      : at.kind === 'list'
        ? at.items.length > 0
          ? 'a list'
          : 'an empty list'
        : 'a map';
  const near =
    issue.code === 'invalid_value' && at.kind === 'scalar' && typeof at.value === 'string' && !hidden
      ? suggestion(at.value, issue.values.map(String))
      : '';
  const message =
    issue.code === 'custom'
      ? `${name}: ${issue.message}${hasFound(issue, at) ? '' : `; found ${found}`}`
      : `${name}: ${expected(issue)}, found ${found}.${near}`;
  return [{ code: 'QS_CONFIG_VALUE', place, message }];
}

/** A custom message that already quotes what was found, or that speaks of a map as a whole. */
function hasFound(issue: Issue, at: Tree): boolean {
  return at.kind !== 'scalar' || (typeof at.value === 'string' && issue.message.includes(at.value));
}

/** The place of a secret, without it. */
function withoutValue(place: Place): Place {
  const from = place.column - 1;
  const to = from + place.width;
  return { ...place, source: place.source.slice(0, from) + starred(place.source.slice(from, to)) + place.source.slice(to) };
}

/** The keys that a schema knows at a path, through its wrappers. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const def = schema._zod.def as {
    type: string;
    shape?: Record<string, z.core.$ZodType>;
    innerType?: z.core.$ZodType;
    in?: z.core.$ZodType;
    element?: z.core.$ZodType;
    valueType?: z.core.$ZodType;
    options?: z.core.$ZodType[];
  };
  const [step, ...rest] = path;
  if (def.innerType) return keysAt(def.innerType, path);
  if (def.type === 'pipe') return keysAt(def.in!, path);
  if (def.options) return [...new Set(def.options.flatMap((option) => keysAt(option, path)))];
  if (step === undefined) return Object.keys(def.shape ?? {});
  const next = def.shape?.[String(step)] ?? def.element ?? def.valueType;
  return next ? keysAt(next, rest) : [];
}

const TYPES: Record<string, string> = {
  record: 'a map',
  object: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const amount = (count: number | bigint, origin: string): string =>
  `${count} ${origin === 'array' ? 'item' : 'character'}${Number(count) === 1 ? '' : 's'}`;

/** `expected a number between …`, from an issue. */
function expected(issue: Issue): string {
  // A plugin's own words, where its schema has some, say more than the type.
  if (!/^(Invalid|Too|Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `expected ${JSON.stringify(issue.values[0])}`
        : `expected one of ${issue.values.join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `expected at least ${amount(issue.minimum, issue.origin)}`
        : `expected a number ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `expected at most ${amount(issue.maximum, issue.origin)}`
        : `expected a number ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`;
    case 'invalid_union':
      return `expected ${[...new Set(issue.errors.flat().map((inner) => expected(inner as Issue).replace(/^expected /, '')))].join(', or ')}`;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    default:
      return issue.message;
  }
}
