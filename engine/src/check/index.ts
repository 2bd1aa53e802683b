/** What a recording shows, and what of it could not be judged. Pure: no file is read here. */
export * from './check.js';
export * from './page/page.js';
export * from './past/page.js';
export * from './past/past.js';
export * from './past/text.js';
export * from './recording.js';
export * from './report.js';
export { type Comparison, compareSettings, type KeptSettings } from './settings.js';
export * from './text.js';
