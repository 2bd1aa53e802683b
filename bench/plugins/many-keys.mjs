// Readings of many keys in turn, made as fast as possible: what a source costs is next to nothing here.
export default ({ defineSource, z }) =>
  defineSource({
    name: 'many-keys',
    api: 1,
    about: 'Seeded readings of many keys, for benches',
    config: z.strictObject({ keys: z.int().describe('keys'), total: z.int().describe('observations') }),
    emits: () => ({ reading: { about: 'a reading', sequence: 'contiguous', fields: { level: { unit: '1', about: 'level' } } } }),
    create: ({ keys, total }) => ({
      async *read(from, signal) {
        const names = Array.from({ length: keys }, (_, i) => `key-${i}`);
        for (let i = Number(from ?? 0); i < total && !signal.aborted; ) {
          const observations = [];
          const received = Date.now();
          for (; observations.length < 4_096 && i < total; i++) {
            const n = Math.floor(i / keys);
            const level = Math.sin(i * 12.9898) + Math.sin(n / 40);
            observations.push({
              key: names[i % keys],
              type: 'reading',
              sequence: n,
              time: 1.7e12 + n * 1_000,
              received,
              values: { level },
            });
          }
          yield { observations, cursor: String(i) };
        }
      },
    }),
  });
