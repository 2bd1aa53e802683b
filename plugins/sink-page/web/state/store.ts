// What the page knows just now: the server's answers and what its frames have added since.

import { batch, computed, signal } from '@preact/signals';
import type { About, EpisodeBar, Frame, IncidentInfo, KeyHistory, LabelInfo, Lanes, State } from '../../src/wire.js';
import { ask, Question } from './ask.js';
import { countsOf, mergeHistory, mergeLanes, mergeLasting } from './merge.js';
import { at } from './place.js';
import { ahead, first, following, last, range } from './range.js';

const MOST_BINS = 160;
const POINTS = 600;
/** Least time between two questions for lanes while the picture follows, ms. */
const PATIENCE = 5_000;
/** So long lanes may be what frames have made of them, ms: what came within one part of a picture is put where its last row is. */
const TRUSTED = 120_000;

export const about = signal<About | undefined>(undefined);
export const lanes = signal<Lanes | undefined>(undefined);
export const history = signal<KeyHistory | undefined>(undefined);
export const state = signal<State | undefined>(undefined);
/** What went wrong with the last question of each kind, a sentence. */
const troubles = signal<Readonly<Record<string, string>>>({});
export const trouble = computed(() => Object.values(troubles.value).find((one) => one !== '') ?? '');
/** Moment of the browser's clock when the last frame came. */
export const heard = signal(0);
/** Whether the stream of frames is there. */
export const connected = signal(true);

export const episodes = computed<readonly EpisodeBar[]>(() => {
  const { from, to } = range.value;
  const all = lanes.value?.lanes.flatMap((lane) => lane.episodes) ?? [];
  const part = incident.value;
  return all
    .filter((one) => one.end >= from && one.start <= to && (!part || one.incident === part.id || part.episodes.includes(one.id)))
    .sort((x, y) => y.start - x.start || (x.id < y.id ? -1 : 1));
});
let remembered: EpisodeBar | undefined;
/** Keeps an episode that is not in what is shown. */
export function remember(episode: EpisodeBar): void {
  remembered = episode;
  fetched.value++;
}
const fetched = signal(0);
/** The episode that the address names; it stays while the picture moves on without it. */
export const chosen = computed<EpisodeBar | undefined>(() => {
  const id = at.episode.value;
  fetched.value;
  if (!id) return undefined;
  const all = [...(lanes.value?.lanes ?? []), ...(history.value ? [history.value] : [])];
  for (const { episodes: list } of all) {
    const found = list.find((one) => one.id === id);
    if (found) remembered = found;
    if (found) break;
  }
  return remembered?.id === id ? remembered : undefined;
});
/** Incidents in what is shown, the newest first. */
export const incidents = computed<readonly IncidentInfo[]>(() => {
  const { from, to } = range.value;
  return (lanes.value?.incidents ?? []).filter((one) => one.end >= from && one.start <= to).reverse();
});
/** The incident that the address names, where it is known. */
export const incident = computed(() => lanes.value?.incidents.find(({ id }) => id === at.incident.value));
export const columnOf = computed(() => new Map(about.value?.columns.map((column) => [column.name, column])));

/** Does something that may fail, or lack something; that is told on the page until the same works. */
export const tried = async (name: string, what: () => Promise<unknown>): Promise<void> => {
  let said = '';
  try {
    const lack = await what();
    if (typeof lack === 'string') said = lack;
  } catch (fault) {
    said = fault instanceof Error ? fault.message : String(fault);
  }
  if (said !== (troubles.peek()[name] ?? '')) troubles.value = { ...troubles.peek(), [name]: said };
};

/** What went wrong with a question does not matter any more. */
export const forgive = (name: string) => void tried(name, async () => {});

const lanesQuestion = new Question<Lanes>('lanes');
const historyQuestion = new Question<KeyHistory>('key');
let askedLanes = 0;
/** What came of the key while the server was asked for it, to be added to the answer. */
let meanwhile: KeyHistory[] | undefined;

/** So many bins that most of them have a row, as far as one knows how often rows come. */
function binsOf(length: number): number {
  const known = lanes.peek();
  const steps = (known?.lanes ?? [])
    .filter((lane) => lane.rows > 1)
    .map((lane) => (Math.min(lane.last, known!.to) - Math.max(lane.first, known!.from)) / (lane.rows - 1))
    .sort((x, y) => x - y);
  const step = steps[steps.length >> 1] ?? 0;
  return step > 0 ? Math.min(MOST_BINS, Math.max(8, Math.floor(length / step / 1.5))) : MOST_BINS;
}

/** Whether lanes have more bins than there are rows for: how often rows come was not known when they were asked for. */
export function tooFine(): boolean {
  const { from, to } = range.peek();
  return (lanes.peek()?.lanes.find(({ heat }) => heat.length > 0)?.heat.length ?? 0) > binsOf(to - from);
}

