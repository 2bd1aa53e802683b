// The colours of the reports in both themes. They are those of the page of a running pipeline, under the same names; a test compares them.

/** By name, without the two dashes that a style sheet puts before it. */
export type Palette = Readonly<Record<string, string>>;

export const LIGHT: Palette = {
  background: '#f4f5f8',
  surface: '#ffffff',
  raised: '#eef0f4',
  chosen: '#e7edfb',
  line: '#dfe3ea',
  text: '#1a1f2b',
  muted: '#586174',
  accent: '#2f5cc5',
  ghost: '#7b3fc4',
  info: '#2f78c8',
  warning: '#d97706',
  critical: '#cf1f42',
  'info-text': '#1d5fa8',
  'warning-text': '#94500a',
  'critical-text': '#b3173a',
  calm: '#1f7a4d',
  rise: '#1c8f7c',
  fall: '#7d6a93',
  'series-0': '#2f5cc5',
  'series-1': '#c2571a',
  'series-2': '#14857a',
  'series-3': '#8a3fb8',
  'series-4': '#5d7a14',
  'series-5': '#b5306f',
  'series-6': '#1f7fae',
  'series-7': '#7a6a52',
};

export const DARK: Palette = {
  background: '#0e1116',
  surface: '#151920',
  raised: '#1e242d',
  chosen: '#1d2839',
  line: '#29303b',
  text: '#e4e8ef',
  muted: '#98a3b5',
  accent: '#7ea6ff',
  ghost: '#c08bff',
  info: '#5fa8f2',
  warning: '#f0a030',
  critical: '#ff5470',
  'info-text': '#86bffa',
  'warning-text': '#f6b65c',
  'critical-text': '#ff8499',
  calm: '#58c48d',
  rise: '#38b8a2',
  fall: '#a594bf',
  'series-0': '#7ea6ff',
  'series-1': '#f29559',
  'series-2': '#45c2b1',
  'series-3': '#c98af2',
  'series-4': '#a8c454',
  'series-5': '#f07fb0',
  'series-6': '#64bfe8',
  'series-7': '#c2ad8c',
};

/** How many colours a heatmap has, from the lowest to the highest. */
export const HEATS = 10;

/** How many colours there are for lines that stand side by side. */
export const SERIES = 8;

export const declared = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
