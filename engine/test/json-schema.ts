/** The keywords of JSON Schema that the schema of pipeline files uses; another one is an error, so that none is passed over. */
const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default', 'unit', 'format', 'examples', 'if', 'then', 'else']);

type Schema = Readonly<Record<string, unknown>> | boolean;
type Check = (value: unknown, argument: never, schema: Readonly<Record<string, unknown>>) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (schema: Readonly<Record<string, unknown>>) => (schema.properties ?? {}) as Record<string, Schema>;
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const CHECKS: Readonly<Record<string, Check>> = {
  type: (value, types: string | string[]) =>
    [types]
      .flat()
      .some(
        (type) =>
          ({ object: isMap(value), array: Array.isArray(value), null: value === null, integer: Number.isInteger(value) })[type] ??
          typeof value === type,
      ),
  enum: (value, choices: unknown[]) => choices.some((choice) => same(choice, value)),
  const: (value, only) => same(only, value),
  properties: (value, properties: Record<string, Schema>) =>
    !isMap(value) || Object.entries(properties).every(([name, schema]) => !(name in value) || satisfies(value[name], schema)),
  required: (value, names: string[]) => !isMap(value) || names.every((name) => name in value),
  additionalProperties: (value, rest: Schema, schema) =>
    !isMap(value) || Object.keys(value).every((name) => name in own(schema) || satisfies(value[name], rest)),
  propertyNames: (value, names: Schema) => !isMap(value) || Object.keys(value).every((name) => satisfies(name, names)),
  items: (value, item: Schema) => !Array.isArray(value) || value.every((one) => satisfies(one, item)),
  minItems: (value, least: number) => !Array.isArray(value) || value.length >= least,
  maxItems: (value, most: number) => !Array.isArray(value) || value.length <= most,
  minLength: (value, least: number) => typeof value !== 'string' || value.length >= least,
  pattern: (value, pattern: string) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minimum: (value, least: number) => typeof value !== 'number' || value >= least,
  maximum: (value, most: number) => typeof value !== 'number' || value <= most,
  exclusiveMinimum: (value, below: number) => typeof value !== 'number' || value > below,
  anyOf: (value, schemas: Schema[]) => schemas.some((schema) => satisfies(value, schema)),
  allOf: (value, schemas: Schema[]) => schemas.every((schema) => satisfies(value, schema)),
};

/** Whether a value satisfies a JSON Schema (2020-12). */
export function satisfies(value: unknown, schema: Schema): boolean {
  if (typeof schema === 'boolean') return schema;
  for (const [keyword, argument] of Object.entries(schema)) {
    if (ANNOTATIONS.has(keyword)) continue;
    const check = CHECKS[keyword];
    if (!check) throw new Error(`this check does not know the keyword "${keyword}"`);
    if (!check(value, argument as never, schema)) return false;
  }
  if (schema.if === undefined) return true;
  const branch = satisfies(value, schema.if as Schema) ? schema.then : schema.else;
  return branch === undefined || satisfies(value, branch as Schema);
}
