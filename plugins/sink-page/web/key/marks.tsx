// What happened besides numbers: a lane of notes and episodes that can be chosen, and their stretches shaded over all pictures below.

import { chooseEpisode } from '../lanes/order.js';
import { at } from '../state/place.js';
import { range } from '../state/range.js';
import { about, columnOf, history } from '../state/store.js';
import { lengthOf, momentOf } from '../state/words.js';
import { askMoment, percentOf } from '../time/pointer.js';
import { changesOf } from './changes.js';

const SIGNS = { label: '✎', model: '◆', restart: '↻', change: '⚑' } as const;

function placeOf(from: number, to: number): { left: string; width: string } {
  const span = range.value;
  const left = Math.max(0, percentOf(from, span));
  return { left: `${left}%`, width: `${Math.max(0, Math.min(100, percentOf(to, span)) - left)}%` };
}
const seen = (from: number, to: number) => to >= range.value.from && from <= range.value.to;

export function Notes() {
  const parts = history.value;
  if (!parts) return null;
  return (
    <section class="chart notes" aria-label="What happened">
      <div class="gutter legend">
        <h3 title="Changes of state, model generations, restarts and labels; below them the episodes of this key">Happened</h3>
      </div>
      <div class="plot">
        {[...changesOf(parts, about.value?.views ?? [], columnOf.value), ...parts.notes]
          .filter((one) => seen(one.time, one.time))
          .map((one) => (
            <button
              key={`${one.time} ${one.text}`}
              type="button"
              class={`note ${one.kind}`}
              style={{ left: placeOf(one.time, one.time).left }}
              title={`${momentOf(one.time)}: ${one.text}`}
              aria-label={one.text}
              onClick={() => askMoment(one.time)}
            >
              {SIGNS[one.kind]}
            </button>
          ))}
        {parts.episodes
          .filter((one) => seen(one.start, one.end))
          .map((one) => (
            <button
              key={one.id}
              type="button"
              class={`bar ${one.severity} ${one.status} ${one.id === at.episode.value ? 'chosen' : ''}`}
              style={placeOf(one.start, one.end)}
              title={`${one.severity}, ${lengthOf(one.end - one.start)}: ${one.reason}`}
              aria-label={`${one.severity} episode: ${one.reason}`}
              onClick={() => chooseEpisode(one.id, one.key)}
            />
          ))}
      </div>
    </section>
  );
}

export function Shades() {
  const parts = history.value;
  if (!parts) return null;
  return (
    <div class="over shades" aria-hidden="true">
      {parts.missing
        .filter((gap) => seen(gap.from, gap.to))
        .map((gap) => (
          <i key={gap.from} class="gap" style={placeOf(gap.from, gap.to)} />
        ))}
      {parts.episodes
        .filter((one) => seen(one.start, one.end))
        .map((one) => (
          <i
            key={one.id}
            class={`shade ${one.severity} ${one.id === at.episode.value ? 'chosen' : ''}`}
            style={placeOf(one.start, one.end)}
          />
        ))}
    </div>
  );
}
