// Readings of many keys in turn, as fast as possible or at a rate: what a source costs is next to nothing here.

/** Observations in a batch, as fast as possible; and how often there is a batch at a rate, ms. */
const BATCH = 4_096;
const EVERY = 20;

export default ({ defineSource, z }) =>
  defineSource({
    name: 'many-keys',
    api: 1,
    about: 'Seeded readings of many keys, for benches',
    config: z.strictObject({
      keys: z.int().describe('keys'),
      total: z.int().describe('observations'),
      live: z
        .strictObject({
          perSecond: z.number().describe('observations a second'),
          history: z.int().describe('seconds before now'),
        })
        .optional()
        .describe('in real time, after what came before'),
    }),
    emits: () => ({ reading: { about: 'a reading', sequence: 'contiguous', fields: { level: { unit: '1', about: 'level' } } } }),
    create: ({ keys, total, live }, { clock }) => ({
      async *read(from, signal) {
        const names = Array.from({ length: keys }, (_, i) => `key-${i}`);
        const apart = live ? 1_000 / live.perSecond : 1_000 / keys;
        const start = live ? clock.now() - live.history * 1_000 : 1.7e12;
        for (let i = Number(from ?? 0); i < total && !signal.aborted; ) {
          const observations = [];
          const received = clock.now();
          const due = live ? Math.min(total, Math.floor((received - start) / apart)) : total;
          for (; observations.length < BATCH && i < due; i++) {
            const n = Math.floor(i / keys);
            // Now and then something is odd, so that there are episodes.
            const level = Math.sin(i * 12.9898) + Math.sin(n / 40) + (live && i % 90_001 < 3 ? 9 : 0);
            const time = live ? Math.floor(start + i * apart) : start + n * 1_000;
            observations.push({ key: names[i % keys], type: 'reading', sequence: n, time, received, values: { level } });
          }
          const watermark = live ? { watermark: start + i * apart - 1 } : {};
          if (observations.length > 0) yield { observations, cursor: String(i), ...watermark };
          if (live && i >= due) await new Promise((resume) => setTimeout(resume, EVERY));
        }
      },
    }),
  });
