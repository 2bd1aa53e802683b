/** A named part of a model's configuration that speaks of columns: a rule, say. */
export interface NamedPart {
  readonly name: string;
  /** In the order in which its texts name them. */
  readonly columns: readonly string[];
  /** Its texts that name columns, by the name of the field: `when`. */
  readonly conditions: Readonly<Record<string, string>>;
}

const WORD = /[A-Za-z_][A-Za-z0-9_]*/g;
/** A place in a sentence that a value is put into. */
const PLACEHOLDER = /\{[^}]*\}/g;

/** The named parts of a configuration in which a text names a column, wherever they stand in it. */
export function namedParts(config: unknown, columns: readonly string[]): NamedPart[] {
  const found: NamedPart[] = [];
  const known = new Set(columns);
  const visit = (name: string, value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    const conditions: Record<string, string> = {};
    const named = new Set<string>();
    for (const [field, part] of Object.entries(value)) {
      if (typeof part !== 'string') {
        visit(field, part);
        continue;
      }
      const words = (part.replace(PLACEHOLDER, '').match(WORD) ?? []).filter((word) => known.has(word));
      // A sentence for people may contain a word that is a column's name as well.
      if (words.length === 0 || part.includes('{')) continue;
      conditions[field] = part;
      for (const word of words) named.add(word);
    }
    if (name !== '' && named.size > 0) found.push({ name, columns: [...named], conditions });
  };
  visit('', config);
  return found;
}
