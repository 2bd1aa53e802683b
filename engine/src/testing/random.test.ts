import { describe, expect, it } from 'vitest';
import { gaussian, random } from './random.js';

const first = (next: () => number) => Array.from({ length: 4 }, next);

describe('the stream of a seed is for ever the same', () => {
  it.each([
    [1, [0.6270739405881613, 0.002735721180215478, 0.5274470399599522, 0.9810509674716741]],
    [42, [0.6011037519201636, 0.44829055899754167, 0.8524657934904099, 0.6697340414393693]],
    [2 ** 40 + 7, [0.011704753153026104, 0.06195825757458806, 0.97690763277933, 0.6990287057124078]],
  ])('uniform numbers of seed %d', (seed, expected) => {
    expect(first(random(seed))).toEqual(expected);
  });

  it.each([
    [1, [1.4043387784152637, 1.2157546192705377, -0.5103768768108126, -0.2518183315501483]],
    [42, [-1.2848381576290195, -0.9453528099747296, -0.6112802846514629, -0.5658325852126875]],
    [2 ** 40 + 7, [0.14197043782155663, -0.8642530248729361, -1.006366324094015, 0.07088442311648852]],
  ])('normal numbers of seed %d', (seed, expected) => {
    expect(first(gaussian(seed))).toEqual(expected);
  });
});
