// What a key has learned, for those who draw it: the band that is expected at any hour, ahead of time as well, and the lines on its map.

import type { ExpectedBand, Outlook } from '../api/index.js';
import type { EntityState } from './entity.js';
import { Calendar } from './rhythm/calendar.js';
import { Rhythm, rhythmOf } from './rhythm/rhythm.js';
import { SUMS } from './rhythm/state.js';
import type { CoreSettings } from './settings.js';

/** Moments within one of these are expected alike, ms. */
const CELL = 300_000;

/** @param times moments, in order, ms since the epoch. Changes nothing. */
export function outlookOf(
  settings: CoreSettings,
  { features, rhythm: state }: Pick<EntityState, 'features' | 'rhythm'>,
  times: readonly number[],
): Outlook {
  const { plugin, config } = settings.features;
  const outlines = features.version === plugin.stateVersion ? (plugin.outlines?.(config, features.state) ?? []) : [];
  const profiled = rhythmOf(settings.models);
  if (!profiled || state?.sums.length !== profiled.columns.length * SUMS) return { outlines, expected: {} };
  const rhythm = new Rhythm(profiled, new Calendar(settings.calendar), state);
  const expected: Record<string, ExpectedBand> = {};
  for (const index of profiled.columns) {
    const band = bandOf(rhythm, index, times);
    if (band) expected[settings.schema.row.columns[index]!.name] = band;
  }
  return { outlines, expected };
}

function bandOf(rhythm: Rhythm, index: number, times: readonly number[]): ExpectedBand | undefined {
  const [low, high]: [number[], number[]] = [[], []];
  let known = false;
  let cell = Number.NaN;
  let usual: ReturnType<Rhythm['usual']>;
  for (const time of times) {
    if (Math.floor(time / CELL) !== cell) {
      cell = Math.floor(time / CELL);
      usual = rhythm.usual(index, time);
      known ||= usual !== undefined;
    }
    low.push(usual?.low ?? Number.NaN);
    high.push(usual?.high ?? Number.NaN);
  }
  return known ? { low, high } : undefined;
}
