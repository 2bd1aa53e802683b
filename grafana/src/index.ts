// The dashboards, as the generator script takes them.

export { engineDashboard } from './engine-dashboard.js';
export { type Hint, pipelineDashboard, type Shown } from './pipeline-dashboard.js';
export type { Candle, TableNames } from './queries.js';
