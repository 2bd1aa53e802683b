import { expect, it } from 'vitest';
import type { Verdict } from '../api/index.js';
import { Recording } from './recording.js';

const verdict = (time: number, more: Partial<Verdict>): Verdict => ({
  ...({
    key: 'a',
    values: { x: 1 },
    threshold: 1,
    score: 5,
    calibrated: false,
    anomalous: false,
    models: {},
  } as unknown as Verdict),
  time,
  ...more,
});
const said = (score: number) => ({ score }) as Verdict['models'][string];
const scores = async (recording: Recording, ...verdicts: Verdict[]) => {
  await recording.write({ observations: [], verdicts, episodes: [], missing: [] });
  return [...recording.series()[0]!.scores];
};

it('takes a row that rules have seen for judged, and for ordinary, while nothing else is calibrated', async () => {
  const rows = [
    verdict(0, { models: { limits: said(0), cloud: said(5) } }),
    verdict(1, { models: { limits: said(3), cloud: said(5) }, anomalous: true, score: 3 }),
    verdict(2, { models: { limits: said(Number.NaN), cloud: said(5) } }),
    verdict(3, { models: { limits: said(0), cloud: said(5) }, calibrated: true, score: 2 }),
  ];
  expect(await scores(new Recording(['x'], ['limits']), ...rows)).toEqual([0, 3, Number.NaN, 2]);
  // Without rules an uncalibrated score cannot be compared with anything.
  expect(await scores(new Recording(['x']), ...rows)).toEqual([Number.NaN, 3, Number.NaN, 2]);
});
