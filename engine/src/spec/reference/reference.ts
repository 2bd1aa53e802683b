import { z } from 'zod';
import { type Column, formatDuration, type Plugin } from '../../api/index.js';
import { SETS } from '../defaults.js';
import { pipelineSchema } from '../schema.js';
import { allowVariables } from './editor.js';

/** One field of a configuration, as documentation shows it. */
export interface FieldReference {
  /** `simulator.seed` for a nested one. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  /** JSON of the default; absent when there is none. */
  readonly default?: string;
  readonly about: string;
}

interface JsonSchema {
  readonly type?: string | string[];
  readonly format?: string;
  readonly unit?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly required?: string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: unknown[];
  readonly const?: unknown;
  readonly anyOf?: JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
}

/** The JSON Schema of what a user writes. */
export function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: node, zodSchema }) => {
      // Code counts milliseconds; a user writes `5s`. A default behind a transformation is the code's, and not shown by itself.
      const { defaultValue } = zodSchema._zod.def as { defaultValue?: unknown };
      if (node.format === 'duration' && typeof defaultValue === 'number') node.default = formatDuration(defaultValue);
    },
  });
  return rest;
}

/** The fields of a configuration schema, nested ones flattened. */
export function fieldsOf(schema: z.ZodType): FieldReference[] {
  return flatten(jsonSchema(schema) as JsonSchema, '');
}

function flatten(schema: JsonSchema, prefix: string): FieldReference[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const own: FieldReference = {
      path,
      type: field.unit === undefined || field.format === 'duration' ? typeOf(field) : `${typeOf(field)} (${field.unit})`,
      required: (schema.required ?? []).includes(name) && field.default === undefined,
      ...(field.default === undefined ? {} : { default: JSON.stringify(field.default) }),
      about: field.description ?? '',
    };
    const entries = typeof field.additionalProperties === 'object' ? flatten(field.additionalProperties, `${path}.NAME.`) : [];
    const either = (field.anyOf ?? []).flatMap((one) => flatten(one, `${path}.`));
    return [own, ...flatten(field, `${path}.`), ...either, ...entries];
  });
}

function typeOf(field: JsonSchema): string {
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (field.anyOf) return [...new Set(field.anyOf.map(typeOf))].join(' | ');
  if (field.type === 'array') return `list of ${field.items ? typeOf(field.items) : 'anything'}`;
  if (field.type === 'object') return 'map';
  if (field.format === 'duration') return 'duration';
  if (field.type === 'string') return 'text';
  return Array.isArray(field.type) ? field.type.join(' | ') : (field.type ?? 'anything');
}