/** Asks for lanes in whole bins, so that colours stay where they are while the picture moves. */
export function askLanes(): Promise<void> {
  askedLanes = Date.now();
  return tried('lanes', async () => {
    // A stretch that the address names is known whatever there is.
    const known = last.peek() > 0 || !following.peek();
    const { from, to } = range.peek();
    const bins = binsOf(to - from);
    const bin = Math.max(1, Math.ceil((to - from) / bins));
    const end = Math.ceil(to / bin) * bin;
    const answer = await lanesQuestion.ask(known ? { from: end - bins * bin, to: end, bins } : { bins });
    if (!answer) return undefined;
    batch(() => {
      first.value = answer.first ?? 0;
      last.value = Math.max(last.peek(), answer.last ?? 0);
      lanes.value = answer;
    });
    return answer.lack;
  });
}

export function askHistory(): Promise<void> {
  const key = at.key.peek();
  if (!key) {
    historyQuestion.drop();
    history.value = undefined;
    return Promise.resolve();
  }
  return tried('key', async () => {
    const { from, to } = range.peek();
    const mine: KeyHistory[] = [];
    meanwhile = mine;
    const answer = await historyQuestion.ask({ key, from: Math.floor(from), to: Math.ceil(to), points: POINTS });
    if (!answer) return undefined;
    history.value = following.peek() ? mine.reduce((known, news) => mergeHistory(known, news), answer) : answer;
    if (meanwhile === mine) meanwhile = undefined;
    if (answer.ahead) ahead.value = true;
    return answer.lack;
  });
}

export function hear(frame: Frame): void {
  batch(() => {
    heard.value = Date.now();
    state.value = frame.state;
    const times = Object.values(frame.last).map(([time]) => time);
    if (times.length) last.value = Math.max(last.peek(), ...times);
    if (lanes.peek() && (times.length || frame.episodes.length)) {
      const from = following.peek() ? range.peek().from : undefined;
      lanes.value = mergeLanes(lanes.peek()!, frame.episodes, frame.last, from);
    }
    if (lanes.peek() && frame.incidents.length)
      lanes.value = { ...lanes.peek()!, incidents: mergeLasting(lanes.peek()!.incidents, frame.incidents) };
    if (!first.peek() && times.length) first.value = Math.min(...times);
    const known = history.peek();
    if (frame.key?.key === at.key.peek()) meanwhile?.push(frame.key);
    if (!known || !following.peek()) return;
    const mine = frame.episodes.filter((one) => one.key === known.key);
    const grown = frame.key?.key === known.key ? mergeHistory(known, frame.key) : known;
    if (grown !== known || mine.length) history.value = { ...grown, episodes: mergeLasting(grown.episodes, mine) };
  });
  if (frame.labels) void askLabels();
  if (frame.missed) {
    void askLanes();
    void askHistory();
  }
  if (following.peek()) keepUp();
}

/** Asks anew once frames cannot tell all that is shown, and for a key once it holds too much that is fine or gone. */
function keepUp(): void {
  const [known, shown] = [lanes.peek(), range.peek()];
  const bins = known?.lanes.find(({ heat }) => heat.length > 0)?.heat.length ?? 0;
  const bin = (shown.to - shown.from) / MOST_BINS;
  const lacking = !known || bins === 0 || shown.from < known.from - bin || (last.peek() || 0) > known.to || bins > 2 * MOST_BINS;
  const since = Date.now() - askedLanes;
  if (since > TRUSTED || (lacking && since > Math.max(PATIENCE, bin))) void askLanes();
  const parts = history.peek();
  if (parts && (parts.time.length > 2 * POINTS || parts.from < shown.from - (shown.to - shown.from) / 2)) void askHistory();
}

/** Labels by episode, put into every list of episodes that is there. */
export async function askLabels(): Promise<void> {
  await tried('labels', async () => takeLabels(await ask<readonly LabelInfo[]>('labels')));
}
function takeLabels(all: readonly LabelInfo[]): void {
  const byEpisode = new Map(all.map((one) => [one.episode, one]));
  const labelled = (list: readonly EpisodeBar[]): readonly EpisodeBar[] =>
    list.map(({ label: _, ...one }) => {
      const label = byEpisode.get(one.id);
      return label ? { ...one, label } : one;
    });
  batch(() => {
    const [known, parts] = [lanes.peek(), history.peek()];
    if (remembered) remember(labelled([remembered])[0]!);
    if (known) {
      const list = known.lanes.map((lane) => (lane.episodes.length ? { ...lane, episodes: labelled(lane.episodes) } : lane));
      lanes.value = { ...known, lanes: list, counts: countsOf(list) };
    }
    if (parts) history.value = { ...parts, episodes: labelled(parts.episodes) };
  });
}
