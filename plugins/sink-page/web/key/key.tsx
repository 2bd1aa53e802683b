// One key: its pictures one below the other, all with the same time, and its score at their feet.

import { useComputed, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { againstOf, youngOf } from '../honest/budget.js';
import { addressOf } from '../state/ask.js';
import { at, go } from '../state/place.js';
import { range } from '../state/range.js';
import { about, chosen, history, lanes } from '../state/store.js';
import { lengthOf } from '../state/words.js';
import { Over } from '../time/axis.js';
import { Chart } from './chart.js';
import { MapView } from './map.js';
import { Notes, Shades } from './marks.js';
import { panelsOf, SCORE } from './panels.js';

/** Where everything is one column, pictures do not scroll by themselves. */
const below = matchMedia('(max-width: 1000px)');

function save(): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(history.peek(), null, 1)], { type: 'application/json' }));
  link.download = `${at.key.peek().replace(/[^\w.-]+/g, '_')}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function KeyView() {
  const panels = useComputed(() => (about.value ? panelsOf(about.value) : []));
  const stack = useRef<HTMLDivElement>(null);
  // What made an episode is brought into sight, where pictures scroll by themselves.
  useSignalEffect(() => {
    const columns = (at.episode.value && chosen.value?.columns) || [];
    // Of a rule's columns the one whose limit was passed, not the conditions beside it.
    const column = columns.find((name) => about.value?.limits.some((limit) => limit.column === name)) ?? columns[0];
    const panel = column && panels.value.find((one) => one.columns.includes(column));
    if (!panel || !history.value) return;
    const seen = `${at.episode.value} ${history.value.key}`;
    const frame = requestAnimationFrame(() => {
      if (!stack.current || stack.current.dataset.seen === seen || below.matches) return;
      stack.current.dataset.seen = seen;
      stack.current.querySelector(`[data-panel="${CSS.escape(panel.id)}"]`)?.scrollIntoView({ block: 'nearest' });
    });
    return () => cancelAnimationFrame(frame);
  });
  const key = at.key.value;
  if (!key) return <p class="nothing">Choose a key above to see all that is known of it.</p>;
  const parts = history.value;
  return (
    <section class="key" aria-label={`Key ${key}`}>
      <header class="key-head">
        <h2>{key}</h2>
        <Against name={key} />
        <span class="quiet">
          {parts ? `${partsOf(parts.step, parts.time.length)}; pale band: usual${parts.ahead ? ', also ahead' : ''}` : 'asking …'}
        </span>
        <span class="space" />
        <a class="button" href={csvOf(key)} download={`${key.replace(/[^\w.-]+/g, '_')}.csv`}>
          CSV
        </a>
        <button type="button" onClick={save} disabled={!parts}>
          JSON
        </button>
        <button type="button" onClick={() => go({ key: '', episode: '', moment: 0 })} aria-label="Close the key" title="Close">
          ✕
        </button>
      </header>
      <div class="scroller">
        <div class="stack" key={key} ref={stack}>
          {parts?.time.length === 0 ? <p class="nothing">No row of this key in this stretch.</p> : null}
          <Notes />
          {panels.value.map((panel) =>
            panel.kind === 'map' ? <MapView key={panel.id} panel={panel} /> : <Chart key={panel.id} panel={panel} />,
          )}
          <Chart panel={SCORE} />
          <Shades />
          <Over />
        </div>
      </div>
    </section>
  );
}

/** What was raised of a key in what is shown, against what its budget allows. */
function Against({ name }: { name: string }) {
  const lane = lanes.value?.lanes.find(({ key }) => key === name);
  if (!lane || lane.allowed === 0) return null;
  return (
    <span
      class="quiet against"
      title={`${lane.young ? `${youngOf(lane)}. ` : ''}Rows beyond the budget in what is shown, and how many it allows while nothing is wrong`}
    >
      {`${againstOf(lane)}${lane.borrows ? ', judged by other keys' : lane.young ? ', not promised yet' : ''}`}
    </span>
  );
}

const csvOf = (key: string) => {
  const { from, to } = range.value;
  return addressOf('key.csv', { key, from: Math.floor(from), to: Math.ceil(to), points: 10_000 });
};

const partsOf = (step: number, length: number) =>
  step === 0 ? `${length.toLocaleString('en')} rows` : `${length} parts of ${lengthOf(step)}, shaded from least to most`;
