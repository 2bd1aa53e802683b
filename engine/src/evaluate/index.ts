/** Labels, metrics and reports: how well detectors order the rows of a recording. Pure: no file is read here. */

export * from '../check/check.js';
export * from '../check/page/html.js';
export * from '../check/recording.js';
export * from '../check/report.js';
export * from '../check/text.js';
export * from './backtest.js';
export * from './baselines.js';
export * from './configured.js';
export * from './evaluate.js';
export * from './labels.js';
export * from './metrics/curves.js';
export * from './metrics/events.js';
export * from './metrics/field.js';
export * from './metrics/match.js';
export * from './metrics/nab.js';
export * from './metrics/ranking.js';
export * from './metrics/sweep.js';
export * from './metrics/volume.js';
export * from './recording.js';
export * from './report/html.js';
export * from './report/report.js';
export * from './report/text.js';
export * from './series.js';
