// How the page begins, and begins again when the engine was away: what it asks first, and what it asks whenever the address changes.

import { effect } from '@preact/signals';
import type { About, EpisodeBar, Lane, State } from '../../src/wire.js';
import { ask } from './ask.js';
import { at, go } from './place.js';
import { first, following, last, range, textOf } from './range.js';
import { about, askHistory, askLanes, chosen, forgive, history, lanes, remember, state, tooFine, tried } from './store.js';

/** Until an engine that did not answer is asked again, ms. */
const RETRY = 2_000;

/** What stays while a pipeline runs, and how it is now. */
function askAbout(): Promise<void> {
  return tried('begin', async () => {
    [about.value, state.value] = await Promise.all([ask<About>('about'), ask<State>('state')]);
  });
}

/** The engine is there again, perhaps another one: what happened while nobody listened was not told. */
export async function askAgain(): Promise<void> {
  await Promise.all([askAbout(), askLanes(), askHistory()]);
}

/** A link may name an episode of long ago: then that stretch is shown. */
async function findEpisode(): Promise<void> {
  const id = at.episode.peek();
  if (!id || chosen.peek()) return;
  await tried('episode', async () => {
    const found = await ask<EpisodeBar | null>('episode', { id });
    if (!found) return 'the episode of this link is not known here, or not any more';
    remember(found);
    // A stretch that the link names is what its sender saw.
    if (!following.peek()) return '';
    const around = Math.max(60_000, found.end - found.start) * 4;
    go({ key: found.key, range: textOf({ from: found.start - around, to: found.end + around }) }, 'replace');
    await askLanes();
    return '';
  });
}

const oddOf = (lane: Lane) => (lane.odd ?? 0) + (lane.episodes.some((one) => one.status === 'open') ? 1_000 : 0);

/** Begins: what stays, what is there, and from then on whatever the address asks for. */
export async function begin(): Promise<void> {
  // Whoever leaves the key of a link before all is there has still been somewhere.
  const opened = at.key.peek() !== '';
  for (;;) {
    await askAbout();
    if (about.peek()) break;
    await new Promise((resolve) => setTimeout(resolve, RETRY));
  }
  first.value = state.peek()?.first ?? 0;
  last.value = state.peek()?.eventTime ?? 0;
  const { from, to } = range.peek();
  await askLanes();
  // Only the answer told when the first or the last row was, and how often they come.
  if (Math.abs(range.peek().from - from) > (to - from) / 20 || tooFine()) await askLanes();
  await findEpisode();
  follow(opened);
}

/** @param opened whether a key was shown already */
function follow(opened: boolean): void {
  let [stretch, key, named] = [at.range.peek(), '', at.episode.peek()];
  let shown = opened || at.key.peek() !== '';
  // A page that was opened without a key shows the oddest, as soon as there are keys.
  effect(() => {
    const list = lanes.value?.lanes ?? [];
    if (shown || list.length === 0) return;
    shown = true;
    go({ key: list.reduce((best, one) => (oddOf(one) > oddOf(best) ? one : best)).key }, 'replace');
  });
  effect(() => {
    if (at.range.value === stretch) return;
    stretch = at.range.value;
    void askLanes();
    void askHistory();
  });
  effect(() => {
    // That the episode of a link is gone is told until another one is chosen.
    if (at.episode.value === named) return;
    named = at.episode.value;
    forgive('episode');
  });
  effect(() => {
    if (at.key.value === key) return;
    key = at.key.value;
    if (history.peek()?.key !== key) history.value = undefined;
    void askHistory();
  });
}
