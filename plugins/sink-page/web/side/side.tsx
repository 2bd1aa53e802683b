// The panel beside the pictures: episodes, why, rank, what if, and the state of the pipeline, one at a time.

import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { StateView } from '../honest/state.js';
import { RankView } from '../rank/rank.js';
import { at, go, type Tab } from '../state/place.js';
import { episodes } from '../state/store.js';
import { WhatIfView } from '../whatif/whatif.js';
import { Why } from '../why/why.js';
import { Episodes } from './episodes.js';

const TABS: readonly { readonly tab: Tab; readonly title: string }[] = [
  { tab: 'episodes', title: 'Episodes' },
  { tab: 'why', title: 'Why' },
  { tab: 'rank', title: 'Rank' },
  { tab: 'whatif', title: 'What if' },
  { tab: 'state', title: 'State' },
];

function step(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const index = TABS.findIndex((one) => one.tab === at.tab.peek());
  const next = TABS[(index + by + TABS.length) % TABS.length]!;
  go({ tab: next.tab });
  document.getElementById(`tab-${next.tab}`)?.focus();
}

/** Where the panel is below the pictures, an answer is brought into sight. */
const below = matchMedia('(max-width: 1000px)');
/** Pictures above it that are drawn later push it away: so long it is brought back, ms. */
const SETTLES = 3_000;

/** Brings something into sight, and again while what is above it grows, until somebody touches anything. @returns what ends that */
function bringIntoSight(element: HTMLElement): () => void {
  element.scrollIntoView();
  const grows = new ResizeObserver(() => element.scrollIntoView());
  grows.observe(document.body);
  const ended = new AbortController();
  const end = () => {
    grows.disconnect();
    clearTimeout(timer);
    ended.abort();
  };
  const timer = setTimeout(end, SETTLES);
  // The touch that asked is still on its way.
  setTimeout(() => {
    for (const touch of ['wheel', 'touchstart', 'pointerdown', 'keydown'])
      addEventListener(touch, end, { signal: ended.signal, passive: true });
  });
  return end;
}

export function Side() {
  const panel = useRef<HTMLElement>(null);
  const asked = useRef('');
  const settled = useRef(() => {});
  useSignalEffect(() => {
    const now = `${at.episode.value} ${at.moment.value} ${at.rank.value}`;
    if (asked.current && asked.current !== now && below.matches && now.trim() !== '0' && panel.current) {
      settled.current();
      settled.current = bringIntoSight(panel.current);
    }
    asked.current = now;
  });
  const open = at.tab.value;
  return (
    <aside ref={panel} class="side" aria-label="Questions and answers">
      <div class="tabs" role="tablist" onKeyDown={step}>
        {TABS.map(({ tab, title }) => (
          <button
            key={tab}
            id={`tab-${tab}`}
            type="button"
            role="tab"
            aria-selected={tab === open}
            aria-controls="side-panel"
            tabIndex={tab === open ? 0 : -1}
            onClick={() => go({ tab })}
          >
            {title}
            {tab === 'episodes' && episodes.value.length ? <small> {episodes.value.length}</small> : null}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by keys */}
      <div class="side-panel" id="side-panel" role="tabpanel" tabIndex={0} aria-labelledby={`tab-${open}`}>
        {open === 'episodes' ? <Episodes /> : null}
        {open === 'why' ? <Why /> : null}
        {open === 'rank' ? <RankView /> : null}
        {open === 'whatif' ? <WhatIfView /> : null}
        {open === 'state' ? <StateView /> : null}
      </div>
    </aside>
  );
}
