import { expect, it } from 'vitest';
import { Random } from './random.js';

const four = (next: () => number) => Array.from({ length: 4 }, next);

it.each([
  {
    seed: '',
    uniform: [0.9279005776625127, 0.8119709684979171, 0.7378781978040934, 0.20164291001856327],
    noise: [1.3361061988735268, 0.644923401894549, -0.5661079779254428, 0.7099077626154499],
    exponential: [3.7440884921851794, 0.03362574909923157, 1.069651430005609, 0.7004605577171934],
    logUniform: [0.2078252006459136, 9.574252118270364, 0.571779032358194, 0.3270464383606496],
    between: [4.605670822784305, -0.6122372802346945, 0.9719062224030495, -0.12200132943689823],
    pick: [2, 4, 3, 1],
  },
  {
    seed: 'seed 1',
    uniform: [0.6520570360589772, 0.12542513711377978, 0.6597883470822126, 0.15654351795092225],
    noise: [-1.8091288819489262, 0.47618787188589695, -2.3483205781679137, 2.720110629242619],
    exponential: [0.4385529755156734, 0.1106128821876059, 1.1163508853690283, 0.9885706296698122],
    logUniform: [25.748299005235857, 0.6460681196046252, 23.795665739359368, 0.6033258630112592],
    between: [2.9173596631735563, 3.3289609383791685, -0.1258595511317253, -0.45441120862960815],
    pick: [1, 2, 5, 4],
  },
  {
    seed: 'BTCUSDT/11',
    uniform: [0.033395752077922225, 0.971542876213789, 0.7189714873675257, 0.08909532497636974],
    noise: [-0.8160377899244813, 0.11622863908082456, 0.15921187303189882, 0.269269287247878],
    exponential: [1.2067434352139172, 0.20363490094298442, 1.4210804047022585, 3.0426621623814425],
    logUniform: [0.27094182662791855, 0.2744300523702436, 1.4040501754556987, 2.789707372532482],
    between: [0.4876971151679754, 3.0406886022537947, 3.124328587204218, -1.0143379475921392],
    pick: [5, 3, 3, 4],
  },
])(
  'the numbers of seed "$seed" are for ever the same, as simulated flights rest on them',
  ({ seed, logUniform, ...expected }) => {
    const random = new Random(seed);
    const uniform = four(() => random.uniform());
    const noise = four(() => random.noise());
    const exponential = four(() => random.exponential());
    // Versions of V8 differ in the last digit of a power.
    four(() => random.logUniform(0.1, 50)).forEach((value, i) => {
      expect(value / logUniform[i]!).toBeCloseTo(1, 14);
    });
    const between = four(() => random.between(-3, 5));
    const pick = four(() => random.pick([1, 2, 3, 4, 5]));
    expect({ uniform, noise, exponential, between, pick }).toEqual(expected);
  },
);
