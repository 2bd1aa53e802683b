// What was odd in a stretch that somebody marked: columns and keys, the oddest first.

import { useSignal, useSignalEffect } from '@preact/signals';
import type { Rank } from '../../src/wire.js';
import { chooseKey } from '../lanes/order.js';
import { Question } from '../state/ask.js';
import { at, go } from '../state/place.js';
import { range, show, spanOf, textOf } from '../state/range.js';
import { lengthOf, momentOf, numberOf } from '../state/words.js';
import { ranking } from '../time/pointer.js';
import { Since } from '../whatif/whatif.js';

const question = new Question<Rank>('rank');

export function RankView() {
  const answer = useSignal<Rank | undefined>(undefined);
  const trouble = useSignal('');
  const everywhere = useSignal(!at.key.peek());
  useSignalEffect(() => {
    const span = spanOf(at.rank.value);
    const key = everywhere.value ? '' : at.key.value;
    if (!span) return;
    question
      .ask({ ...span, key })
      .then((given) => {
        if (given) [answer.value, trouble.value] = [given, ''];
      })
      .catch((fault: Error) => {
        trouble.value = fault.message;
      });
  });
  const span = spanOf(at.rank.value);
  const list = answer.value;
  return (
    <article class="rank">
      <div class="buttons">
        <button type="button" aria-pressed={ranking.value} onClick={() => (ranking.value = !ranking.value)}>
          Mark a stretch <kbd>r</kbd>
        </button>
        <button type="button" onClick={() => go({ rank: textOf(range.peek()) })}>
          All that is shown
        </button>
        {at.key.value ? (
          <label class="check">
            <input
              type="checkbox"
              checked={everywhere.value}
              onChange={(event) => (everywhere.value = event.currentTarget.checked)}
            />
            all keys
          </label>
        ) : null}
      </div>
      {trouble.value ? <p class="trouble">{trouble.value}</p> : null}
      {span ? (
        <p class="quiet">
          {momentOf(span.from)}, {lengthOf(span.to - span.from)}{' '}
          <button type="button" class="plain" onClick={() => show(span)}>
            look closer
          </button>
        </p>
      ) : (
        <p class="nothing">
          Drag over a stretch with shift held, or after pressing “Mark a stretch”: columns and keys are then ranked by how odd
          they were in it.
        </p>
      )}
      {span && list ? (
        <>
          <Since time={list.since} />
          <h3>Columns</h3>
          {list.columns.length === 0 ? <p class="quiet">No column was away from usual.</p> : null}
          <ol class="ranked-list">
            {list.columns.map((one) => (
              <li key={`${one.key} ${one.column}`}>
                <button
                  type="button"
                  class="plain"
                  title={`on average ${one.away.toFixed(1)} usual distances from usual, ${Math.abs(one.peak).toFixed(1)} ${one.peak < 0 ? 'below' : 'above'} at most`}
                  onClick={() => chooseKey(one.key)}
                >
                  <span class="name">{one.column}</span>
                  <span class="quiet">
                    {everywhere.value || !at.key.value ? one.key : `${numberOf(Math.abs(one.peak))}× at most`}
                  </span>
                  <Share part={Math.abs(one.away) / Math.abs(list.columns[0]!.away || 1)} />
                  <span class="away">
                    {one.peak > 0 ? '▲' : '▼'} {one.away.toFixed(1)}×
                  </span>
                </button>
              </li>
            ))}
          </ol>
          {list.keys.length ? <h3>Keys</h3> : null}
          <ol class="ranked-list">
            {list.keys.map((one) => (
              <li key={one.key}>
                <button type="button" class="plain" onClick={() => chooseKey(one.key)}>
                  <span class="name">{one.key}</span>
                  <span class="quiet">{one.column}</span>
                  <Share part={one.odd / (list.keys[0]!.odd || 1)} />
                  <span class="away">{one.odd.toFixed(1)}</span>
                </button>
              </li>
            ))}
          </ol>
        </>
      ) : null}
    </article>
  );
}

function Share({ part }: { part: number }) {
  return (
    <span class="track">
      <i style={{ width: `${Math.max(1, Math.min(1, part) * 100)}%` }} />
    </span>
  );
}
