// The declaration of rules, and the model that they are.

import { API_VERSION, defineModel, type Explanation, type Model, type ModelHost, type Severity } from '@quantstream/engine';
import { configSchema, type Settings } from './config.js';
import { limitsOf } from './limits.js';
import { initialRule, Rule, type RuleState } from './rule.js';

const RANK: Readonly<Record<Severity, number>> = { info: 1, warning: 2, critical: 3 };

/** State of every rule, by name. */
type State = Record<string, RuleState>;

class RulesModel implements Model {
  readonly version: string;
  private readonly rules: readonly Rule[];

  constructor({ rules }: Settings, state: State, host: ModelHost) {
    this.version = `rules-${Object.keys(rules).length}`;
    this.rules = Object.entries(rules).map(([name, settings]) => {
      // A rule that was added since the state was saved.
      state[name] ??= initialRule();
      return new Rule(name, settings, host.columns, state[name]);
    });
  }

  score(row: Float64Array, time: number): number {
    let worst = 0;
    for (const rule of this.rules) {
      const rank = RANK[rule.severity];
      if (rank > worst && rule.fires(row, time)) worst = rank;
    }
    return worst;
  }

  learn(row: Float64Array, time: number): void {
    for (const rule of this.rules) rule.learn(row, time);
  }

  explain(row: Float64Array, out: Explanation, time = Number.NaN): void {
    const firing = this.rules.filter((rule) => rule.fires(row, time)).sort((a, b) => RANK[b.severity] - RANK[a.severity]);
    const [worst] = firing;
    out.contributions.fill(0);
    out.directions.fill(0);
    out.baseline = 0;
    out.total = worst ? RANK[worst.severity] : 0;
    out.severity = worst?.severity;
    out.reasons = firing.map((rule) => rule.message(row));
    out.topics = firing.map(({ name, severity, subsystem }, i) => {
      const topic = { name, severity, reason: out.reasons[i]! };
      return subsystem === undefined ? topic : { ...topic, subsystem };
    });
    if (!worst) return;
    for (const column of worst.columns) out.contributions[column] = out.total / worst.columns.length;
    // A rule over no column at all still explains its score.
    if (worst.columns.length === 0) out.baseline = out.total;
  }
}

const NOTES = `
## Conditions

\`when\` and \`until\` are made of numbers (\`0.5%\` is 0.005), the model's columns, \`+ - * /\`, \`abs(x)\`, \`min(x, y)\`, \`max(x, y)\`, the comparisons
\`< <= > >= == !=\`, \`and\`, \`or\`, \`not\` and parentheses; \`and\` binds closer than \`or\`. A comparison with a missing value, and a division by zero, is unknown
(Kleene's logic): a rule fires only on what is known to hold.

- **Method:** a rule fires once \`when\` has held for \`for\` of event time, and goes on until \`until\` holds. Its score is 1 (info), 2 (warning) or 3 (critical), of
  several that fire the worst. Rules decide by themselves: they need no calibration, take no part in \`contamination\` or \`perDay\`, and are active from the first row.
- **Cost:** well below a microsecond a rule; some ten bytes of state.
- **Weakness:** it finds what somebody thought of, at the level that somebody chose.
- **Explanation:** the columns of the worst rule share its score equally; its message is the reason. Every rule that fires is a
  topic of the episode, told once in it.
`;

/** Named conditions over columns, for what is known to be wrong beforehand: limits of a machine, of a contract, of a law. */
export default defineModel({
  name: 'rules',
  api: API_VERSION,
  about: 'Named conditions over columns, with duration, hysteresis, severity and a message.',
  config: configSchema,
  example: {
    rules: {
      wide_spread: {
        when: 'abs(spread) > 0.5%',
        for: '3s',
        until: 'abs(spread) < 0.4%',
        severity: 'warning',
        message: 'the spread is {spread}',
      },
    },
  },
  notes: NOTES,
  acceptsMissing: true,
  decides: true,
  stateVersion: 1,
  check: ({ rules }, columns) =>
    Object.entries(rules).flatMap(([name, settings]) => {
      try {
        new Rule(name, settings, columns, initialRule());
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    }),
  limits: ({ rules }, columns) => limitsOf(rules, new Set(columns.map(({ name }) => name))),
  initialState: (): State => ({}),
  create: (settings, state: State, host) => new RulesModel(settings, state, host),
});
