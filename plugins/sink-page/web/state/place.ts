// Where one is on the page: everything that the address holds, so that a link shows what its sender saw and the back button works.

import { computed, signal } from '@preact/signals';

export type Tab = 'episodes' | 'why' | 'rank' | 'whatif' | 'state';
export type Sort = 'odd' | 'name' | 'new';

/** `15m`, `24h` or `all` follow what comes; `FROM-TO` (ms since the epoch) stands still. */
export interface Place {
  readonly key: string;
  readonly range: string;
  readonly tab: Tab;
  readonly episode: string;
  /** The incident whose keys and episodes alone are shown. */
  readonly incident: string;
  /** A moment that was asked about, ms since the epoch; 0: none. */
  readonly moment: number;
  readonly sort: Sort;
  readonly search: string;
  /** A stretch to rank, `FROM-TO`. */
  readonly rank: string;
  /** Alarms per day to try; 0: none. */
  readonly budget: number;
  /** A limit to try, `COLUMN above 8 was 10`. */
  readonly limit: string;
}

const START: Place = {
  key: '',
  range: '1h',
  tab: 'episodes',
  episode: '',
  incident: '',
  moment: 0,
  sort: 'odd',
  search: '',
  rank: '',
  budget: 0,
  limit: '',
};
const TABS: readonly string[] = ['episodes', 'why', 'rank', 'whatif', 'state'];
const SORTS: readonly string[] = ['odd', 'name', 'new'];
const RANGE = /^(all|\d+[mhd]|\d+-\d+)$/;

function read(hash: string): Place {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const place: Record<string, string | number> = { ...START };
  for (const [name, usual] of Object.entries(START)) {
    const text = given.get(name);
    if (text !== null) place[name] = typeof usual === 'number' ? numberIn(text) : text;
  }
  if (!TABS.includes(String(place.tab))) place.tab = START.tab;
  if (!SORTS.includes(String(place.sort))) place.sort = START.sort;
  if (!RANGE.test(String(place.range))) place.range = START.range;
  return place as unknown as Place;
}

/** What a link says is anybody's. */
const numberIn = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : 0);

function write(place: Place): string {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(place)) if (value !== START[name as keyof Place]) told.set(name, String(value));
  return `#${told}`;
}

export const place = signal<Place>(read(location.hash));
/** Each part by itself, so that who reads one is not woken by the others. */
export const at = {
  key: computed(() => place.value.key),
  range: computed(() => place.value.range),
  tab: computed(() => place.value.tab),
  episode: computed(() => place.value.episode),
  incident: computed(() => place.value.incident),
  moment: computed(() => place.value.moment),
  sort: computed(() => place.value.sort),
  search: computed(() => place.value.search),
  rank: computed(() => place.value.rank),
  budget: computed(() => place.value.budget),
  limit: computed(() => place.value.limit),
};

/** Goes somewhere else. What is typed or dragged takes the place of the last step, everything else is a step to come back to. */
export function go(change: Partial<Place>, how: 'step' | 'replace' = 'step'): void {
  const next = { ...place.value, ...change };
  const [old, now] = [write(place.value), write(next)];
  if (old === now) return;
  place.value = next;
  if (how === 'step') history.pushState(null, '', now);
  else history.replaceState(null, '', now);
}

addEventListener('popstate', () => {
  place.value = read(location.hash);
});
