// Which lanes are shown, in which order, and which one comes after another.

import { computed } from '@preact/signals';
import type { IncidentInfo, Lane } from '../../src/wire.js';
import { at, go } from '../state/place.js';
import { chosen, episodes, incident, lanes } from '../state/store.js';

const oddOf = (lane: Lane) => {
  const open = lane.episodes.some((one) => one.status === 'open') ? 1_000 : 0;
  return open + (lane.odd ?? -1);
};
const newest = (lane: Lane) => lane.episodes.at(-1)?.start ?? Number.NEGATIVE_INFINITY;
const byName = new Intl.Collator('en', { numeric: true }).compare;

export const ordered = computed<readonly Lane[]>(() => {
  const search = at.search.value.trim().toLowerCase();
  const within = incident.value && new Set(incident.value.names);
  const found = (lanes.value?.lanes ?? []).filter(
    ({ key }) => (!search || key.toLowerCase().includes(search)) && (!within || within.has(key)),
  );
  const sort = at.sort.value;
  return found.sort(
    (x, y) => (sort === 'odd' ? oddOf(y) - oddOf(x) : sort === 'new' ? newest(y) - newest(x) : 0) || byName(x.key, y.key),
  );
});

export const chooseKey = (key: string) =>
  go({ key, ...(chosen.peek() && chosen.peek()!.key !== key ? { episode: '', moment: 0 } : {}) });
/** Shows an incident: its keys and episodes alone, the key that began first; chosen again, all of them. */
export const chooseIncident = ({ id, key }: IncidentInfo) =>
  at.incident.peek() === id ? go({ incident: '' }) : go({ incident: id, key, episode: '', moment: 0, tab: 'episodes' });
export const chooseEpisode = (id: string, key: string) => go({ key, episode: id, moment: 0, tab: 'why' });

/** The lane before or after the one that is chosen. */
export function stepLane(by: number): void {
  const list = ordered.peek();
  const index = list.findIndex((lane) => lane.key === at.key.peek());
  const next = list[Math.min(list.length - 1, Math.max(0, index + by))];
  if (next) chooseKey(next.key);
}
/** The episode before or after the one that is chosen, as the list has them. */
export function stepEpisode(by: number): void {
  const list = episodes.peek();
  const index = list.findIndex((one) => one.id === at.episode.peek());
  const next = list[index < 0 ? 0 : Math.min(list.length - 1, Math.max(0, index + by))];
  if (next) chooseEpisode(next.id, next.key);
}
