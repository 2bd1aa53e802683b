import { expect, it } from 'vitest';
import { Random } from './random.js';

const four = (next: () => number) => Array.from({ length: 4 }, next);

it.each([
  {
    seed: '',
    uniform: [0.5812983955256641, 0.6506185706239194, 0.042302769375965, 0.25223663076758385],
    normal: [1.2576993118929312, -0.9580056032373422, 0.7536233480313541, 0.41620139046595184],
    exponential: [2.207790415736735, 1.275018457911739, 0.46551204973351384, 1.0702391625125456],
    logUniform: [0.2411086299879394, 34.72110490938789, 0.16308154039710132, 4.859354386616312],
    state: [-2_093_889_910, -1_935_495_978, -1_798_505_205, 36],
  },
  {
    seed: 'seed 1',
    uniform: [0.4063950916752219, 0.816318967146799, 0.5364021535497159, 0.148555310908705],
    normal: [0.6884043816376193, 0.051173519694434025, -0.05832204577732087, 0.07639758055339584],
    exponential: [1.1953659720984051, 2.4427000688175435, 1.1841951134843411, 1.9498959596416656],
    logUniform: [9.159522512600706, 18.369053279150034, 1.0927960336512683, 1.5526825572430283],
    state: [1_693_577_852, -306_478_703, 1_512_782_010, 36],
  },
  {
    seed: 'BTCUSDT/11',
    uniform: [0.8158356640487909, 0.7847181570250541, 0.5643968349322677, 0.625379451783374],
    normal: [2.2447160555094707, -0.35969824558264035, 2.2657483444971653, -0.8553303985193049],
    exponential: [2.7194219246012534, 0.31586540793121093, 0.8135178280819054, 0.7027859318632576],
    logUniform: [3.07382133802286, 0.763687712302556, 0.1168681379385545, 9.96322863570964],
    state: [2_141_385_034, 895_093_270, 442_458_532, 36],
  },
])('the numbers of seed "$seed" are for ever the same, as cursors hold their state', ({ seed, logUniform, ...expected }) => {
  const random = new Random(seed);
  const uniform = four(() => random.uniform());
  const normal = four(() => random.normal());
  const exponential = four(() => random.exponential());
  // Versions of V8 differ in the last digit of a power.
  four(() => random.logUniform(0.1, 50)).forEach((value, i) => {
    expect(value / logUniform[i]!).toBeCloseTo(1, 14);
  });
  expect({ uniform, normal, exponential, state: random.state() }).toEqual(expected);
});
