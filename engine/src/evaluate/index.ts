/** Labels, metrics and reports: how well detectors order the rows of a recording. Pure: no file is read here. */
export * from './backtest.js';
export * from './baselines.js';
export * from './configured.js';
export * from './curves.js';
export * from './evaluate.js';
export * from './events.js';
export * from './field.js';
export * from './html.js';
export * from './labels.js';
export * from './match.js';
export * from './nab.js';
export * from './recording.js';
export * from './report.js';
export * from './series.js';
export * from './sweep.js';
export * from './text.js';
export * from './volume.js';
