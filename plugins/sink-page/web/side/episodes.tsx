// The episodes of what is shown, the newest first.

import { useSignal } from '@preact/signals';
import type { EpisodeBar } from '../../src/wire.js';
import { IncidentList } from '../lanes/incidents.js';
import { chooseEpisode } from '../lanes/order.js';
import { at } from '../state/place.js';
import { about, episodes } from '../state/store.js';
import { dayOf, lengthOf, ratioOf, secondOf } from '../state/words.js';

/** So many are in the list at first; more by a button. */
const MOST = 100;

export function Episodes() {
  const most = useSignal(MOST);
  /** What is in the list while a hand or the focus is on it. */
  const held = useSignal<ReadonlySet<string> | undefined>(undefined);
  const known = held.value;
  const all = known ? episodes.value.filter(({ id }) => known.has(id)) : episodes.value;
  const more = episodes.value.length - all.length;
  const hold = () => (held.value ??= new Set(episodes.peek().map(({ id }) => id)));
  const letGo = () => (held.value = undefined);
  /** What is new comes in; from then on it holds again. */
  const takeIn = () => (held.value = new Set(episodes.peek().map(({ id }) => id)));
  if (all.length === 0) {
    const kind = about.value?.kind ?? 'row';
    return (
      <p class="nothing">
        No episode in this stretch. Click any moment of a picture to read how odd its {kind} was and why nothing was raised.
      </p>
    );
  }
  const seen = all.slice(0, most.value);
  const gone = (event: PointerEvent & { currentTarget: Element }) => {
    if (!event.currentTarget.contains(document.activeElement)) letGo();
  };
  const left = (event: FocusEvent & { currentTarget: Element }) => {
    if (!event.currentTarget.contains(event.relatedTarget as Node | null)) letGo();
  };
  return (
    <div onPointerEnter={hold} onPointerLeave={gone} onFocusCapture={hold} onBlurCapture={left}>
      <IncidentList />
      {more > 0 ? (
        <button type="button" class="newer" onClick={takeIn}>
          {more} new
        </button>
      ) : null}
      <ol class="episodes">
        {seen.map((one, i) => (
          <Entry key={one.id} one={one} day={i === 0 || dayOf(one.start) !== dayOf(seen[i - 1]!.start)} />
        ))}
      </ol>
      {all.length > most.value ? (
        <button type="button" onClick={() => (most.value += MOST)}>
          {all.length - most.value} more
        </button>
      ) : null}
    </div>
  );
}

function Entry({ one, day }: { one: EpisodeBar; day: boolean }) {
  const odd = ratioOf(one);
  return (
    <li>
      {day ? <p class="day-of">{dayOf(one.start)}</p> : null}
      <button
        type="button"
        class={`episode ${one.severity} ${one.label?.label === 'normal' ? 'normal' : ''}`}
        aria-current={one.id === at.episode.value ? 'true' : undefined}
        onClick={() => chooseEpisode(one.id, one.key)}
      >
        <span class="when">{secondOf(one.start)}</span>
        <span class="key">{one.key}</span>
        <span class="how">
          {one.severity}
          {one.status === 'open' ? ', open' : `, ${one.end > one.start ? lengthOf(one.end - one.start) : 'one row'}`}
          {odd === null ? '' : `, ${odd.toFixed(1)}×`}
          {one.label ? `, said: ${one.label.label}` : ''}
        </span>
        <span class="what">{one.reason}</span>
      </button>
    </li>
  );
}
