/**
 * What sources of metrics share: which series the columns are, by name and labels, and how columns are called.
 * @packageDocumentation
 */
export { type ColumnPlan, checkColumns, columnName, columnsOf, columnsSchema, optionalSchema } from './columns.js';
export {
  columnOf,
  type Labelled,
  labelledOf,
  type Matcher,
  matcherOf,
  parseSelector,
  type Selector,
  sayingOf,
} from './selectors.js';
