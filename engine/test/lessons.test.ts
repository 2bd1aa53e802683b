import { describe, expect, it } from 'vitest';
import { initialLessons, MOST_LESSONS, type Taught, teach } from '../src/judge/lessons/lessons.js';
import { MemoryLabels } from '../src/ports/labels.js';

const said = (episode: string, holds: Taught['holds'], at: number, since = at): Taught => ({
  episode,
  key: 'k',
  from: 0,
  to: 1,
  holds,
  at,
  since,
});

describe('what a key is taught', () => {
  it('is taken in once, with when it was heard first, however often a restart says it', () => {
    const state = initialLessons();
    expect(teach(state, said('e', 'normal', 5, 50)).since).toBe(50);
    expect(teach(state, said('e', 'normal', 5, 90)).since).toBe(50);
    expect(teach(state, said('e', null, 6, 91)).since).toBe(91);
    expect(state.lessons[0]!.changes.map(({ holds, since }) => [holds, since])).toEqual([
      ['normal', 50],
      [null, 91],
    ]);
  });

  it('is bounded: the one that was not used for longest goes, and that is said', () => {
    const state = initialLessons();
    for (let i = 0; i < MOST_LESSONS; i++) teach(state, said(`e${i}`, 'normal', i));
    state.lessons[0]!.used = 1_000;
    expect(teach(state, said('one more', 'normal', 99)).remark).toBe(
      'a key remembers 32 labels, and forgets what was said of e1 for it',
    );
    expect(state.lessons).toHaveLength(MOST_LESSONS);
    for (let i = 0; i < 20; i++) teach(state, said('one more', i % 2 ? 'normal' : null, 100 + i));
    expect(state.lessons.at(-1)!.changes).toHaveLength(8);
  });
});

describe('what labels say to those whom they teach', () => {
  const episode = { episode: 'e', key: 'k', from: 1, to: 2 } as const;

  it('is what holds from each change on; a mute alone changes nothing', async () => {
    const labels = new MemoryLabels(() => 7);
    await labels.put({ ...episode, label: 'anomaly', muteUntil: 99, muteOnly: true });
    expect(await labels.changes()).toEqual([]);
    await labels.put({ ...episode, label: 'normal', note: 'a job' });
    await labels.put({ ...episode, label: 'anomaly' });
    await labels.undo('e');
    await labels.undo('e');
    const changes = await labels.changes();
    expect(changes.map(({ holds }) => holds)).toEqual(['normal', 'anomaly', 'normal', null]);
    expect(changes[2]).toMatchObject({ note: 'a job' });
    // Those of one millisecond are told apart.
    expect(new Set(changes.map(({ at }) => at)).size).toBe(4);
    await labels.heard(changes[1]!, 50);
    expect((await labels.changes()).map(({ since }) => since)).toEqual([undefined, 50, undefined, undefined]);
  });

  it('learns how long the episode lasted from the pipeline that hears it, where who said it did not know', async () => {
    const labels = new MemoryLabels(() => 7);
    const { from } = await labels.put({ ...episode, to: episode.from, label: 'anomaly' });
    await labels.heard((await labels.changes())[0]!, from + 100, from + 90);
    expect([(await labels.list())[0], (await labels.changes())[0]]).toMatchObject([{ to: from + 90 }, { to: from + 90 }]);
    // What was known is not made shorter.
    await labels.put({ ...episode, to: from + 200, label: 'normal' });
    await labels.heard((await labels.changes())[1]!, from + 300, from + 90);
    expect((await labels.list())[0]).toMatchObject({ label: 'normal', to: from + 200, since: from + 300 });
  });

  it('shows from when on a label holds, where what holds was heard', async () => {
    const labels = new MemoryLabels(() => 7);
    await labels.put({ ...episode, label: 'normal' });
    expect((await labels.list())[0]).not.toHaveProperty('since');
    await labels.heard((await labels.changes())[0]!, 50);
    expect((await labels.list())[0]).toMatchObject({ label: 'normal', since: 50 });
    await labels.put({ ...episode, label: 'normal', muteUntil: 99, muteOnly: true });
    expect((await labels.list())[0]).toMatchObject({ label: 'normal', since: 50 });
    await labels.put({ ...episode, label: 'anomaly' });
    expect((await labels.list())[0]).not.toHaveProperty('since');
  });
});
