// The JSON Schema that editors complete and check pipeline files with.

type Node = Record<string, unknown>;

const VARIABLE = { type: 'string', pattern: '\\$\\{.+\\}' };
const SCALARS = ['string', 'number', 'integer', 'boolean'];

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON Schema of a value, with `${VARIABLE}` allowed wherever a scalar stands: an editor sees a file before it is filled in. */
export function allowVariables(schema: unknown): unknown {
  if (!isNode(schema)) return schema;
  const { properties, items, additionalProperties, anyOf, allOf, oneOf, description, default: fallback, unit, ...rest } = schema;
  if (typeof rest.type === 'string' ? SCALARS.includes(rest.type) : rest.const !== undefined || rest.enum !== undefined) {
    // Text without further rules may hold a variable anyway.
    if (rest.type === 'string' && Object.keys(rest).length === 1) return schema;
    return defined({ description, default: fallback, unit, anyOf: [rest, VARIABLE] });
  }
  const each = (list: unknown) => (Array.isArray(list) ? list.map(allowVariables) : undefined);
  const named = isNode(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, allowVariables(part)]))
    : undefined;
  return defined({
    ...rest,
    description,
    default: fallback,
    unit,
    properties: named,
    items: allowVariables(items),
    additionalProperties: allowVariables(additionalProperties),
    anyOf: each(anyOf),
    allOf: each(allOf),
    oneOf: each(oneOf),
  });
}

function defined(node: Node): Node {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined));
}
