// Which series a column is made of: a metric by its name as it is in the data, and what its labels must be.

/** What must hold of a label; a series without the label has it empty. */
export interface Matcher {
  readonly label: string;
  readonly says: string;
  readonly holds: (value: string) => boolean;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

const SELECTOR = /^([^{}]+?)\s*(?:\{(.*)\})?$/s;
const MATCHER = /^\s*([^\s=!~{},"']+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?:,|$)/s;

/**
 * Takes apart `node_cpu_seconds_total{mode="user",cpu!~"1.*"}`, written as in PromQL; a name may hold anything but braces.
 * @throws what is wrong with it, in a sentence
 */
export function parseSelector(text: string): Selector {
  const [, metric, within = ''] = SELECTOR.exec(text.trim()) ?? [];
  if (metric === undefined) throw new Error(`expected a metric such as node_load1 or node_cpu_seconds_total{mode="user"}`);
  const matchers: Matcher[] = [];
  let rest = within;
  while (rest.trim() !== '') {
    const [whole, label, how, quoted] = MATCHER.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`expected labels such as {mode="user",cpu!="0"}, and found {${within}}`);
    matchers.push(matcherOf(label!, how!, quoted!.slice(1, -1).replaceAll(/\\(.)/gs, '$1')));
    rest = rest.slice(whole.length);
  }
  return { metric, matchers };
}

/** @param how `=`, `!=`, `=~` or `!~`; the last two take the whole of a value */
export function matcherOf(label: string, how: string, value: string): Matcher {
  const says = `${label}${how}${JSON.stringify(value)}`;
  if (how === '=') return { label, says, holds: (found) => found === value };
  if (how === '!=') return { label, says, holds: (found) => found !== value };
  const pattern = new RegExp(`^(?:${value})$`, 's');
  return { label, says, holds: how === '=~' ? (found) => pattern.test(found) : (found) => !pattern.test(found) };
}

/** One series: its metric and its labels. */
export interface Labelled {
  readonly metric: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** Takes apart the name of one series, `node_cpu_seconds_total{mode="user",cpu="0"}`. @returns `undefined` where it names none; time is linear */
export function labelledOf(text: string): Labelled | undefined {
  const begin = text.indexOf('{');
  const metric = text.slice(0, Math.max(begin, 0)).trim();
  if (metric === '' || !text.endsWith('}')) return undefined;
  const labels = new Map<string, string>();
  let rest = text.slice(begin + 1, -1);
  while (rest.trim() !== '') {
    const [whole, label, how, quoted] = MATCHER.exec(rest) ?? [];
    if (whole === undefined || how !== '=') return undefined;
    labels.set(label!, unquoted(quoted!));
    rest = rest.slice(whole.length);
  }
  return { metric, labels };
}

/** A text in quotes, escaped as JSON and Prometheus do. */
function unquoted(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
  }
}

/** A selector as it is written in PromQL. */
export function sayingOf({ metric, matchers }: Selector): string {
  return matchers.length === 0 ? metric : `${metric}{${matchers.map(({ says }) => says).join(',')}}`;
}

/** A column is called by so many characters at most. */
const LONGEST_NAME = 63;

/**
 * The column of a metric whose column is not named: small letters, digits and `_`, a `_` for all between them, then the values of its labels:
 * `system.cpu.pct` → `system_cpu_pct`, `node_cpu_seconds_total{mode="user"}` → `node_cpu_seconds_total_user`.
 */
export function columnOf(text: string): string {
  const { metric, matchers } = parseSelector(text);
  const values = matchers.map(({ says }) => says.slice(says.indexOf('"')));
  const name = [metric, ...values]
    .join('_')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return (/^[a-z]/.test(name) ? name : `x_${name}`).slice(0, LONGEST_NAME).replace(/_+$/, '');
}
