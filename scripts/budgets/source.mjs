// The lives as a source: every key is the same life with another seed.
import { DAY, LIVES, MINUTE } from './lives.mjs';

/** A Monday. */
const START = Date.UTC(2026, 0, 5);
/** Minutes in a batch. */
const BATCH = 512;

export default ({ defineSource, z }) =>
  defineSource({
    name: 'lives',
    api: 1,
    about: 'Seeded series in which nothing is wrong, one row a minute and key',
    config: z.strictObject({
      life: z.string().describe('which'),
      seeds: z.array(z.int()).describe('one key each'),
    }),
    emits: ({ life }) => ({
      reading: {
        about: 'a reading',
        sequence: 'contiguous',
        fields: Object.fromEntries(Object.entries(lifeOf(life).units).map(([name, unit]) => [name, { unit, about: name }])),
      },
    }),
    create: ({ life, seeds }) => ({
      async *read() {
        const { days, units, live } = lifeOf(life);
        const names = Object.keys(units);
        const keys = seeds.map((seed) => ({ key: `seed ${seed}`, next: live(seed) }));
        for (let n = 0; n < days * DAY; ) {
          const observations = [];
          for (const until = Math.min(days * DAY, n + BATCH); n < until; n++) {
            const day = Math.floor(n / DAY);
            const local = { day, weekday: day % 7, minute: n % DAY };
            const time = START + n * MINUTE;
            for (const { key, next } of keys) {
              const row = next(local);
              const values = Object.fromEntries(names.map((name, i) => [name, row[i]]));
              observations.push({ key, type: 'reading', sequence: n, time, received: time, values });
            }
          }
          yield { observations, cursor: String(n) };
        }
      },
    }),
  });

function lifeOf(name) {
  return Object.values(LIVES).find((group) => group[name])[name];
}
