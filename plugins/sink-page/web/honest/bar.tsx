// How things are in one line, and a banner where what is shown must not be taken for now.

import { computed, signal } from '@preact/signals';
import { stale } from '../state/live.js';
import { go } from '../state/place.js';
import { follow, following, last } from '../state/range.js';
import { about, connected, heard, state, trouble } from '../state/store.js';
import { countOf, lengthOf, momentOf } from '../state/words.js';

/** The browser's clock in seconds, for ages. */
export const clock = signal(Date.now());
setInterval(() => {
  if (!document.hidden) clock.value = Date.now();
}, 1_000);

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((total, one) => total + one, 0);

/** How far event time is behind the server's clock, ms, as far as one can tell. */
const age = computed(() => {
  const now = state.value;
  if (!now || now.eventTime === null || !about.value?.live) return null;
  return Math.max(0, now.now + (clock.value - heard.value) - now.eventTime);
});

export function StateBar() {
  const now = state.value;
  if (!now) return null;
  // What was stored does not run, and nothing is wrong with that.
  const stored = about.value?.live === false;
  const troubles = [
    ...(stored ? [] : now.reasons),
    ...(now.sourceTrouble ? [now.sourceTrouble] : []),
    ...now.sinks.filter((one) => one.trouble).map((one) => `${one.name}: ${one.trouble}`),
  ];
  const good = (now.ready || stored) && troubles.length === 0;
  const dropped = sum(now.dropped);
  const unscored = sum(now.unscored);
  const { calibrating } = now;
  return (
    <button
      type="button"
      class={`state-bar ${good ? 'good' : 'bad'}`}
      onClick={() => go({ tab: 'state' })}
      title="Open the state of the pipeline"
    >
      <i class="dot" />
      <span>{stored ? 'what was stored' : now.ready ? 'ready' : 'not ready'}</span>
      {troubles.length ? <span class="troubles">{troubles[0]}</span> : null}
      {age.value === null ? null : (
        <span class="wide-only">event time {age.value < 1_000 ? 'now' : `${lengthOf(age.value)} ago`}</span>
      )}
      {now.behind ? <span>{countOf(now.behind)} behind</span> : null}
      {calibrating.keys ? (
        <span>
          calibrating {countOf(calibrating.keys)}
          {calibrating.least === null ? '' : `, ${Math.floor(calibrating.least * 100)} %`}
        </span>
      ) : null}
      {dropped ? <span>dropped {countOf(dropped)}</span> : null}
      {unscored ? <span class="wide-only">not judged {countOf(unscored)}</span> : null}
      {now.doubts.length ? <span>{now.doubts.length === 1 ? 'a doubt' : `${now.doubts.length} doubts`}</span> : null}
    </button>
  );
}

export function Banner() {
  if (!connected.value)
    return (
      <p class="banner bad" role="alert">
        The engine does not answer
        {heard.value ? `: what is shown ended ${lengthOf(Math.max(1_000, clock.value - heard.value))} ago` : ''}. Trying again …
      </p>
    );
  if (stale.value)
    return (
      <p class="banner bad" role="alert">
        Nothing was heard from the engine for {lengthOf(clock.value - heard.value)}: what is shown may be out of date.
      </p>
    );
  if (trouble.value)
    return (
      <p class="banner bad" role="alert">
        A question was not answered: {trouble.value}
      </p>
    );
  if (about.value?.live && !following.value)
    return (
      <p class="banner" role="status">
        Paused: the picture stands still{last.value ? `, the latest row is of ${momentOf(last.value)}` : ''}.{' '}
        <button type="button" onClick={follow}>
          Follow <kbd>space</kbd>
        </button>
      </p>
    );
  return null;
}
