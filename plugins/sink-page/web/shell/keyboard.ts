// What keys do, wherever the focus is, except in fields.

import { stepEpisode } from '../lanes/order.js';
import { at, go, type Tab } from '../state/place.js';
import { follow, following, last, pan, pause, zoom } from '../state/range.js';
import { askMoment, cursor, ranking } from '../time/pointer.js';
import { MUTES } from '../why/answer.js';
import { mute, say, undo } from '../why/say.js';
import { helping } from './help.js';

const TABS: readonly Tab[] = ['episodes', 'why', 'rank', 'whatif', 'state'];

function letGo(): void {
  if (ranking.peek()) ranking.value = false;
  else if (at.limit.peek()) go({ limit: '' });
  else if (at.moment.peek() || at.episode.peek()) go({ moment: 0, episode: '', tab: 'episodes' });
  else if (at.incident.peek()) go({ incident: '' });
  else if (at.key.peek()) go({ key: '' });
}

/** Answers are given where the episode can be seen. */
const seeing = (act: () => unknown) => () => {
  if (at.tab.peek() === 'why' || at.tab.peek() === 'episodes') void act();
};

const DO: Readonly<Record<string, () => unknown>> = {
  '/': () => document.getElementById('search')?.focus(),
  '?': () => (helping.value = true),
  j: () => stepEpisode(1),
  k: () => stepEpisode(-1),
  a: seeing(() => say('anomaly')),
  n: seeing(() => say('normal')),
  m: seeing(() => mute(MUTES[0]!.ms)),
  u: seeing(undo),
  w: () => askMoment(cursor.peek() || last.peek()),
  r: () => {
    ranking.value = !ranking.peek();
    go({ tab: 'rank' });
  },
  ' ': () => (following.peek() ? pause() : follow()),
  ArrowLeft: () => pan(-0.25),
  ArrowRight: () => pan(0.25),
  '+': () => zoom(0.5),
  '=': () => zoom(0.5),
  '-': () => zoom(2),
  Escape: letGo,
  ...Object.fromEntries(TABS.map((tab, i) => [String(i + 1), () => go({ tab })])),
};

export function hearKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || helping.peek()) return;
    const target = event.target as HTMLElement;
    if (target.matches('input:not([type=checkbox], [type=range]), textarea, select')) {
      if (event.key !== 'Escape') return;
      if (target.id === 'search') go({ search: '' }, 'replace');
      target.blur();
      return;
    }
    // These are what a button, a box to tick, a tab or a slider does itself.
    if (event.key === ' ' && target.matches('button, a, summary, input')) return;
    if (event.key.startsWith('Arrow') && target.matches('[role=tab], [role=slider], input')) return;
    const act = DO[event.key];
    if (!act) return;
    event.preventDefault();
    void act();
  });
}