/** JSON Schema of pipeline files, with the configuration of each given plugin under its `use`. */
export function editorSchema(plugins: readonly Plugin[]): object {
  const schema = allowVariables(jsonSchema(pipelineSchema)) as Part & { properties: Record<string, unknown> };
  const choose = (kind: Plugin['kind']) =>
    plugins
      .filter((plugin) => plugin.kind === kind)
      .map((plugin) => ({
        if: { properties: { use: { const: plugin.name } }, required: ['use'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { properties: { with: allowVariables(jsonSchema(plugin.config)) } },
      }));
  const { source, features, models, sinks } = schema.properties as Record<string, Part & { additionalProperties?: Part }>;
  const model = models!.additionalProperties!;
  const sink = sinks!.additionalProperties!;
  Object.assign(source!, { allOf: choose('source') });
  Object.assign(features!, { allOf: choose('features') });
  // `null` removes one that the file below has.
  Object.assign(model, { allOf: choose('model'), type: ['object', 'null'] });
  // Or the name of a set.
  Object.assign(models!, { type: ['object', 'string'], pattern: `^(${Object.keys(SETS).join('|')}|.*\\$\\{.*)$` });
  Object.assign(sink, { allOf: choose('sink'), type: ['object', 'null'] });
  const base = {
    type: 'string',
    description: 'a pipeline file to lay this one over: maps merge, lists and scalars replace, null removes',
  };
  const need = (part: Part) => {
    const { required } = part;
    delete part.required;
    return { required };
  };
  // A file that extends another may leave out anything.
  const whole = {
    ...need(schema),
    properties: {
      source: need(source!),
      features: need(features!),
      models: { additionalProperties: need(model) },
      sinks: { additionalProperties: need(sink) },
    },
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'QuantStream pipeline',
    ...schema,
    properties: { extends: base, ...schema.properties },
    if: { required: ['extends'] },
    else: whole,
  };
}

interface Part {
  required?: string[];
}

/** The reference of a plugin in Markdown: its README. */
export function referenceOf(plugin: Plugin): string {
  const parts = [`# ${plugin.kind}: ${plugin.name}`, plugin.about, '```yaml', exampleOf(plugin), '```'];
  const lines = [parts.slice(0, 2).join('\n\n'), parts.slice(2).join('\n'), '## Configuration', fieldTable(plugin.config)];
  if (plugin.kind === 'source') {
    const parsed = plugin.config.safeParse(plugin.example ?? {});
    if (parsed.success) lines.push('## What it emits', emitsTable(plugin.emits(parsed.data)));
  }
  if (plugin.kind === 'features') {
    const columns = plugin.catalogue ?? [];
    lines.push('## Columns', columnTable(columns));
  }
  if (plugin.kind === 'sink') lines.push('## Delivery', `${plugin.delivery}.`);
  if (plugin.notes) lines.push(plugin.notes.trim());
  return `${lines.join('\n\n')}\n`;
}

function exampleOf(plugin: Plugin): string {
  const given = Object.entries((plugin.example ?? {}) as Record<string, unknown>).map(([key, value]) => `${key}: ${flow(value)}`);
  const use = `{ use: ${plugin.name}${given.length > 0 ? `, with: { ${given.join(', ')} }` : ''} }`;
  if (plugin.kind === 'model') return `models:\n  ${plugin.name}: ${use.replace('{ use', '{ columns: […], use')}`;
  if (plugin.kind === 'sink') return `sinks:\n  ${plugin.name}: ${use}`;
  if (plugin.kind === 'store') return `checkpoint: { ${[`store: ${plugin.name}`, ...given].join(', ')} }`;
  return `${plugin.kind}: ${use}`;
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${flow(part)}`)
      .join(', ')} }`;
  const text = String(value);
  return typeof value === 'string' && /[:{}[\],#$]/.test(text) ? `'${text}'` : text;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function fieldTable(schema: z.ZodType): string {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return 'None.';
  const rows = fields.map((field) => [
    `\`${field.path}\``,
    field.type,
    field.default === undefined ? (field.required ? '**required**' : '') : `\`${field.default}\``,
    field.about,
  ]);
  return table(['field', 'type', 'default', 'what it is'], rows);
}

function emitsTable(emits: ReturnType<Extract<Plugin, { kind: 'source' }>['emits']>): string {
  const rows = Object.entries(emits).flatMap(([type, { fields }]) =>
    Object.entries(fields).map(([name, field]) => [
      `\`${type}.${name}\``,
      field.unit,
      field.optional ? 'sometimes' : 'always',
      field.about,
    ]),
  );
  return table(['field', 'unit', 'present', 'what it is'], rows);
}

export function columnTable(columns: readonly Column[]): string {
  const rows = columns.map((column) => [
    `\`${column.name}\``,
    column.unit,
    column.role,
    column.warmUp === undefined ? '' : String(column.warmUp),
    column.formula,
    [
      column.about.replace(/\.$/, ''),
      column.source ? `Source: ${column.source}` : '',
      column.needs ? `Needs ${column.needs.join(', ')}` : '',
    ]
      .filter(Boolean)
      .join('. '),
  ]);
  return table(['column', 'unit', 'role', 'warm-up (rows)', 'formula', 'what it is'], rows);
}
