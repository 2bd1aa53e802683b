/** As much of a dashboard's JSON as the tests look at. */
export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly DashboardPanel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly target: Query }[] };
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly datasource: DataSource;
      readonly query: string | { readonly query: string };
    }[];
  };
}
interface DashboardPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Query[];
  readonly panels?: readonly DashboardPanel[];
}
interface DataSource {
  readonly type: string;
  readonly uid: string;
}
interface Query {
  readonly refId: string;
  readonly datasource: DataSource;
  readonly rawSql?: string;
  readonly expr?: string;
}
export interface SqlQuery {
  readonly title: string;
  readonly rawSql: string;
}

/** Every query of a dashboard: of panels, annotations and variables, with where it stands. */
export function queriesOf(dashboard: Dashboard): (Query & { readonly title: string })[] {
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const variables = dashboard.templating.list.map(({ name, datasource, query }) => ({
    title: `variable ${name}`,
    refId: 'variable',
    datasource,
    ...(typeof query === 'string' ? { rawSql: query } : { expr: query.query }),
  }));
  return [
    ...panels.flatMap(({ title, targets }) => (targets ?? []).map((target) => ({ ...target, title }))),
    ...dashboard.annotations.list.map(({ name, target }) => ({ ...target, title: `annotation ${name}` })),
    ...variables,
  ];
}

export const sqlOf = (dashboard: Dashboard): SqlQuery[] =>
  queriesOf(dashboard).flatMap(({ title, rawSql }) => (rawSql === undefined ? [] : [{ title, rawSql }]));

export const promqlOf = (dashboard: Dashboard): string[] => queriesOf(dashboard).flatMap(({ expr }) => expr ?? []);

export interface Values {
  /** The time range, ISO. */
  readonly from: string;
  readonly to: string;
  readonly intervalMs: number;
  readonly pipeline: string;
  readonly key: string;
}

/**
 * Expands what Grafana expands in a query of PostgreSQL, in its order: variables (in the browser), intervals, then macros (in the
 * server, whose arguments end at the first parenthesis). `$__timeGroup` is not among them: what it becomes depends on a flag of the data
 * source, so the dashboards use `date_bin`, which is the same with and without TimescaleDB.
 * @throws {Error} for a variable or macro that it does not know, as Grafana would
 */
export function expand(text: string, values: Values): string {
  const { from, to, intervalMs } = values;
  const variables: Record<string, string> = { pipeline: values.pipeline, key: values.key };
  const filled = text
    .replace(/\$\{(\w+):sqlstring\}/g, (_, name: string) => {
      if (variables[name] === undefined) throw new Error(`unknown variable ${name}`);
      return `'${variables[name].replaceAll("'", "''")}'`;
    })
    .replaceAll('$__interval_ms', String(intervalMs))
    .replaceAll('$__interval', `${intervalMs}ms`);
  const macros: Record<string, (...args: string[]) => string> = {
    __timeFilter: (column) => `${column} BETWEEN '${from}' AND '${to}'`,
    __timeFrom: () => `'${from}'`,
    __timeTo: () => `'${to}'`,
  };
  const expanded = filled.replace(/\$(\w+)\(([^)]*)\)/g, (_, name: string, args: string) => {
    const macro = macros[name];
    if (!macro) throw new Error(`unknown macro ${name}`);
    return macro(...args.split(',').map((arg) => arg.trim()));
  });
  const left = /\$[{_a-zA-Z]\S*/.exec(expanded);
  if (left) throw new Error(`nothing expands ${left[0]} in: ${text}`);
  return expanded;
}
