// The look of the reports: that of the page of a running pipeline, and legible.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../test/command-line.js';
import { DARK, LIGHT, type Palette } from '../src/charts/palette.js';
import { STYLE } from '../src/charts/style.js';

const sheet = readFileSync(join(ROOT, 'plugins/sink-page/web/shell/page.css'), 'utf8').replaceAll('\r\n', '\n');

/** The colours that the page of a running pipeline declares under a selector. */
function colours(selector: string): Palette {
  const block = sheet.slice(sheet.indexOf(`${selector} {`)).split('}')[0]!;
  return Object.fromEntries([...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]));
}

/** Contrast of two colours, 1 … 21 (WCAG 2.2, "contrast ratio"). */
function contrast(a: string, b: string): number {
  const light = (colour: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

/** A colour that lets through what is below it. */
const over = (colour: string, part: number, ground: string) =>
  `#${[1, 3, 5]
    .map((at) => {
      const [front, back] = [colour, ground].map((one) => Number.parseInt(one.slice(at, at + 2), 16)) as [number, number];
      return Math.round(front * part + back * (1 - part))
        .toString(16)
        .padStart(2, '0');
    })
    .join('')}`;

describe.each([
  ['light', LIGHT, ':root'],
  ['dark', DARK, ':root[data-theme="dark"]'],
])('the %s look of reports', (_, palette, selector) => {
  it('is that of the page', () => {
    const page = colours(selector);
    expect(Object.keys(page).length).toBeGreaterThan(20);
    expect(page).toMatchObject(palette);
  });

  it('is legible: every text at 4.5 : 1, every line at 3 : 1 (WCAG AA)', () => {
    for (const ground of ['surface', 'background'])
      for (const text of ['text', 'muted', 'accent', 'info-text', 'warning-text', 'critical-text'])
        expect(contrast(palette[text]!, palette[ground]!), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    for (const severity of ['info', 'warning', 'critical'])
      expect(contrast(palette.surface!, palette[`${severity}-text`]!), `a number on ${severity}`).toBeGreaterThanOrEqual(4.5);
    for (let i = 0; i < 8; i++) {
      const line = palette[`series-${i}`]!;
      expect(contrast(line, palette.surface!), `series ${i}`).toBeGreaterThanOrEqual(3);
      expect(contrast(palette.text!, over(line, 0.28, palette.surface!)), `a word on series ${i}`).toBeGreaterThanOrEqual(4.5);
    }
    for (const line of ['info', 'warning', 'critical', 'calm', 'rise', 'fall'])
      expect(contrast(palette[line]!, palette.surface!), line).toBeGreaterThanOrEqual(3);
  });
});

it('uses no colour that is not of the palette, and no name that has none', () => {
  const used = new Set([...STYLE.matchAll(/var\(--([a-z0-9-]+)\)/g)].map(([, name]) => name!));
  expect([...used].filter((name) => !(name in LIGHT) && !['sans', 'mono'].includes(name))).toEqual([]);
  expect(Object.keys(DARK)).toEqual(Object.keys(LIGHT));
  expect(STYLE.match(/#[0-9a-f]{3,8}\b/g)!.length).toBe(2 * Object.keys(LIGHT).length);
});
